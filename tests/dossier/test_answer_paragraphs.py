"""Paragraphs to paste: every number stands in the table it names; Markdown and LaTeX say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autocode.agreement import agree
from autocode.agreement.estimate import AgreementOptions
from autocode.config import Config
from autocode.dossier import dossier, write_dossier
from autocode.dossier.answer import latex, markdown
from autocode.dossier.blocks import REFERENCE, Figure, Points, Table, Words
from autocode.dossier.findings import Findings
from autocode.dossier.html import dossier_html
from autocode.study import Study
from autocode.study.matrix import coding_matrix


def _findings(study: Study) -> Findings:
    matrix = coding_matrix(study, Config(), study.humans)
    return Findings(agreement=agree(matrix), matrix=matrix)


def test_what_the_text_refers_to_is_there(bundled: Study) -> None:
    """Every "Table 2" and "Figure 1" of any text of either size is the caption of a table or figure; no mark is left."""
    for size in ("full", "journal"):
        made = dossier(bundled, _findings(bundled), size)
        shown = [b for s in made.sections for b in s.blocks]
        captions = {b.caption.partition(". ")[0] for b in shown if isinstance(b, Figure | Table)}
        texts = [str(getattr(b, name)) for b in shown for name in ("text", "rows", "note", "caption") if hasattr(b, name)]
        text = " ".join(texts).replace("\\xa0", "\xa0")
        assert "⟨" not in text
        found = {f"{kind} {number}" for kind, number in REFERENCE.findall(text)}
        assert len(found) >= 2
        assert found <= captions
        page = dossier_html(made, Findings())
        assert {f'href="#{caption.lower().replace(" ", "-")}"' for caption in found} <= set(re.findall(r'href="#[^"]*"', page))
        assert {f'id="{caption.lower().replace(" ", "-")}"' for caption in found} <= set(re.findall(r'id="[^"]*"', page))


def test_numbers_of_the_results_are_those_of_the_tables(bundled: Study) -> None:
    """The themes' counts of the paragraph are those of Table 2, which it names."""
    made = dossier(bundled, _findings(bundled))
    codes = next(t for t in made.tables() if t.name == "Codes")
    results = next(b.text for b in made.pasted if isinstance(b, Words) and "fall under" in b.text)
    assert codes.caption.startswith("Table 2")
    for i in codes.heads:
        assert f"{codes.rows[i][0]} ({codes.rows[i][1]})" in results
    assert "(Table\xa02)" in results


def test_latex_refers_by_label_and_escapes(bundled: Study) -> None:
    """Tables are references, per cent signs are escaped, and the words are those of the Markdown."""
    made = dossier(bundled, _findings(bundled))
    tex, plain = latex(made.pasted), markdown(made.pasted)
    assert "Table~\\ref{tab:2}" in tex
    assert not re.search(r"(?<!\\)%", tex.split("\n", 1)[1])
    assert "Table 2" in plain
    assert "## Methods" in plain


def test_the_files_stand_beside_either_size(study: Study, tmp_path: Path) -> None:
    """The full dossier and the journal's do not replace one another; the paragraphs are the same text."""
    full = write_dossier(study, _findings(study), tmp_path)
    brief = write_dossier(study, _findings(study), tmp_path, size="journal")
    assert {p.name for p in full} & {p.name for p in brief} == {
        "dossier-paragraphs.md",
        "dossier-paragraphs.tex",
        "dossier-questions.toml",
    }


@pytest.mark.parametrize("size", ["journal", "full"])
def test_no_sentence_keeps_a_gap_of_its_making(bundled: Study, size: str) -> None:
    """No braces or angle brackets are left of the text's making, and two tables in a row share one pair of brackets."""
    matrix = coding_matrix(bundled, Config(), (*bundled.humans, "agreed"))
    report = agree(matrix, AgreementOptions(machines=("agreed",)))
    made = dossier(bundled, Findings(agreement=report, matrix=matrix), size)
    texts = [b.text for s in made.sections for b in s.blocks if isinstance(b, Words)]
    texts += [" ".join(row) for s in made.sections for b in s.blocks if isinstance(b, Points) for row in b.rows]
    assert not any(re.search(r"[{}⟨⟩]", text) for text in texts)
    assert not any(re.search(r"(Table|Figure)\W\d+\) \((Table|Figure)", text) for text in texts)
    assert any("(Table\u00a01, Table\u00a02, Figure" in text for text in texts)
