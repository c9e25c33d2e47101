"""The dossier of the bundled study: every number again from the raw files, and the same bytes twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations

import pytest

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import dossier
from autocode.dossier.blocks import Dossier, Figure, Points, Table, Words
from autocode.dossier.findings import Findings
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from tests.dossier.raw import PUBLISHED, Raw, kappa, read_raw, turns


@pytest.fixture(scope="module")
def raw() -> Raw:
    """The files, read without autocode."""
    return read_raw()


@pytest.fixture(scope="module")
def made(bundled: Study) -> Dossier:
    """The dossier of the bundled study, its humans compared, quotes chosen by their words."""
    matrix = coding_matrix(bundled, Config(), bundled.humans)
    return dossier(bundled, Findings(agreement=agree(matrix), matrix=matrix, command="autocode report x --out y"))


def table(made: Dossier, name: str) -> Table:
    """The table (or figures of a picture) of a name."""
    return next(t for t in made.tables() if t.name == name)


def column(found: Table, name: str) -> list[object]:
    """The cells below a heading."""
    return [row[found.header.index(name)] for row in found.rows]


def test_the_agreed_coding_reproduces_the_published_frequencies(made: Dossier, raw: Raw) -> None:
    """Table 2 has the 33 codes and five themes of the paper with their very counts."""
    codes = table(made, "Codes")
    by_theme = {row[0]: row[1] for i, row in enumerate(codes.rows) if i in codes.heads}
    assert by_theme == PUBLISHED
    below = [row[1] for i, row in enumerate(codes.rows) if i not in codes.heads]
    assert below == [raw.counts("agreed")[code] for code in raw.codes]


def test_table_2_counts_coders_documents_and_participants(made: Dossier, raw: Raw) -> None:
    """Coder columns, documents and participants are those of the files, for codes and themes."""
    codes = table(made, "Codes")
    where = raw.documents()
    rows = [row for i, row in enumerate(codes.rows) if i not in codes.heads]
    for code, row in zip(raw.codes, rows, strict=True):
        people = {raw.people[d]["respondent"] for d in where[code]}
        assert row[2:] == (raw.counts("coder_a")[code], raw.counts("coder_b")[code], len(where[code]), len(people))
    heads = [row for i, row in enumerate(codes.rows) if i in codes.heads]
    for theme, row in zip(PUBLISHED, heads, strict=True):
        united = set().union(*(where[c] for c in raw.codes if c.startswith(theme + " > ")))
        assert row[4:] == (len(united), len({raw.people[d]["respondent"] for d in united}))


def test_table_1_is_the_participants_file(made: Dossier, raw: Raw) -> None:
    """Every respondent has a row with the file's cells, the words of the transcript and its codings."""
    people = table(made, "Participants")
    assert column(people, "Document") == sorted(raw.people)
    assert [str(c) for c in column(people, "Interview minutes")] == [p["interview_minutes"] for p in raw.people.values()]
    assert column(people, "Stakeholder") == [p["stakeholder"] for p in raw.people.values()]
    counts = Counter(row[0] for row in raw.agreed)
    assert column(people, "Coded segments") == [counts[d] for d in sorted(raw.people)]
    # the file's line end is no part of a transcript; words are counted the same either way
    words = [len(raw.texts[d].split()) for d in sorted(raw.people)]
    assert column(people, "Words") == words


def test_the_code_matrix_counts_each_code_in_each_document(made: Dossier, raw: Raw) -> None:
    """Codes x documents holds the agreed coding, cell by cell."""
    cells = Counter((code, document) for document, _, _, code in raw.agreed)
    matrix = table(made, "Code matrix")
    documents = matrix.header[2:]
    assert documents == tuple(sorted(raw.texts))
    for code, row in zip(raw.codes, matrix.rows, strict=True):
        assert row[2:] == tuple(cells[code, d] for d in documents)


