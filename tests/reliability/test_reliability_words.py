"""What verbs say and leave behind: no words of a transcript, the same bytes, any console; and what a person is warned of."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.formats import write
from autocode.store import STORE, update
from autocode.study import Study, Turn
from tests.cli.test_cli import FAKE, HEAD, Shell, shell
from tests.conftest import ROOT

__all__ = ["shell"]

CANARY = "zanzibarquokkaplinth"


def _hits(folder: Path) -> list[str]:
    return [str(p) for p in folder.rglob("*") if p.is_file() and CANARY.encode() in p.read_bytes()]


@pytest.mark.row(14)
def test_no_word_of_a_transcript_is_said_or_left(
    study: Study, shell: Shell, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    """A rare word in transcripts, memos and examples: in no message of any verb, no model without quotes, nor left over."""
    documents = []
    for d in study.documents:
        text = d.text.replace("the rain in the town", f"the {CANARY} in town")
        shift = len(text) - len(d.text)
        at = d.text.index("the rain")
        turns = tuple(Turn(t.start + shift * (t.start > at), t.end + shift * (t.end > at), t.speaker) for t in d.turns)
        documents.append(replace(d, text=text, turns=turns))
    codings = tuple(
        replace(c, start=c.start + len(documents[0].text) - len(study.documents[0].text))
        for c in study.codings
        if c.start > 150
    )
    codings = tuple(
        replace(c, end=c.end + len(documents[0].text) - len(study.documents[0].text), memo=f"memo on {CANARY}") for c in codings
    )
    book = replace(study.codebook, codes=tuple(replace(c, example=f"they said {CANARY}") for c in study.codebook))
    made = replace(study, documents=tuple(documents), codings=codings, codebook=book)
    temporary = shell.folder / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    write(made, shell.folder / "in")
    (shell.folder / "bad.csv").write_text(HEAD + f"d,s,1,,{CANARY},a,x\nd,s,1,,{CANARY},a,y\n")
    (shell.folder / "bad.qdpx").write_bytes(f"PK{CANARY}".encode())
    (shell.folder / "bad.vtt").write_text(f"WEBVTT\n\n{CANARY}\n")
    (shell.folder / "bad.json").write_text(f'{{"segments": [{{"text": "{CANARY}", ')
    (shell.folder / "bad.toml").write_text(f'[segment]\nunit = "{"turn"}\n# {CANARY}\n')
    tried = 0
    for words in (
        ("import", "in", "--study", "s"),
        ("describe", "s", "--all"),
        ("agree", "s", "--all"),
        ("train", "s", "--out", "m", "--config", "fake.toml", "--no-quotes"),
        ("evaluate", "s", "--config", "fake.toml", "--all"),
        ("suggest", "m", "in/transcripts", "--out", "o.csv"),
        ("report", "s", "--no-machine", "--only", "html", "--out", "d"),
        ("export", "s", "--out", "e.qdpx"),
        ("audit", "s"),
        ("doctor", "s"),
        ("import", "bad.csv", "--study", "t"),
        ("import", "bad.qdpx", "--study", "t"),
        ("import", "bad.vtt", "--study", "t"),
        ("import", "bad.json", "--study", "t"),
        ("train", "s", "--config", "bad.toml"),
        ("agree", "s", "--codes", "Nothing"),
        ("forget", "s", "Nobody", "--yes"),
        ("restore", "s", "nothing"),
        ("pseudonymise", "s", "--apply", "bad.csv", "--key", "k.csv"),
        ("export", "s", "--out", "nowhere.xyz"),
    ):
        _, out, err = shell(*words)
        assert CANARY not in out + err, words
        tried += 1
    assert _hits(shell.folder / "m") == []
    assert _hits(temporary) == []
    figure(f"{tried} commands, 10 of them failing: 0 words said, 0 in a model without quotes, 0 in temporary files")


@pytest.mark.row(20)
def test_outputs_are_the_same_bytes_everywhere(study: Study, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Another hash seed, time zone, locale and number of threads: model, exports, tables and the dossier are the same bytes."""
    verbs = (
        "train s --out out/m --config fake.toml",
        "suggest out/m open/transcripts --out out/o.html",
        "suggest out/m open/transcripts --out out/o.csv",
        "export s --out out/e.qdpx",
        "export s --out out/e.xlsx",
        "describe s --out out/c.svg",
        "describe s --out out/c.png",
        "agree s --out out/a.xlsx",
        "report s --no-machine --out out/dossier",
    )
    code = "import sys; from autocode import cli\nfor words in sys.argv[1:]:\n    sys.argv = ['autocode', *words.split()]\n"
    code += "    try: cli.main()\n    except SystemExit as stop: assert not stop.code, words\n"
    found = []
    for name, world in (
        ("one", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}),
        ("two", {"PYTHONHASHSEED": "2", "TZ": "Pacific/Auckland", "LC_ALL": "C", "OMP_NUM_THREADS": "2"}),
    ):
        place = tmp_path / name
        write(study, place / "open")
        update(place / "s" / STORE, lambda _: study)
        (place / "fake.toml").write_text(FAKE)
        env = os.environ | {
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
            "XDG_CACHE_HOME": str(tmp_path / "c"),
        }
        run = [sys.executable, "-c", code, *verbs]
        done = subprocess.run(run, cwd=place, env=env | world, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-1500:]
        files = sorted(p for p in (place / "out").rglob("*") if p.is_file())
        found.append({p.relative_to(place).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files})
    assert found[0].keys() == found[1].keys()
    assert [name for name in found[0] if found[0][name] != found[1][name]] == []
    figure(f"{len(found[0])} files of {len(verbs)} commands, the same bytes")


