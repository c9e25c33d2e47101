"""The command line: what a person types and what comes back."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib import import_module, metadata
from pathlib import Path

import pytest

from autocode import cli
from autocode.formats import read, write
from autocode.store import STORE, load
from autocode.store.backups import check
from autocode.store.ledger import append, entries
from autocode.study import Study
from autocode.study.codebook import Code, Codebook
from autocode.trail import Decision
from tests.model.transfer.studies import older

FAKE = '[encode]\nmodel = "tests.fake_encoder:FakeEncoder"\n'
HEAD = "document_id,segment_id,order,speaker,text,coder,codes\n"


class Shell:
    """Runs verbs in a folder of their own."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self._capture, self._patch = folder, capture, patch
        patch.chdir(folder)

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run `autocode WORDS`; gives exit code, stdout, stderr."""
        self._capture.readouterr()
        self._patch.setattr(sys, "argv", ["autocode", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = self._capture.readouterr()
        return code, said.out, said.err


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, study: Study) -> Shell:
    """A folder with an open study `open/`, settings with the tiny encoder, and an own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write(study, tmp_path / "open")
    (tmp_path / "fake.toml").write_text(FAKE)
    return Shell(tmp_path, capsys, monkeypatch)


def _trained(shell: Shell) -> None:
    assert shell("import", "open", "--study", "corpora/tiny")[0] == 0
    assert shell("train", "corpora/tiny", "--config", "fake.toml")[0] == 0


def test_import_ends_with_a_receipt_and_the_next_step(shell: Shell) -> None:
    """Every part is counted, in = kept + skipped, and the next command is named."""
    code, out, err = shell("import", "open", "--study", "corpora/tiny")
    assert code == 0
    assert "8 of 8 transcripts" in out
    assert "Next: autocode describe corpora/tiny" in err
    assert check(shell.folder / "corpora/tiny" / STORE) == []


def test_importing_twice_changes_nothing(shell: Shell) -> None:
    """The same sources again leave the study as it was."""
    shell("import", "open", "--study", "s")
    first = load(shell.folder / "s" / STORE)
    shell("import", "open", "--study", "s")
    assert load(shell.folder / "s" / STORE) == first


def test_originals_are_never_changed(shell: Shell) -> None:
    """Importing, training and reporting leave every source file as it was."""
    before = {p: p.read_bytes() for p in (shell.folder / "open").rglob("*") if p.is_file()}
    _trained(shell)
    shell("report", "corpora/tiny", "--out", "r.html", "--config", "fake.toml")
    assert before == {p: p.read_bytes() for p in (shell.folder / "open").rglob("*") if p.is_file()}


def test_describe_and_agree_speak_json(shell: Shell) -> None:
    """--json prints one JSON value on stdout and nothing else there."""
    shell("import", "open", "--study", "s")
    assert json.loads(shell("describe", "s", "--json")[1])["coders"][0]["id"] == "ana"
    report = json.loads(shell("agree", "s", "--json")[1])
    assert report["coders"] == ["ana", "ben"]


def test_suggestions_have_the_promised_columns(shell: Shell) -> None:
    """The table has the promised columns in order; with --all, a row for every unit and code."""
    _trained(shell)
    (shell.folder / "new.txt").write_text("Interviewer: so?\n\nR: my shift at work takes all the hours\n\nR: my cat\n")
    code, _, err = shell("suggest", "models/tiny", "new.txt", "--out", "s.csv", "--all", "--plain")
    rows = list(csv.DictReader((shell.folder / "s.csv").open(newline="", encoding="utf-8")))
    assert code == 0
    assert list(rows[0]) == [
        "document",
        "segment",
        "start",
        "end",
        "speaker",
        "text",
        "code",
        "probability",
        "band",
        "suggested",
        "coded",
        "unfamiliar",
        "transfer",
        "span_start",
        "span_end",
    ]
    assert [(r["segment"], r["speaker"]) for r in rows] == [("2", "R")] * 3 + [("3", "R")] * 3
    assert rows[0]["code"] == "Work > Time"
    assert {r["suggested"] for r in rows} <= {"0", "1"}
    assert "likely" in err or "suggested" in err