def test_codes_given_in_the_same_documents_are_paired(made: Dossier, raw: Raw) -> None:
    """The pairs and their documents are those of the agreed coding."""
    where = raw.documents()
    wanted = {(a, b): len(where[a] & where[b]) for a, b in combinations(raw.codes, 2) if where[a] & where[b]}
    assert {(r[0], r[1]): r[2] for r in table(made, "Codes together").rows} == wanted


def test_groups_are_counted_with_their_participants(made: Dossier, raw: Raw) -> None:
    """Codes by stakeholder: segments and the share of the group's participants, and small groups named."""
    groups = sorted({p["stakeholder"] for p in raw.people.values()})
    sizes = Counter(p["stakeholder"] for p in raw.people.values())
    found = table(made, "Codes by group")
    assert found.header[1::2] == tuple(f"{g} (n = {sizes[g]})" for g in groups)
    rows = [row for i, row in enumerate(found.rows) if i not in found.heads]
    for code, row in zip(raw.codes, rows, strict=True):
        for k, group in enumerate(groups):
            own = [d for d, _, _, c in raw.agreed if c == code and raw.people[d]["stakeholder"] == group]
            assert row[1 + 2 * k] == len(own)
            assert row[2 + 2 * k] == pytest.approx(len(set(own)) / sizes[group])
    assert "Student/MC Developer (1)" in found.note


def test_saturation_counts_new_codes_per_interview(made: Dossier, raw: Raw) -> None:
    """Codes in a document, new ones and the running total follow from the agreed coding."""
    used = defaultdict(set)
    for document, _, _, code in raw.agreed:
        used[document].add(code)
    known: set[str] = set()
    for row in table(made, "Saturation").rows:
        fresh = used[str(row[0])] - known
        known |= fresh
        assert row[1:] == (len(used[str(row[0])]), len(fresh), len(known))
    assert len(known) == len(raw.codes)


def test_the_trail_lists_every_coding(made: Dossier, raw: Raw) -> None:
    """The sheet of coded segments is the union of the coders' files, the agreed ones marked as counted."""
    found = table(made, "Coded segments")
    rows = {(r[0], r[2], r[3], r[5], r[6]) for r in found.rows}
    assert rows == {(d, s, e, c, coder) for coder, listed in raw.codings.items() for d, s, e, c in listed}
    assert column(found, "Counted").count("yes") == len(raw.agreed)


def _units(raw: Raw, coder: str, code: str) -> set[tuple[str, int]]:
    """Respondents' turns that a coder gave a code, by document and place."""
    found = set()
    for document, start, end, given in raw.codings[coder]:
        if given == code:
            text = raw.texts[document]
            for a, b in turns(text):
                if text[max(a, start) : min(b, end)].strip():
                    found.add((document, a))
    return found


def test_agreement_is_kappa_over_respondents_turns(made: Dossier, raw: Raw) -> None:
    """Kappa, and the counts behind it, are those of a separate count over turns, code by code and pooled."""
    units = sum(len(turns(text)) for text in raw.texts.values())
    found = {r[0]: r for r in table(made, "Agreement by pair").rows if r[2] == "all"}
    pooled: list[set[tuple[str, int]]] = [set(), set()]
    for k, code in enumerate(raw.codes):
        a, b = _units(raw, "coder_a", code), _units(raw, "coder_b", code)
        row = found[code]
        assert row[4] == units
        assert row[6:9] == (len(a & b), len(a - b), len(b - a))
        wanted = kappa(a, b, units)
        assert row[10] is None if wanted is None else row[10] == pytest.approx(wanted)
        for side, own in zip(pooled, (a, b), strict=True):
            side |= {(f"{k} {d}", place) for d, place in own}
    assert found["all codes pooled"][10] == pytest.approx(kappa(*pooled, units * len(raw.codes)))


