"""Studies for exchange formats, made by hypothesis: everything that the nouns hold, in any script.

Emoji, right-to-left, decomposed letters, overlapping spans, codes out of the tree's order, two
coders; no character that XML 1.0 cannot hold and no carriage return, which no canonical text has.
"""

from __future__ import annotations

from hypothesis import strategies as st

from autocode.study import Coder, Coding, Document, Doubt, Reading, Segment, Study, Turn
from autocode.study.codebook import Code, Codebook
from autocode.study.merge import join_readings

LEGAL = st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufeff", include_characters="\n\t")
PIECES = st.sampled_from(
    ["👩‍👧 ", "e\u0301té ", "שלום ", "مرحبا ", "I: yes.\n", "\u202babc\u202c ", "𝔘 ", "na\u00efve\n\n", "a ", '<&>" ']
)
TEXTS = st.lists(st.one_of(PIECES, st.text(LEGAL, max_size=6)), max_size=12).map("".join)
# Excel's own sign for a line end cannot be told from the same letters, so no text holds them.
WORDS = st.text(LEGAL, max_size=12).filter(lambda text: "_x000D_" not in text)
NAMES = st.text(st.characters(categories=("L", "N", "S")), min_size=1, max_size=8)
GUIDS = st.one_of(st.just(""), st.uuids().map(str))
AWKWARD = st.sampled_from(["A/b", "con", "readme", " a ", "a.txt", "~$x", ".h", "e\u0301", "é", "A", "a", "x > y", "=1+1"])
IDS = st.one_of(NAMES, AWKWARD)
"""Ids of documents and coders: among them those that no file can be called on every system."""
DATES = st.sampled_from(["", "2026-11-23", "2026-11-23T12:00:00Z", "soon"])


@st.composite
def exchanged(draw: st.DrawFn) -> Study:
    """A study of up to three documents, coded by two, one of them perhaps a machine."""
    book = draw(_books())
    ids = draw(st.lists(IDS, min_size=1, max_size=3, unique=True))
    documents = tuple(draw(_documents(i)) for i in ids)
    first, second = draw(st.lists(IDS, min_size=2, max_size=2, unique=True))
    coders = (
        Coder(first, draw(st.sampled_from(["Ana", ""])), "human", draw(GUIDS)),
        Coder(second, draw(NAMES), draw(st.sampled_from(["human", "machine", "agreed"]))),
    )
    codings, readings = [], []
    full = [d for d in documents if d.text]
    for d in draw(st.lists(st.sampled_from(full), max_size=8)) if full else ():
        coder = draw(st.sampled_from(coders)).id
        code = draw(st.sampled_from(book.codes)).path
        said = draw(WORDS), draw(DATES), draw(st.sampled_from([None, 0, 80]))
        codings.append(Coding(d.id, *draw(_spans(len(d.text))), code, coder, *said))
        readings.append(Reading(d.id, coder, 0, draw(st.integers(1, len(d.text)))))
    kept = tuple(dict.fromkeys(codings))
    return Study(documents, book, coders, kept, join_readings(readings), draw(WORDS), draw(WORDS))


@st.composite
def _books(draw: st.DrawFn) -> Codebook:
    codes: list[Code] = []
    for _ in range(draw(st.integers(1, 6))):
        parent = draw(st.sampled_from(["", *(c.path for c in codes)]))
        marked = {"codable": draw(st.booleans()), "colour": draw(st.sampled_from(["", "#0a7f3c", "#ffee00"]))}
        code = Code(draw(IDS), parent, *(draw(WORDS) for _ in range(4)), draw(GUIDS), **marked)
        if code.path not in {c.path for c in codes} and code.guid not in {c.guid for c in codes} - {""}:
            codes.append(code)
    return Codebook(tuple(codes), draw(WORDS), draw(WORDS))


@st.composite
def _spans(draw: st.DrawFn, length: int) -> tuple[int, int]:
    start = draw(st.integers(0, length - 1))
    return start, draw(st.integers(start + 1, length))


@st.composite
def _documents(draw: st.DrawFn, name: str) -> Document:
    text = draw(TEXTS)
    spans = draw(st.lists(_spans(len(text)), max_size=3)) if text else []
    times = st.sampled_from([None, 0, 1500])
    turns = tuple(Turn(a, b, draw(NAMES), draw(times), draw(times)) for a, b in spans)
    given = draw(st.sampled_from([spans, []]))
    units = tuple(Segment(name, a, b, str(i), draw(st.sampled_from(["", "Ann"]))) for i, (a, b) in enumerate(given, 1))
    variables = draw(st.dictionaries(st.one_of(NAMES, st.sampled_from(["kind", "Document", " a", "a"])), WORDS, max_size=2))
    kind = draw(st.sampled_from(["interview", "literature", "field note"]))
    groups = tuple(dict.fromkeys(draw(st.lists(NAMES, max_size=2))))
    doubts = tuple(sorted({Doubt(a, b, draw(st.sampled_from([0.25, 0.5]))) for a, b in spans}))
    asking = tuple(dict.fromkeys(draw(st.lists(NAMES, max_size=2))))
    about = (draw(WORDS), turns, units, variables, kind, draw(WORDS), draw(GUIDS), groups)
    return Document(name, text, *about, doubts, asking)