@pytest.mark.row(23)
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp850"])
def test_a_console_of_few_letters_is_written_to(encoding: str, tmp_path: Path) -> None:
    """Names in letters that a console lacks are written as their numbers; what programs read as JSON loses nothing."""
    (tmp_path / "t.csv").write_text(HEAD + "😀,s,1,P,wörter,Ço,Zéit 🙂\ne,s,1,P,wörter,Ço,Zéit 🙂\n", encoding="utf-8")
    env = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT / "src")}

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "autocode", *words], cwd=tmp_path, env=env, capture_output=True, check=False
        )

    for words in (("import", "t.csv", "--study", "s"), ("describe", "s"), ("describe", "s", "--all"), ("doctor", "s")):
        done = run(*words)
        assert done.returncode == 0, done.stderr
        assert b"fault of the program" not in done.stderr
    assert "Zéit 🙂" in run("describe", "s", "--json").stdout.decode(encoding).encode("ascii").decode("unicode_escape").encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16")


@pytest.mark.row(24)
def test_a_port_that_is_taken_is_said(shell: Shell, study: Study) -> None:
    """The desk on a port that another program holds is one line that says so."""
    update(shell.folder / "s" / STORE, lambda _: study)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = shell("review", "s", "--port", str(port), "--no-browser")
    assert code == 1
    assert str(port) in err
    assert "fault of the program" not in err


@pytest.mark.row(13)
def test_an_encoder_that_is_not_here_is_said_at_once(shell: Shell, figure: Callable[[str], None]) -> None:
    """No hub is asked: a missing encoder is one line within two seconds."""
    (shell.folder / "far.toml").write_text('[encode]\nmodel = "sentence-transformers/paraphrase-mpnet-base-v2"\n')
    started = time.process_time()
    code, _, err = shell("train", "open", "--config", "far.toml")
    spent = time.process_time() - started
    assert code == 1
    assert "encoder" in err
    assert spent < 2
    figure(f"a missing encoder is said in {spent:.1f} s")


@pytest.mark.row(22)
@pytest.mark.parametrize("place", ["OneDrive - Uni/s", "Dropbox/uni/s", "iCloud Drive/s", "Nextcloud/s"])
def test_a_study_in_a_cloud_folder_is_warned_of(place: str, shell: Shell) -> None:
    """Who makes a study in a folder that is copied to other computers reads what that means, once; the doctor says it again."""
    code, _, err = shell("import", "open", "--study", place)
    assert code == 0
    assert "cloud folder" in err
    assert "cloud folder" not in shell("import", "open", "--study", place)[2]
    assert "cloud folder" in shell("doctor", place)[1]
    assert "cloud folder" not in shell("import", "open", "--study", "plain")[2]