def test_a_large_table_is_suggested_for_in_parts(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command streams what is large, and writes the bytes of the call that reads all at once."""
    _trained(shell)
    rows = [f"{d},{d}-{i},{i},R,the university gave me credit {d} {i}" for d in range(9) for i in range(5)]
    (shell.folder / "big.csv").write_text("\n".join(["document_id,segment_id,order,speaker,text", *rows]), "utf-8")
    assert shell("suggest", "models/tiny", "big.csv", "--out", "whole.csv")[0] == 0
    monkeypatch.setattr("autocode.formats.datasets.stream.LARGE", 1)
    code, _, err = shell("suggest", "models/tiny", "big.csv", "--out", "parts.csv")
    assert (code, "in 9 documents" in err) == (0, True)
    assert (shell.folder / "parts.csv").read_bytes() == (shell.folder / "whole.csv").read_bytes()


def test_an_engine_that_does_not_exist_is_refused(shell: Shell) -> None:
    """The error names the known engines, before any work."""
    (shell.folder / "big.csv").write_text("document_id,segment_id,text\nd,s,x\n")
    (shell.folder / "m").mkdir()
    (shell.folder / "m/manifest.json").write_text("{}")
    code, _, err = shell("suggest", "m", "big.csv", "--out", "x.csv", "--engine", "spark")
    assert (code, "it is local or ray" in err) == (1, True)


def test_suggestions_come_in_three_kinds(shell: Shell) -> None:
    """.jsonl holds evidence, .html is one page, another suffix is refused before any work."""
    _trained(shell)
    for name in ("s.jsonl", "s.html"):
        assert shell("suggest", "models/tiny", "open/transcripts", "--out", name)[0] == 0
    first = json.loads((shell.folder / "s.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["evidence"][0]["document"].startswith("D")
    assert "<script" not in (shell.folder / "s.html").read_text(encoding="utf-8")
    code, _, err = shell("suggest", "models/tiny", "open/transcripts", "--out", "s.doc")
    assert (code, ".html, .csv, .xlsx, .jsonl or .parquet" in err) == (1, True)


def test_given_segments_keep_their_ids(shell: Shell) -> None:
    """For a table, `segment` is the id given in the table."""
    table = shell.folder / "t.csv"
    table.write_text(
        HEAD + "".join(f"d{d},s{d}x{i},{i},R,text {i} of work,a,{'x' if i else ''}\n" for d in range(4) for i in range(3))
    )
    assert shell("import", "t.csv", "--study", "s")[0] == 0
    assert shell("train", "s", "--config", "fake.toml", "--out", "m")[0] == 0
    assert shell("suggest", "m", "t.csv", "--out", "o.csv", "--all", "--plain")[0] == 0
    rows = list(csv.DictReader((shell.folder / "o.csv").open(newline="", encoding="utf-8")))
    assert [r["segment"] for r in rows][:3] == ["s0x0", "s0x1", "s0x2"]


def test_train_tells_the_licences_to_programs(shell: Shell) -> None:
    """With --json, train prints each code's licence and what is promised."""
    shell("import", "open", "--study", "s")
    _, out, _ = shell("train", "s", "--config", "fake.toml", "--json")
    told = json.loads(out)
    assert {row["licence"] for row in told["codes"]} <= {"suggest", "assist only", "silent"}
    assert told["promise"]["precision"] == 0.8


def test_evaluate_says_whether_groups_differ(shell: Shell) -> None:
    """The bias check and the second opinions stand under the agreement, and in the JSON."""
    shell("import", "open", "--study", "s")
    _, out, _ = shell("evaluate", "s", "--config", "fake.toml", "--all")
    assert "Bias check: " in out
    assert "Second opinions on " in out
    told = json.loads(shell("evaluate", "s", "--config", "fake.toml", "--json")[1])
    assert "groups" in told
    (opinion,) = told["second_opinions"]
    assert {"machine", "tests", "left_out", "odd"} <= set(opinion)


def test_a_model_is_trained_again_only_where_that_makes_it_better(shell: Shell, study: Study) -> None:
    """A sentence says which; history, card and ledger say so too; options that would change how it learns are refused."""
    path = shell.folder / "corpora/tiny" / STORE
    late = [d.id for d in study.documents[6:]]
    write(
        replace(
            study,
            codings=tuple(c for c in study.codings if c.document not in late),
            readings=tuple(r for r in study.readings if r.document not in late),
        ),
        shell.folder / "half",
    )
    assert shell("import", "half", "--study", "corpora/tiny")[0] == 0
    assert shell("train", "corpora/tiny", "--config", "fake.toml")[0] == 0
    code, out, _ = shell("train", "corpora/tiny", "--if-better")
    assert (code, "nothing was decided since" in out) == (0, True)
    append(path, [Decision("flag", "ana", late[0])])
    assert shell("import", "open", "--study", "corpora/tiny")[0] == 0
    code, out, _ = shell("train", "corpora/tiny", "--if-better", "--json")
    told = json.loads(out)
    assert (code, told["adopted"], told["learnt"]) == (0, True, 2)
    assert told["sentence"] in (shell.folder / "models/tiny/README.md").read_text(encoding="utf-8")
    assert [e.decision.note for e in entries(path) if e.decision.action == "model"] == [told["sentence"]]
    assert "model" in shell("audit", "corpora/tiny")[1]
    code, _, err = shell("train", "corpora/tiny", "--if-better", "--effort", "full")
    assert (code, "--effort" in err) == (1, True)


def test_train_names_the_silent_codes(shell: Shell) -> None:
    """Codes with too little coding are listed with the reason."""
    shell("import", "open", "--study", "s")
    rows = shell.folder / "open" / "codings" / "ana.csv"
    rows.write_text(rows.read_text(encoding="utf-8") + "D0,0,5,Work,,\n", encoding="utf-8")
    shell("import", "open", "--study", "s2")
    _, out, _ = shell("train", "s2", "--config", "fake.toml", "--out", "m", "--segments", "paragraph", "--all")
    assert "silent: " in out


def test_evaluate_prints_both_and_writes_every_prediction(shell: Shell) -> None:
    """The table sets human-human and machine-human side by side; --out has every unit and code."""
    shell("import", "open", "--study", "s")
    code, out, _ = shell("evaluate", "s", "--config", "fake.toml", "--out", "h.csv", "--all")
    assert code == 0
    assert "Human-human" in out
    assert "achine" in out
    assert len((shell.folder / "h.csv").read_text(encoding="utf-8").splitlines()) == 1 + 8 * 5 * 3


def test_the_report_holds_tables_map_agreement_and_suggestions(shell: Shell) -> None:
    """One page with all parts, the notice and the command that makes it again."""
    _trained(shell)
    words = ["report", "corpora/tiny", "--out", "r.html", "--config", "fake.toml", "--model", "models/tiny"]
    assert shell(*words, "--new", "open/transcripts")[0] == 0
    page = (shell.folder / "r.html").read_text(encoding="utf-8")
    for part in ("Table 2", "codemap", "Table 3", "Suggestions for new documents", "Invented for tests."):
        assert part in page
    assert "autocode report corpora/tiny" in page


@pytest.mark.row(4)
def test_doctor_finds_a_damaged_study(shell: Shell) -> None:
    """A byte changed in the study file is reported with exit code 1."""
    shell("import", "open", "--study", "s")
    path = shell.folder / "s" / STORE
    raw = bytearray(path.read_bytes())
    at = raw.index(b"the rain in the town")
    raw[at : at + 64] = bytes(64)
    path.write_bytes(raw)
    code, out, _ = shell("doctor", "s")
    assert code == 1
    assert "FAULT" in out


@pytest.mark.row(14, 19)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["describe", "nowhere"], "no such file or folder"),
        (["import", "nowhere.csv", "--study", "s"], "no such file"),
        (["import", "empty.csv", "--study", "s"], "the file is empty"),
        (["import", "binary.csv", "--study", "s"], "binary"),
        (["import", "columns.csv", "--study", "s"], "missing column"),
        (["import", "cycle.csv", "--study", "s"], "cycle"),
        (["import", "codings.csv", "roots1.csv", "--study", "s"], "the codebook does not have it"),
        (["import", "twice.csv", "--study", "s"], "twice"),
        (["import", "texts.csv", "--study", "s"], "another text"),
        (["agree", "apart.csv"], "share no"),
        (["agree", "one.csv"], "needs two coders"),
        (["agree", "documents.csv"], "no codings"),
        (["train", "documents.csv", "--config", "fake.toml"], "no codings"),
        (["evaluate", "documents.csv", "--config", "fake.toml"], "no codings"),
        (["agree", "codings.csv", "--coders", "zoe"], "coder 'zoe'"),
        (["train", "codings.csv", "--config", "fake.toml"], "second document"),
        (["train", "apart.csv", "--config", "bad.toml"], "Did you mean 'unit'"),
        (["train", "apart.csv", "--config", "none.toml"], "there is no such file"),
        (["suggest", "nomodel", "codings.csv", "--out", "o.csv"], "autocode train"),
        (["agree", "apart.csv", "--segments", "page"], "it is auto, given, turn"),
        (["agree", "apart.csv", "--unit", "page"], "it is segment, character or document"),
        (["agree", "apart.csv", "--overlap", "most"], "a percentage"),
        (["agree", "twodocs.csv", "--by", "age"], "described by a variable"),
        (["train", "apart.csv", "--config", "encoder.toml"], "encoder add"),
    ],
)
def test_bad_input_is_one_clear_line(words: list[str], said: str, shell: Shell) -> None:
    """What, why and what next on one line, exit code 1, nothing written, no traceback."""
    files = {
        "empty.csv": "",
        "columns.csv": "document_id,text\nd,x\n",
        "cycle.csv": "code,parent\na,b\nb,a\n",
        "roots1.csv": "code,parent\na,\n",
        "codings.csv": HEAD + "d,s,1,,secret words,a,zz\n",
        "twice.csv": HEAD + "d,s,1,,secret words,a,x\nd,s,1,,secret words,a,y\n",
        "texts.csv": HEAD + "d,s,1,,secret words,a,x\nd,s,1,,other secret words,b,x\n",
        "apart.csv": HEAD + "d,s,1,,secret words,a,x\ne,s,1,,other secret words,b,x\n",
        "one.csv": HEAD + "d,s,1,,secret words,a,x\ne,s,1,,other secret words,a,x\n",
        "documents.csv": "document_id,segment_id,text\nd,s,secret words\n",
        "twodocs.csv": HEAD + "d,s,1,,secret words,a,x\nd,s,1,,secret words,b,x\n",
        "bad.toml": "[segment]\nunits = 'turn'\n",
        "encoder.toml": "[encode]\nmodel = 'no/such-encoder'\n",
    }
    for name, text in files.items():
        (shell.folder / name).write_text(text, encoding="utf-8")
    (shell.folder / "binary.csv").write_bytes(b"\x00\x01\xff" * 100)
    code, out, err = shell(*words)
    lines = [line for line in err.splitlines() if line.startswith("autocode:")]
    assert code == 1
    assert out == ""
    assert len(lines) == 1
    assert said in lines[0]
    assert "Traceback" not in err
    assert "secret" not in err
    assert not (shell.folder / "s").exists()
    assert not (shell.folder / "models").exists()


