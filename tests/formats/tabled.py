"""Random studies for round trips: emoji, NFD, right-to-left, overlapping spans, two coders."""

from __future__ import annotations

from hypothesis import strategies as st

from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook
from autocode.study.merge import join_readings

WORDS = st.text(st.sampled_from("ab \n=+-@'\"é\u0301😀שλ,;|_x…\t"), max_size=40)
"""Words with all that is awkward to a table, without characters that XML cannot hold."""

NAMES = st.sampled_from(["Ana", "=Ben", "'@c", "Zoë 😀", "שלום"])


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """A study as the long table holds it: texts, a codebook of definitions, coders, codings, readings."""
    texts = draw(st.lists(WORDS, min_size=1, max_size=3))
    documents = tuple(Document(f"D{n}", text, f"D{n}") for n, text in enumerate(texts))
    book = Codebook((Code("=T", definition=draw(WORDS)), Code("c, d", "=T"), Code("Alone", definition="'=x")))
    coders = tuple(Coder(i, draw(NAMES), draw(st.sampled_from(["human", "agreed"]))) for i in ("ana", "=ben"))
    codings = draw(
        st.lists(
            st.builds(
                _coding,
                st.sampled_from(documents),
                st.integers(0, 40),
                st.integers(0, 40),
                st.sampled_from(["=T > c, d", "Alone"]),
                WORDS,
                st.none() | st.integers(0, 100),
            ),
            max_size=6,
        )
    )
    readings = [Reading(d.id, "ana", 0, len(d.text)) for d in documents if d.text]
    kept = tuple(dict.fromkeys(c for c in codings if c.start < c.end))
    return Study(documents, book, coders, kept, join_readings(readings))


def _coding(document: Document, a: int, b: int, code: str, memo: str, weight: int | None) -> Coding:
    a, b = sorted((min(a, len(document.text)), min(b, len(document.text))))
    return Coding(document.id, a, b, code, "ana" if (a + b) % 2 else "=ben", memo, "2026-01-02", weight)
