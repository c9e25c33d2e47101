"""Pages: whole, safe and honest."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import study_html
from autocode.dossier.counts import code_map
from autocode.dossier.drawing import svg
from autocode.dossier.findings import Findings
from autocode.dossier.html import suggestions_html
from autocode.dossier.tables import Description, frequencies
from autocode.study import Coder, Coding, Document, Evidence, Grounds, Segment, Study, Suggestion
from autocode.study.codebook import Code, Codebook
from autocode.study.matrix import coding_matrix

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def _page(study: Study) -> str:
    report = agree(coding_matrix(study, Config(), study.humans))
    return study_html(study, Findings(agreement=report, command="autocode report x"))


def test_the_page_needs_nothing_from_outside(study: Study) -> None:
    """No script, no link, no picture from elsewhere; a policy forbids them."""
    page = _page(study)
    assert "default-src 'none'" in page
    assert not re.findall(r"<script|<link|<img|<iframe|url\(", page)
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)


def test_the_notice_is_on_every_page(study: Study) -> None:
    """A study's notice stands in the report and over its suggestions."""
    assert "Invented for tests." in _page(study)
    assert "Invented for tests." in suggestions_html([], {}, study.notice)


def test_counts_are_per_coder_and_agreed(study: Study) -> None:
    """Table 2 has a column for each coder and the resolution, with the very counts."""
    counts = {f.code: f.by_coder for f in frequencies(study)}
    assert counts["Work > Time"] == {"ana": 8, "ben": 7, "agreed": 8}
    page = _page(study)
    row = re.search(r">Time</th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r"<td class=\"n\">(\d+)</td>", row.group(1)) == ["8", "8", "7", "8", "8"]


def test_words_of_a_transcript_cannot_become_markup(study: Study) -> None:
    """Markup in a text, code name, coder or variable is shown, never run."""
    segment = Segment("e", 0, len(EVIL), "1", EVIL)
    document = Document("e", EVIL, EVIL, variables={EVIL: EVIL})
    suggestion = Suggestion(segment, EVIL, 0.5, "suggest", (Evidence(EVIL, EVIL, EVIL, 0.5),))
    evil = replace(
        study,
        documents=(*study.documents, document),
        codebook=Codebook((*study.codebook.codes, Code(EVIL))),
        coders=(*study.coders, Coder(EVIL, EVIL)),
        codings=(*study.codings, Coding("e", 0, 5, EVIL, "ana")),
        name=EVIL,
        notice=EVIL,
    )
    findings = Findings(suggestions=[suggestion], new={"e": document}, silent={EVIL: EVIL}, command=EVIL)
    for page in (study_html(evil, findings), suggestions_html([suggestion], {"e": document}, EVIL)):
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page


def test_silent_codes_are_not_shown_as_suggestions(study: Study) -> None:
    """Only what is suggested or asked appears over the transcript."""
    d = study.documents[0]
    s = Segment(d.id, 0, 5, "1")
    page = suggestions_html([Suggestion(s, "Work > Time", 0.01, "silent")], study.by_id)
    assert "nothing to suggest" in page


def drawn(study: Study) -> list[str]:
    """The parts of the code map as SVG."""
    return [svg(drawing) for drawing in code_map(frequencies(study))]


@pytest.mark.parametrize("codes", [1, 5, 33, 60, 144])
def test_no_two_labels_of_the_code_map_overlap(codes: int) -> None:
    """From 1 to 144 codes, every text of the map has its own place, on as many pages as it takes."""
    book = Codebook().with_paths(f"Theme number {i % 7} > A rather long name of code {i}" for i in range(codes))
    document = Document("d", "word " * 400)
    given = tuple(Coding("d", j, j + 1, c.path, "a") for i, c in enumerate(book) for j in range(i % 9 + 1) if c.parent)
    study = Study((document,), book, (Coder("a"),), given)
    pages = drawn(study)
    sheets = [tuple(map(float, found)) for page in pages for found in re.findall(r'viewBox="0 0 (\d+) (\d+)"', page)]
    assert all(height <= {1080: 620, 760: 940}[width] for width, height in sheets)
    assert sum(page.count("<tspan") for page in pages) > codes
    for page, (sheet, _) in zip(pages, sheets, strict=True):
        boxes = []
        for anchor, spans in re.findall(r'<text text-anchor="(\w+)"[^>]*>(.*?)</text>', page):
            for x, y, words in re.findall(r'<tspan x="([\d.-]+)" y="([\d.-]+)">(.*?)</tspan>', spans):
                width = 7.2 * len(words)
                left = float(x) - {"start": 0, "middle": width / 2, "end": width}[anchor]
                boxes.append((left, left + width, float(y) - 12, float(y) + 3))
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                assert a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2]
        assert min(b[0] for b in boxes) >= 0
        assert max(b[1] for b in boxes) <= sheet


def test_the_description_says_who_coded_what(study: Study) -> None:
    """A study's description counts documents and codings per coder, in text and as JSON."""
    text, data = str(Description(study)), Description(study).to_json()
    assert "ana and ben share 8 documents" in text
    assert data["coders"][0] == {"id": "ana", "kind": "human", "documents": 8, "codings": 23, "codes": 3}  # type: ignore[index]


def test_the_words_that_carry_a_code_are_shown_with_their_precedents() -> None:
    """The span, the same words lit in passage and precedent, a contested precedent, and all places by code."""
    text = "We walked home. The fee was high. It rained."
    document = Document("n", text)
    segment = Segment("n", 0, len(text), "1")
    near = Evidence("old", "ana", "A high fee <b>again</b>.", 0.5, without="ben")
    said = Suggestion(segment, "Costs", 0.9, "suggest", (near,), Grounds(words=((20, 23, 1.0), (28, 32, 0.5))), span=(16, 33))
    page = suggestions_html([said], {"n": document})
    assert "“The fee was high.”" in page
    assert "coded by ana, not by ben: contested" in page
    assert "A <mark>high</mark> <mark>fee</mark> &lt;b&gt;again&lt;/b&gt;." in page
    assert 'The <mark>fee</mark> was <mark>high</mark>.<br><span class="who"><a href="#n-1">n, segment 1</a>' in page
    assert "Costs: 1" in page


def test_counts_of_the_code_map_have_their_commas() -> None:
    """A count above a thousand is written as everywhere else, and stays on one line."""
    code = Codebook().with_paths(["Data > Collection of a rather long name"])
    document = Document("d", "word " * 2000)
    given = tuple(Coding("d", 5 * j, 5 * j + 4, "Data > Collection of a rather long name", "a") for j in range(1522))
    (page,) = drawn(Study((document,), code, (Coder("a"),), given))
    assert re.search(r">[^<]*\(1,522\)</tspan>", page)
