"""The library as its documentation shows it, and the whole job with real weights."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autocode as ac
from autocode.study import Study
from tests.conftest import BUNDLED, ROOT, spoken
from tests.fake_encoder import FakeEncoder


def test_the_example_of_the_documentation_runs(study: Study, tmp_path: Path) -> None:
    """Read, learn, suggest, evaluate and write, with the words of the README."""
    ac.write(study, tmp_path / "pilot")
    (tmp_path / "interview-12.txt").write_text(spoken(12).text, encoding="utf-8")
    read = ac.read(tmp_path / "pilot")
    model = ac.CodingModel.from_config(ROOT / "configs" / "default.toml", encoder=FakeEncoder())
    model = model.fit(read, coders=["ana", "ben"])
    found = [(s.code, s.probability, s.band) for s in model.suggest(ac.read(tmp_path / "interview-12.txt"))]
    assert "Work > Time" in {code for code, _, _ in found}
    assert "Human-human" in str(ac.evaluate(model, read))
    ac.write(read, tmp_path / "again")
    assert sorted(ac.read(tmp_path / "again").codings) == sorted(study.codings)


def test_the_face_has_about_a_dozen_names() -> None:
    """The public names are few, and every one of them is there."""
    assert len(ac.__all__) <= 20
    assert all(hasattr(ac, name) for name in ac.__all__)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, run once with the real encoder, as a user would, with the network cut off where that is possible."""
    folder = tmp_path_factory.mktemp("demo")
    cut = ["unshare", "-rn"] if shutil.which("unshare") and _may_unshare() else []
    done = subprocess.run(
        [*cut, sys.executable, "-m", "autocode", "demo", "--folder", str(folder)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (folder / "said.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder


def _may_unshare() -> bool:
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.row(13)
def test_the_demo_makes_everything_it_promises(demo: Path) -> None:
    """Study, model, suggestions, held-out predictions and report are there, and the end says where."""
    for name in (
        "corpora/microcredentials/study.sqlite",
        "models/microcredentials/weights.safetensors",
        "demo/suggestions.html",
        "demo/suggestions.csv",
        "demo/held-out.csv",
        "demo/report.html",
    ):
        assert (demo / name).stat().st_size > 0, name
    assert "Open first" in (demo / "said.txt").read_text(encoding="utf-8")


def test_the_demo_leaves_the_bundled_study_alone(demo: Path) -> None:
    """Nothing is written beside the bundled transcripts when the demo works elsewhere."""
    kept = {p.name for p in BUNDLED.iterdir() if not p.name.startswith("study.sqlite")}
    assert kept == {
        "README.md",
        "study.toml",
        "codebook.yaml",
        "participants.csv",
        "dossier.toml",
        "transcripts",
        "codings",
        "new",
    }
    assert {p.name for p in (BUNDLED / "new").iterdir()} == {"N1.txt", "N2.txt", "N3.txt", "N4.txt"}
    written = (p.stat().st_mtime for p in BUNDLED.rglob("*.txt"))
    assert max(written) < (demo / "models" / "microcredentials" / "manifest.json").stat().st_mtime


def test_the_theme_is_right_first_more_often_than_not(demo: Path) -> None:
    """Held out, the likeliest code of a coded segment lies in a theme a coder gave, far above chance."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    given: dict[tuple[str, str], set[str]] = {}
    with (demo / "demo" / "held-out.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            place = row["document"], row["segment"]
            best[place] = max(best.get(place, (0.0, "")), (float(row["probability"]), row["code"]))
            if "1" in (row["coder_a"], row["coder_b"]):
                given.setdefault(place, set()).add(row["code"].split(" > ")[0])
    hits = [best[p][1].split(" > ")[0] in themes for p, themes in given.items()]
    assert len(hits) > 150
    assert sum(hits) / len(hits) > 0.5


@pytest.mark.row(20)
def test_a_second_demo_gives_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    """Another process with another hash seed and one thread writes the same files, byte for byte."""
    done = subprocess.run(
        [sys.executable, "-m", "autocode", "demo", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for name in (
        "models/microcredentials/weights.safetensors",
        "models/microcredentials/manifest.json",
        "demo/suggestions.html",
        "demo/suggestions.csv",
        "demo/held-out.csv",
    ):
        assert _sha(demo / name) == _sha(tmp_path / name), name


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_commands_of_the_readme_exist() -> None:
    """Every `autocode VERB` in the README is a verb of the program."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    verbs = set(re.findall(r"(?:`|^    )autocode ([a-z]+)", text, re.MULTILINE))
    helped = subprocess.run([sys.executable, "-m", "autocode", "--help"], capture_output=True, text=True, check=True).stdout
    assert verbs
    assert not {v for v in verbs if not re.search(rf"\b{v}\b", helped)}


def test_the_model_leaks_no_word_of_silent_text(demo: Path) -> None:
    """Without quotes, the model folder holds no word of a transcript that was only learnt from.

    The hashed features keep no vocabulary; the codebook and the card are the study's own words.
    """
    model = ac.CodingModel.load(demo / "models" / "microcredentials")
    model.save(demo / "quiet", quotes=False)
    data = b"".join(p.read_bytes() for p in (demo / "quiet").iterdir())
    spoken_words = re.findall(r"[A-Za-z]{9,}", (BUNDLED / "transcripts" / "R01.txt").read_text(encoding="utf-8"))
    known = (BUNDLED / "codebook.yaml").read_text(encoding="utf-8") + (demo / "quiet" / "README.md").read_text(encoding="utf-8")
    rare = {w for w in spoken_words if w.lower() not in known.lower()}
    assert len(rare) > 20
    assert not [w for w in rare if w.encode() in data]