@pytest.mark.parametrize("words", [["nonsense"], ["import"], ["suggest"], ["agree", "--no-such", "x"]])
def test_wrong_usage_exits_with_two(words: list[str], shell: Shell) -> None:
    """A command that does not exist or lacks a word is wrong usage."""
    assert shell(*words)[0] == 2


@pytest.mark.parametrize(
    "script", ["import autocode", "import sys; sys.argv[1:] = ['--help']; import autocode.cli as c; c.main()"]
)
def test_neither_import_nor_help_loads_a_guest_or_the_rooms(script: str) -> None:
    """Importing autocode and printing the help load no guest but typer, and of our own the face and the front door alone."""
    guests = {name for line in metadata.requires("autocode") or [] if (name := re.split(r"[^A-Za-z0-9_]", line)[0].lower())}
    guests |= {"pandas", "numpy", "scipy", "sklearn", "torch", "transformers", "spacy", "openpyxl", "docx", "lxml", "sqlite3"}
    done = subprocess.run(
        [sys.executable, "-c", f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {script}"],
        capture_output=True,
        text=True,
    )
    loaded = set(done.stderr.split())
    assert done.returncode == 0
    assert not {name.split(".")[0].lower() for name in loaded} & (guests - {"typer", "autocode"})
    allowed = {"autocode", "autocode.cli", "autocode.errors", "autocode.footprint"}
    assert {name for name in loaded if name.startswith("autocode")} <= allowed
    assert "--help" not in script or "Pre-code interviews" in done.stdout


def test_the_table_of_verbs_is_what_stands_in_the_modules() -> None:
    """Every verb of the table is found in its module, and its own help begins with a sentence."""
    for verbs in cli.VERBS.values():
        for place, line in verbs.values():
            module, _, name = place.partition(":")
            found = getattr(import_module(module), name)
            for function in found.values() if isinstance(found, dict) else [found]:
                assert (function.__doc__ or "").split("\n")[0].endswith((".", ";", ":")), name
            assert line.endswith(".")


@pytest.mark.row(1)
@pytest.mark.parametrize("verb", ["import", "train", "suggest"])
def test_a_killed_job_loses_nothing(verb: str, shell: Shell) -> None:
    """After kill -9 in the middle, the study and the model are whole, and the next run works."""
    _trained(shell)
    before = load(shell.folder / "corpora/tiny" / STORE)
    words = {
        "import": ["import", "open", "--study", "corpora/tiny"],
        "train": ["train", "corpora/tiny", "--config", "fake.toml"],
        "suggest": ["suggest", "models/tiny", "open/transcripts", "--out", "o.csv"],
    }[verb]
    for wait in (0.3, 0.6, 0.9, 1.2):
        job = subprocess.Popen(
            [sys.executable, "-m", "autocode", *words], cwd=shell.folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        time.sleep(wait)
        os.kill(job.pid, signal.SIGKILL)
        job.wait()
        assert check(shell.folder / "corpora/tiny" / STORE) == []
    assert shell(*words)[0] == 0
    assert load(shell.folder / "corpora/tiny" / STORE) == before
    assert shell("suggest", "models/tiny", "open/transcripts", "--out", "p.csv")[0] == 0


def test_an_import_may_be_interrupted_by_a_second_one(shell: Shell) -> None:
    """Two imports at once into one study both arrive."""
    texts = {n: shell.folder / f"{n}.csv" for n in ("one", "two")}
    for n, path in texts.items():
        path.write_text(HEAD + "".join(f"{n}{i},s,1,,text {i},{n},x\n" for i in range(300)))
    jobs = [
        subprocess.Popen(
            [sys.executable, "-m", "autocode", "import", str(path), "--study", "both"],
            cwd=shell.folder,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        for path in texts.values()
    ]
    assert [job.wait(60) for job in jobs] == [0, 0]
    assert len(read(shell.folder / "both").documents) == 600


def test_agree_compares_on_other_units_and_groups(shell: Shell) -> None:
    """Characters, whole documents, themes, single documents and groups of participants each have their table."""
    (shell.folder / "open" / "participants.csv").write_text(
        "document,role\n" + "".join(f"D{i},{'nurse' if i % 2 else 'teacher'}\n" for i in range(8))
    )
    shell("import", "open", "--study", "s")
    for words, said in (
        (["--unit", "character"], "characters in 8 documents"),
        (["--unit", "document"], "8 units in 8 documents"),
        (["--by", "theme"], "Learning"),
        (["--by", "document"], "influence"),
        (["--by", "role"], "== role: nurse"),
        (["--overlap", "half"], "Human-human"),
    ):
        code, out, _ = shell("agree", "s", *words, "--all")
        assert (code, said in out) == (0, True), words


def test_agree_writes_a_workbook_with_every_part(shell: Shell) -> None:
    """The workbook has the rows, the disagreements, the confusion, the boundaries and the tables of other tools."""
    import openpyxl

    shell("import", "open", "--study", "s")
    for name in ("a.xlsx", "a.csv", "a.html"):
        assert shell("agree", "s", "--out", name)[0] == 0
    book = openpyxl.load_workbook(shell.folder / "a.xlsx")
    assert book.sheetnames == [
        "Agreement",
        "All codes together",
        "Every coefficient",
        "Disagreements",
        "Confusion",
        "Boundaries by code",
        "Boundaries",
        "Passages",
        "As other tools print",
    ]
    tools = {row[2].value for row in book["As other tools print"].iter_rows(min_row=2)}
    assert tools == {"MAXQDA", "NVivo", "ATLAS.ti-like", "QualCoder"}
    page = (shell.folder / "a.html").read_text(encoding="utf-8")
    for said in ("over all codes together", "by their own conventions", "set the ends of a code", "Agreement by document"):
        assert said in page
    listed = [[c.value for c in row] for row in book["Disagreements"].iter_rows(min_row=2)]
    assert [[*row[:3], *row[4:6]] for row in listed] == [
        ["ana", "ben", "only_first", "D1", "4"],
        ["ana", "ben", "only_second", "D5", "3"],
    ]
    assert shell("agree", "s", "--out", "a.doc")[0] == 1


def test_agree_takes_machines_participants_and_settings(shell: Shell) -> None:
    """A machine's codings get a verdict, documents of one participant are left out together, options are checked."""
    (shell.folder / "open" / "participants.csv").write_text(
        "document,participant\n" + "".join(f"D{i},P{i // 2}\n" for i in range(8))
    )
    shell("import", "open", "--study", "s")
    out = shell("agree", "s", "--interval", "bootstrap", "--all")[1]
    assert "units in 4 participants" in out
    assert "draws of whole participants (seed 0)" in out
    report = json.loads(shell("agree", "s", "--json", "--coefficient", "alpha")[1])
    assert report["options"]["coefficient"] == "alpha"
    assert report["together"][0]["about"] == "Denominators"
    code, _, err = shell("agree", "s", "--coefficient", "rho")
    assert (code, "it is kappa or alpha" in err) == (1, True)


def test_frequencies_are_corrected_only_for_a_random_part(shell: Shell) -> None:
    """With documents drawn at random the corrected shares are printed; with chosen ones they are refused."""
    toml = shell.folder / "open" / "study.toml"
    seen = ", ".join(f'"D{i}"' for i in range(6))
    toml.write_text(re.sub(r"documents = \[.*\]", f"documents = [{seen}]", toml.read_text(encoding="utf-8")), encoding="utf-8")
    for name in ("ana", "ben", "agreed"):
        path = shell.folder / "open" / "codings" / f"{name}.csv"
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(("D6", "D7"))]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    shell("import", "open", "--study", "s")
    code, out, err = shell("frequencies", "s", "--random", "--config", "fake.toml", "--drawn", "units")
    assert (code, "Work > Time" in out) == (0, True), err
    assert "PPI++ %" in out
    code, _, err = shell("frequencies", "s", "--random", "--config", "fake.toml", "--of", "pages")
    assert (code, "segments or documents" in err) == (1, True)
    out = shell("frequencies", "s", "--random", "--config", "fake.toml", "--drawn", "units", "--by", "theme")[1]
    assert "\nWork  " in out
    code, _, err = shell("frequencies", "s", "--chosen", "--config", "fake.toml")
    assert (code, "at random" in err) == (1, True)


def test_export_gives_a_study_back(shell: Shell) -> None:
    """A study written as a REFI-QDA project or a workbook reads back with the same codings."""
    shell("import", "open", "--study", "s")
    for name in ("s.qdpx", "s.xlsx", "s.csv", "copy"):
        assert shell("export", "s", "--out", name)[0] == 0
        assert sorted(read(shell.folder / name).codings) == sorted(load(shell.folder / "s" / STORE).codings), name


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    """--dry-run shows the receipt and leaves no study behind."""
    code, out, _ = shell("import", "open", "--study", "s", "--dry-run")
    assert (code, "8 of 8" in out) == (0, True)
    assert not (shell.folder / "s").exists()


def test_two_files_are_two_coders(shell: Shell) -> None:
    """--coder NAME=FILE takes each file for one coder's; the same text is one document."""
    for name in ("ana", "ben"):
        assert shell("import", "open", "--study", f"only-{name}")[0] == 0
        assert shell("export", f"only-{name}", "--out", f"{name}.qdpx")[0] == 0
    code, _, err = shell("import", "--coder", "eva=ana.qdpx", "--coder", "max=ben.qdpx", "--study", "both")
    assert code == 0, err
    both = load(shell.folder / "both" / STORE)
    assert {c.id for c in both.coders} == {"eva", "max"}
    assert len(both.documents) == 8


def test_accepted_suggestions_are_told_from_codings_made_alone(shell: Shell) -> None:
    """A coding accepted from a suggestion is counted apart in the report, and the verdict's condition is not met."""
    from autocode.store.ledger import append
    from autocode.study import Coding
    from autocode.trail import Decision, Effects

    shell("import", "open", "--study", "s")
    turn = load(shell.folder / "s" / STORE).by_id["D0"].turns[1]
    coding = Coding("D0", turn.start, turn.end, "Work > Time", "ana")
    decision = Decision(
        "accept", "ana", "D0", "2", turn.start, turn.end, coding.code, coding.code, 0.7, effects=Effects(added=(coding,))
    )
    append(shell.folder / "s" / STORE, [decision])
    assert coding in load(shell.folder / "s" / STORE).codings
    assert "no suggestions were shown before coding: NOT MET" in shell("evaluate", "s", "--config", "fake.toml", "--all")[1]
    assert shell("report", "s", "--out", "r.html", "--config", "fake.toml")[0] == 0
    page = (shell.folder / "r.html").read_text(encoding="utf-8")
    assert "Accepted suggestions" in page
    assert "1 entries (accept: 1)" in page


def test_next_says_what_to_code_and_why(shell: Shell) -> None:
    """An uncoded interview is named with a reason, on stdout, as JSON and as a page."""
    _trained(shell)
    (shell.folder / "new.txt").write_text("R: my shift at work takes all the hours\n\nR: sourdough starters bubble overnight\n")
    assert shell("import", "new.txt", "--study", "corpora/tiny")[0] == 0
    code, out, err = shell("next", "corpora/tiny", "--model", "models/tiny", "--out", "next.html")
    assert (code, "  1. new" in out, "Next: autocode review" in err) == (0, True, True)
    assert "cannot be said yet: 8 coded documents" in out
    assert "<svg" not in (shell.folder / "next.html").read_text(encoding="utf-8")
    code, out, _ = shell("next", "corpora/tiny", "--config", "fake.toml", "--no-curve", "--by", "segment", "--n", "1", "--json")
    assert (code, [p["document"] for p in json.loads(out)["next"]]) == (0, ["new"])
    assert shell("next", "corpora/tiny", "--out", "next.pdf")[0] == 1


def test_unfamiliar_segments_are_marked_in_every_kind(shell: Shell) -> None:
    """Talk unlike the study's is marked in .csv, .jsonl and .html, with a row even where nothing is suggested."""
    _trained(shell)
    (shell.folder / "new.txt").write_text(
        "R: my shift at work takes all the hours and no evening is left 3\n\nR: qualifying laps punish cold tyres\n"
    )
    for name in ("s.csv", "s.jsonl", "s.html"):
        plain = ["--plain"] if name == "s.csv" else []
        code, _, err = shell("suggest", "models/tiny", "new.txt", "--out", name, *plain)
        assert (code, "Unlike anything coded: 1 segment; no possible new code" in err) == (0, True)
    rows = list(csv.DictReader((shell.folder / "s.csv").open(newline="", encoding="utf-8")))
    assert {(r["segment"], r["unfamiliar"]) for r in rows} == {("1", "0"), ("2", "1")}
    lines = [json.loads(line) for line in (shell.folder / "s.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {w["word"] for w in lines[0]["words"]} & {"shift", "hours", "takes"}
    assert lines[0]["rule"] == "Shifts leave no hours for a course."
    page = (shell.folder / "s.html").read_text(encoding="utf-8")
    assert page.index("Unlike anything coded") < page.rindex("qualifying laps")
    assert "Closest code not suggested" in page


def _two_studies(shell: Shell, study: Study) -> None:
    """The small study, and an older one whose codes have other names."""
    assert shell("import", "open", "--study", "corpora/tiny")[0] == 0
    write(older(study), shell.folder / "old")
    assert shell("import", "old", "--study", "corpora/older")[0] == 0


def test_training_with_another_study_waits_for_a_decision(shell: Shell, study: Study) -> None:
    """The first run proposes and trains nothing; once the table is decided, the model is made and the card is printed."""
    _two_studies(shell, study)
    command = ("train", "corpora/tiny", "corpora/older", "--model", "both", "--config", "fake.toml")
    code, _, err = shell(*command)
    table = shell.folder / "models/both.alignment.csv"
    assert (code, (shell.folder / "models/both").exists()) == (0, False)
    assert "1 code has the same path and definition and is taken; 2 proposals are for you" in err
    table.write_text(re.sub(r",\n", ",yes\n", table.read_text(encoding="utf-8")), encoding="utf-8")
    code, out, err = shell(*command, "--all")
    assert code == 0, err
    assert "## Transfer from older" in out
    assert "| Work > Time |" in out
    assert "## Transfer from older" in (shell.folder / "models/both/README.md").read_text(encoding="utf-8")


def test_a_model_of_another_codebook_suggests_through_an_alignment(shell: Shell, study: Study) -> None:
    """Refused first, with the command that aligns; then suggested in the new codes, flagged and asked at most."""
    codes = tuple(
        replace(c, name=f"{c.name} 1", parent=f"{c.parent} 1" if c.parent else "", definition=f"{c.definition} Anew.")
        for c in study.codebook
    )
    new = replace(study, codebook=Codebook(codes, "New"), codings=(), readings=(), coders=())
    assert shell("import", "open", "--study", "corpora/tiny")[0] == 0
    assert shell("train", "corpora/tiny", "--config", "fake.toml")[0] == 0
    write(new, shell.folder / "new")
    assert shell("import", "new", "--study", "corpora/new")[0] == 0
    code, _, err = shell("suggest", "models/tiny", "corpora/new", "--out", "s.csv")
    assert (code, "autocode align STUDY MODEL" in err) == (1, True)
    code, _, err = shell("align", "corpora/new", "models/tiny", "--out", "a.csv")
    assert code == 0, err
    assert "suggest models/tiny corpora/new --out suggestions.csv --alignment a.csv" in err
    table = shell.folder / "a.csv"
    table.write_text(re.sub(r",\n", ",yes\n", table.read_text(encoding="utf-8")), encoding="utf-8")
    code, _, err = shell("suggest", "models/tiny", "corpora/new", "--out", "s.csv", "--alignment", "a.csv", "--plain")
    assert code == 0, err
    rows = list(csv.DictReader((shell.folder / "s.csv").open(newline="", encoding="utf-8")))
    assert {r["code"] for r in rows} <= {c.path for c in codes}
    assert {r["band"] for r in rows} == {"ask"}
    assert all(r["transfer"].startswith("tiny: ") for r in rows)
    assert "Transfer: the model was made for 'tiny'" in err


def test_studies_that_cannot_be_told_apart_are_refused(shell: Shell) -> None:
    """The same study twice is no second study."""
    shell("import", "open", "--study", "s")
    code, _, err = shell("train", "s", "s", "--config", "fake.toml")
    assert (code, "two of them have one name" in err) == (1, True)


def test_changed_codes_are_named(shell: Shell, study: Study) -> None:
    """After a change of the codebook, describe, doctor and suggest say which codes are stale."""
    _trained(shell)
    codes = tuple(replace(c, definition="New.") if c.name == "Time" else c for c in study.codebook)
    write(replace(study, codebook=Codebook((*codes, Code("Extra")), "Tiny")), shell.folder / "again")
    assert shell("import", "again", "--study", "corpora/again")[0] == 0
    stale = "Work > Time: its definition changed"
    _, out, _ = shell("describe", "corpora/again", "--model", "models/tiny")
    assert stale in out
    assert "Extra: not learnt yet" in out
    found = json.loads(shell("describe", "corpora/again", "--model", "models/tiny", "--json")[1])
    assert (found["redefined"], found["added"]) == (["Work > Time"], ["Extra"])
    assert stale in shell("doctor", "corpora/again", "--model", "models/tiny")[1]
    assert stale in shell("suggest", "models/tiny", "corpora/again", "--out", "s.csv")[2]
    assert "as it was" in shell("describe", "corpora/tiny", "--model", "models/tiny")[1]


def test_a_new_file_is_read_as_the_study_s_were(shell: Shell) -> None:
    """Without the study, a model knows the example of how speakers are named and who asks: no question gets a code."""
    words = {"ana": ("my shift at work takes all the hours", "Work"), "ben": ("my cat sleeps all day at home", "Home")}
    for n in range(6):
        talk = [f"=~ Penemuduga ~= apa cerita {n}\nso it goes\nand on", *(f"=~ R{n} ~= {w}" for w, _ in words.values())]
        (shell.folder / f"T{n}.txt").write_text("\n".join(talk) + "\n")
    rows = [f"T{n},{code},{who},{w}" for n in range(6) for who in words for w, code in words.values()]
    (shell.folder / "c.csv").write_text("document,code,coder,text\n" + "\n".join(rows) + "\n")
    files = [f"T{n}.txt" for n in range(6)]
    pattern = ("--speaker-pattern", "=~ R1 ~=", "--speaker", "Penemuduga=Interviewer")
    assert shell("import", *files, "c.csv", "--study", "s", *pattern)[0] == 0
    assert shell("train", "s", "--config", "fake.toml", "--out", "m")[0] == 0
    (shell.folder / "new.txt").write_text(
        "=~ Penemuduga ~= my shift at work?\nso it goes\nand on\n=~ R9 ~= my cat sleeps all day\n"
        "=~ Penemuduga ~= bye\n=~ R9 ~= my shift at work\n"
    )
    assert shell("suggest", "m", "new.txt", "--out", "s.csv", "--all", "--plain")[0] == 0
    found = list(csv.DictReader((shell.folder / "s.csv").open(newline="", encoding="utf-8")))
    assert {(r["segment"], r["speaker"]) for r in found} == {("2", "R9"), ("4", "R9")}


def test_an_export_holds_the_bands_and_documents_asked_for(shell: Shell) -> None:
    """Silent ones come where they are named, for the documents named alone; where none is in a band, that is said."""
    _trained(shell)
    for name in ("n1", "n2"):
        (shell.folder / f"{name}.txt").write_text("Interviewer: so?\n\nR: my shift at work takes all the hours\n\nR: my cat\n")
    assert shell("import", "open", "n1.txt", "n2.txt", "--study", "s")[0] == 0
    kinds = {}
    for bands in ("suggest", "ask", "silent", "suggest,ask,silent"):
        code, _, err = shell(
            "export", "s", "--model", "models/tiny", "--bands", bands, "--documents", "n1", "--out", f"{len(kinds)}.csv"
        )
        rows = list(csv.DictReader((shell.folder / f"{len(kinds)}.csv").open(newline="", encoding="utf-8-sig")))
        kinds[bands] = [r["document"] for r in rows if r["probability"]]
        assert (code, not kinds[bands]) == (0, "is in these bands" in err)
    assert {d for found in kinds.values() for d in found} == {"n1"}
    assert len(kinds["suggest,ask,silent"]) == 6 == sum(map(len, kinds.values())) - 6
