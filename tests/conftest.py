"""What several tests share: a small study, a tiny encoder, and no network."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from autocode import footprint
from autocode.formats import ReadOptions, read_all
from autocode.study import Coder, Coding, Document, Reading, Study, Turn
from autocode.study.codebook import Codebook, codebook_from_rows
from tests.browsers import browser
from tests.fake_encoder import FakeEncoder
from tests.rows import (
    _rows_of_the_test,
    figure,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
)

__all__ = [
    "_rows_of_the_test",
    "browser",
    "figure",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
]

settings.register_profile("same", derandomize=True)  # the same examples in every run
settings.load_profile("same")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
BUNDLED = ROOT / "corpora" / "microcredentials"
CACHE = ("XDG_CACHE_HOME", "LOCALAPPDATA")
"""What says where caches lie, on Linux and on Windows."""


def shared(*parts: str) -> Path:
    """A real file beside the project; the test is skipped where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared/{'/'.join(parts)} is not on this machine")
    return path


@pytest.fixture(scope="session", autouse=True)
def encodings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The session's cache, for what several tests share: vectors, and graphs, which stay where pytest keeps a cache."""
    folder = tmp_path_factory.mktemp("session") / "autocode"
    (folder / "vectors").mkdir(mode=0o700, parents=True)
    source = hashlib.sha256((ROOT / "src/autocode/encode/weights.py").read_bytes()).hexdigest()[:16]
    cache = getattr(request.config, "cache", None)  # None under -p no:cacheprovider
    graphs = (Path(cache.mkdir(f"autocode-{source}")) if cache else tmp_path_factory.mktemp("kept")) / "graphs"
    graphs.mkdir(mode=0o700, exist_ok=True)
    (folder / "graphs").symlink_to(graphs)
    with pytest.MonkeyPatch.context() as environment:
        for variable in CACHE:
            environment.setenv(variable, str(folder.parent))
        yield folder


@pytest.fixture(autouse=True)
def own_cache(encodings: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a cache of its own, in which the session's encodings stand; no test knows another's studies."""
    folder = tmp_path_factory.mktemp("cache") / "autocode"
    folder.mkdir(mode=0o700)
    for part in ("graphs", "vectors"):
        (folder / part).symlink_to(encodings / part)
    for variable in CACHE:
        monkeypatch.setenv(variable, str(folder.parent))
    footprint.taken()
    monkeypatch.setenv("COLUMNS", "100")
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    return folder


@pytest.fixture
def book() -> Codebook:
    """Two themes; one code name occurs under both."""
    return codebook_from_rows(
        [
            {"code": "Work", "definition": "All about the job."},
            {"code": "Learning", "definition": "All about study."},
            {"code": "Work > Recognition", "parent": "Work", "definition": "The employer values a badge."},
            {"code": "Work > Time", "parent": "Work", "definition": "Shifts leave no hours for a course."},
            {"code": "Learning > Recognition", "parent": "Learning", "definition": "The university honours a badge."},
        ],
        "Tiny",
    )


_SAID = {
    "Work > Recognition": "my manager and the employer value the badge when they hire people",
    "Work > Time": "my shift at work takes all the hours and no evening is left",
    "Learning > Recognition": "the university gave us a ceremony and honoured our badge on stage",
}


def spoken(number: int) -> Document:
    """One interview: three passages that fit the codes among talk that fits none."""
    turns, text = [], ""
    for who, words in (
        ("Interviewer", "Could you tell me about it?"),
        ("R", f"hello number {number}, the rain in the town was heavy and the bus came late"),
        ("R", f"{_SAID['Work > Recognition']} {number}"),
        ("R", f"{_SAID['Work > Time']} {number}"),
        ("Interviewer", "And then?"),
        ("R", f"{_SAID['Learning > Recognition']} {number}"),
        ("R", "my cat sleeps on the sofa and the tea is good here"),
    ):
        text += f"{who}: "
        turns.append(Turn(len(text), len(text) + len(words), who))
        text += words + "\n\n"
    return Document(f"D{number}", text, f"D{number}", tuple(turns))


@pytest.fixture
def study(book: Codebook) -> Study:
    """Eight interviews, two coders who differ a little, and their resolved coding."""
    documents = tuple(spoken(n) for n in range(8))
    codings = []
    for d in documents:
        for turn in d.turns:
            for code, words in _SAID.items():
                if d.text[turn.start : turn.end].startswith(words):
                    codings += [Coding(d.id, turn.start, turn.end, code, c) for c in ("ana", "ben", "agreed")]
    missed = {("D1", "Work > Time", "ben"), ("D5", "Work > Recognition", "ana")}
    return Study(
        documents=documents,
        codebook=book,
        coders=(Coder("ana", "Ana"), Coder("ben", "Ben"), Coder("agreed", "Agreed", "agreed")),
        codings=tuple(c for c in codings if (c.document, c.code, c.coder) not in missed),
        readings=tuple(Reading(d.id, c, 0, len(d.text)) for d in documents for c in ("ana", "ben", "agreed")),
        name="tiny",
        notice="Invented for tests.",
    )


@pytest.fixture
def encoder() -> FakeEncoder:
    """A deterministic encoder of 32 dimensions that knows words only by their hash."""
    return FakeEncoder()


@pytest.fixture(scope="session")
def bundled() -> Study:
    """The bundled study, read from its open files."""
    return read_all([BUNDLED], ReadOptions(open_files=True))[0]


@pytest.fixture
def larger(study: Study) -> Study:
    """Twelve interviews of the small study's kind, coded by one person in the same way."""
    documents = tuple(spoken(n) for n in range(12))
    like = {d.text_of(c)[:12]: c.code for d in study.documents for c in study.codings if c.document == d.id}
    codings = [
        Coding(d.id, t.start, t.end, like[d.text[t.start : t.end][:12]], "ana")
        for d in documents
        for t in d.turns
        if d.text[t.start : t.end][:12] in like
    ]
    readings = tuple(Reading(d.id, "ana", 0, len(d.text)) for d in documents)
    return replace(study, documents=documents, codings=tuple(codings), readings=readings)