def test_disagreements_are_counted_by_kind(made: Dossier, raw: Raw) -> None:
    """Turns coded by one only, or by both with other codes, are those of a separate count."""
    sides = [defaultdict(set), defaultdict(set)]  # type: ignore[var-annotated]
    for side, coder in zip(sides, ("coder_a", "coder_b"), strict=True):
        for code in raw.codes:
            for unit in _units(raw, coder, code):
                side[unit].add(code)
    differ = [u for u in {*sides[0], *sides[1]} if sides[0][u] != sides[1][u]]
    first = sum(not sides[1][u] for u in differ)
    second = sum(not sides[0][u] for u in differ)
    assert table(made, "Disagreements").rows[0][2:] == (first, second, len(differ) - first - second, len(differ))
    assert len(table(made, "Disagreement list").rows) == len(differ)


def test_hours_of_interviews_are_those_of_the_file(made: Dossier, raw: Raw) -> None:
    """Prolonged contact names the hours, the shortest and the longest interview."""
    minutes = [int(p["interview_minutes"]) for p in raw.people.values()]
    said = " ".join(
        text
        for s in made.sections
        for b in s.blocks
        if isinstance(b, Points)
        for _, head, text in b.rows
        if head == "Prolonged contact."
    )
    assert f"{sum(minutes) / 60:.1f} hours" in said
    assert f"{min(minutes)} to {max(minutes)} minutes" in said


def test_what_is_missing_is_said(made: Dossier) -> None:
    """Without a record of the researchers, sampling, reflexivity and member checks are said to be missing."""
    gaps = {head for s in made.sections for b in s.blocks if isinstance(b, Points) for mark, head, _ in b.rows if mark == "no"}
    assert {"Sampling.", "Reflexivity.", "Member checking.", "Transcripts checked against the recording."} <= gaps


def test_captions_are_numbered_in_order(made: Dossier) -> None:
    """Tables and figures run from 1 without a gap."""
    for kind, listed in (
        ("Table", [b for s in made.sections for b in s.blocks if isinstance(b, Table) and not b.sheet_only]),
        ("Figure", [b for s in made.sections for b in s.blocks if isinstance(b, Figure)]),
    ):
        assert [b.caption.split(".")[0] for b in listed] == [f"{kind} {i}" for i in range(1, len(listed) + 1)]


def test_every_figure_says_itself_in_words_and_has_its_figures(made: Dossier) -> None:
    """Alt text and a data table stand with each figure."""
    figures = [b for s in made.sections for b in s.blocks if isinstance(b, Figure)]
    assert len(figures) >= 6
    assert all(len(f.said) > 20 and f.data.rows for f in figures)


def test_accepted_suggestions_are_kept_apart(bundled: Study) -> None:
    """Codings that began as suggestions have a column of their own."""
    accepted = frozenset([c for c in bundled.codings if c.coder == "agreed"][:7])
    codes = table(dossier(bundled, Findings(accepted=accepted)), "Codes")
    heads = [row for i, row in enumerate(codes.rows) if i in codes.heads]
    assert sum(row[codes.header.index("Accepted suggestions")] for row in heads) == 7  # type: ignore[misc]


def test_machine_codings_are_never_counted(study: Study) -> None:
    """A machine's codings have a column, but no table counts them."""
    coders = tuple(replace(c, kind="machine") if c.id == "ben" else c for c in study.coders if c.id != "agreed")
    kept = tuple(c for c in study.codings if c.coder != "agreed")
    codes = table(dossier(replace(study, coders=coders, codings=kept), Findings()), "Codes")
    row = next(r for r in codes.rows if r[0] == "Time")
    assert row[1:4] == (8, 8, 7)


def test_a_study_without_codings_still_has_a_dossier(study: Study) -> None:
    """Nothing coded: no figure fails, and the page says what is missing."""
    made = dossier(replace(study, codings=()), Findings())
    assert any(isinstance(b, Words) and "not computed" in b.text for s in made.sections for b in s.blocks)
