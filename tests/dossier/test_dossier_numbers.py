"""More numbers of the bundled dossier again from the raw files: intervals, documents, timeline, the machine's."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from scipy.stats import beta, norm
from scipy.stats import t as student

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import dossier
from autocode.dossier.blocks import Dossier, Table
from autocode.dossier.findings import Findings
from autocode.evaluate import compare, hold_out, write_held_out
from autocode.model import CodingModel
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from tests.dossier.raw import Raw, alpha, kappa, read_raw, turns
from tests.fake_encoder import FakeEncoder


@pytest.fixture(scope="module")
def raw() -> Raw:
    """The files, read without autocode."""
    return read_raw()


@pytest.fixture(scope="module")
def made(bundled: Study) -> Dossier:
    """The dossier of the bundled study with its humans compared."""
    matrix = coding_matrix(bundled, Config(), bundled.humans)
    return dossier(bundled, Findings(agreement=agree(matrix), matrix=matrix))


def table(made: Dossier, name: str) -> Table:
    """The table of a name."""
    return next(t for t in made.tables() if t.name == name)


def coded(raw: Raw, coder: str) -> set[tuple[str, int]]:
    """Pairs of a respondent's turn and a code, as (document and code, place)."""
    found = set()
    for document, start, end, code in raw.codings[coder]:
        for a, b in turns(raw.texts[document]):
            if raw.texts[document][max(a, start) : min(b, end)].strip():
                found.add((f"{document}|{code}", a))
    return found


def pooled(raw: Raw, documents: list[str]) -> float:
    """Kappa over all codes and the respondents' turns of some documents."""
    a, b = ({u for u in coded(raw, c) if u[0].split("|")[0] in documents} for c in ("coder_a", "coder_b"))
    value = kappa(a, b, sum(len(turns(raw.texts[d])) for d in documents) * len(raw.codes))
    assert value is not None
    return value


def by_joint_uses(a: set[tuple[str, int]], b: set[tuple[str, int]], units: int, documents: list[str]) -> tuple[float, float]:
    """Korn and Graubard's interval of the share of joint uses (Jeffreys), carried to kappa; documents are clusters."""
    either = [{u for u in a | b if u[0].split("|")[0] == d} for d in documents]
    joint, m = [len(x & a & b) for x in either], sum(map(len, either))
    share, n = sum(joint) / m, len(documents)
    between = n / (n - 1) * sum((x - share * len(y)) ** 2 for x, y in zip(joint, either, strict=True)) / m**2
    effective = m / max(1.0, between / (share * (1 - share) / m)) * (norm.ppf(0.975) / student.ppf(0.975, n - 1)) ** 2
    posterior = beta(effective * share + 0.5, effective * (1 - share) + 0.5)
    ends = []
    for end in posterior.ppf(0.025), posterior.ppf(0.975):
        first = (1 - end) * m * len(a - b) / len(a ^ b)
        p, q = (end * m + first) / units, (m - first) / units
        chance = p * q + (1 - p) * (1 - q)
        ends.append((1 - (1 - end) * m / units - chance) / (1 - chance))
    return ends[0], ends[1]


def test_the_interval_counts_joint_uses_by_document(made: Dossier, raw: Raw) -> None:
    """The pooled interval is that of the share of joint uses, with documents as clusters."""
    documents = sorted(raw.texts)
    a, b = coded(raw, "coder_a"), coded(raw, "coder_b")
    ends = by_joint_uses(a, b, sum(len(turns(raw.texts[d])) for d in documents) * len(raw.codes), documents)
    row = next(r for r in table(made, "Agreement by pair").rows if r[0] == "all codes pooled" and r[2] == "all")
    assert row[10:13] == pytest.approx((pooled(raw, documents), *ends))


def _given(raw: Raw, coder: str, code: str) -> set[tuple[str, int]]:
    """The turns to which a coder gave a code."""
    return {u for u in coded(raw, coder) if u[0].partition("|")[2] == code}


def test_each_codes_interval_counts_joint_uses_by_document(made: Dossier, raw: Raw) -> None:
    """A code given to ten turns or more has the interval of its own joint uses; a rarer one has none."""
    documents = sorted(raw.texts)
    units = sum(len(turns(raw.texts[d])) for d in documents)
    rows = {r[0]: r for r in table(made, "Agreement by pair").rows if r[2] == "all"}
    with_interval = 0
    for code in raw.codes:
        a, b = (_given(raw, coder, code) for coder in ("coder_a", "coder_b"))
        if len(a | b) < 10:
            assert rows[code][11:13] == (None, None)
            continue
        assert rows[code][10:13] == pytest.approx((kappa(a, b, units), *by_joint_uses(a, b, units, documents)), abs=1e-9)
        with_interval += 1
    assert with_interval == 7


def test_alpha_is_krippendorffs_for_each_code(made: Dossier, raw: Raw) -> None:
    """Alpha in the sheet is that of a separate count over the respondents' turns, code by code."""
    documents = sorted(raw.texts)
    units = sum(len(turns(raw.texts[d])) for d in documents)
    rows = {r[0]: r[13] for r in table(made, "Agreement by pair").rows if r[2] == "all"}
    for code in raw.codes:
        a, b = (_given(raw, coder, code) for coder in ("coder_a", "coder_b"))
        assert rows[code] == pytest.approx(alpha(a, b, units)), code


def test_codes_whose_segments_overlap_are_paired(made: Dossier, raw: Raw) -> None:
    """The sheet of relations counts pairs of agreed segments that share a character."""
    wanted: Counter[frozenset[str]] = Counter()
    for i, (d, start, end, code) in enumerate(raw.agreed):
        for other_d, other_start, other_end, other in raw.agreed[i + 1 :]:
            if d == other_d and code != other and start < other_end and other_start < end:
                wanted[frozenset((code, other))] += 1
    found = [t for t in made.tables() if t.name == "Code relations"]
    assert {frozenset((r[0], r[1])): r[2] for t in found for r in t.rows} == dict(wanted)


def test_every_quote_stands_where_it_says(made: Dossier, raw: Raw) -> None:
    """Each quote is the transcript's words between its ends, coded so by somebody, and by the group it names."""
    rows = table(made, "Quotes").rows
    assert {r[1] for r in rows} == set(raw.codes)
    given = {row for coder in raw.codings.values() for row in coder}
    for _, code, _, _, participant, group, document, start, end, words in rows:
        assert raw.texts[str(document)][start:end] == words  # type: ignore[misc]
        assert (document, start, end, code) in given
        assert (participant, group) == tuple(raw.people[str(document)][k] for k in ("respondent", "stakeholder"))


def test_agreement_by_document_is_kappa_within_each(made: Dossier, raw: Raw) -> None:
    """Each document's kappa, and what it does to the whole, come out of a separate count."""
    documents = sorted(raw.texts)
    for row in table(made, "Agreement by document").rows:
        others = [d for d in documents if d != row[0]]
        assert row[5] == pytest.approx(pooled(raw, [str(row[0])]))
        assert row[7] == pytest.approx(pooled(raw, documents) - pooled(raw, others))


def test_confusion_shares_out_the_disagreements(made: Dossier, raw: Raw) -> None:
    """Where one coder gave one code and the other one other code, the pair is counted from both sides."""
    sides: list[dict[tuple[str, int], set[str]]] = [{}, {}]
    for side, coder in zip(sides, ("coder_a", "coder_b"), strict=True):
        for place, start in coded(raw, coder):
            document, _, code = place.partition("|")
            side.setdefault((document, start), set()).add(code)
    wanted: Counter[tuple[str, str]] = Counter()
    for unit in {*sides[0], *sides[1]}:
        a, b = (side.get(unit, set()) for side in sides)
        only_a, only_b = a - b, b - a
        most = max(len(only_a), len(only_b), 1)
        for x in only_a:
            for y in only_b:
                for pair in ((x, y), (y, x)):
                    wanted[pair] += 1 / most  # type: ignore[assignment]
        for own, other in ((only_a, only_b), (only_b, only_a)):
            for x in own:
                for pair in ((x, "no code"), ("no code", x)):
                    wanted[pair] += 1 - len(other) / most  # type: ignore[assignment]
    found = {(str(r[0]), str(r[1])): r[2] for r in table(made, "Confusion of humans").rows}
    assert found == pytest.approx({pair: n for pair, n in wanted.items() if n > 1e-9})


def test_the_timeline_places_each_segment_along_its_interview(made: Dossier, raw: Raw) -> None:
    """Starts and ends are shares of the transcript's length."""
    rows = {(r[0], r[2], r[3], r[4]): r[5:] for r in table(made, "Timeline").rows}
    assert len(rows) == len(raw.agreed)
    for document, start, end, code in raw.agreed:
        length = len(raw.texts[document])
        assert rows[document, code, start, end] == pytest.approx((start / length, end / length), abs=1e-3)


def test_the_sample_counts_participants_by_value(made: Dossier, raw: Raw) -> None:
    """Stakeholder groups and genders are counted as in the participants file."""
    wanted = {("Stakeholder", v): n for v, n in Counter(p["stakeholder"] for p in raw.people.values()).items()}
    wanted |= {("Gender", v): n for v, n in Counter(p["gender"] for p in raw.people.values()).items()}
    found = {(r[0], r[1]): r[2] for r in table(made, "Sample").rows}
    assert {k: v for k, v in found.items() if k[0] in ("Stakeholder", "Gender")} == wanted


def test_the_machine_stands_beside_the_humans_with_its_own_counts(study: Study, tmp_path: Path) -> None:
    """Machine-human counts of the table are those of the held-out predictions written to a file."""
    held = hold_out(CodingModel.from_config(Config(), FakeEncoder()), study)
    write_held_out(tmp_path / "h.csv", held)
    with (tmp_path / "h.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    made = dossier(study, Findings(evaluation=compare(held), matrix=held.with_machine))
    found = {(r[0], r[2], r[3]): r[6:9] for r in table(made, "Agreement by pair").rows}
    for code in {row["code"] for row in rows}:
        for human in ("ana", "ben"):
            pairs = Counter((row[human] == "1", row["coded"] == "1") for row in rows if row["code"] == code)
            assert found[code, human, "machine"] == (pairs[True, True], pairs[True, False], pairs[False, True])
    assert "machine" in {r[1] for r in table(made, "Disagreements").rows}
    kappas = {(r[2], r[3]): r[10] for r in table(made, "Agreement by pair").rows if r[0] == "all codes pooled"}
    for human in ("ana", "ben"):
        seen = [row for row in rows if row[human]]
        a, b = ({(row["code"], i) for i, row in enumerate(seen) if hit(row)}
                for hit in (lambda row: row[human] == "1", lambda row: row["coded"] == "1"))  # fmt: skip  # noqa: B023
        assert kappas[human, "machine"] == pytest.approx(kappa(a, b, len(seen)))


def test_interviews_of_the_bundled_study_differ_in_agreement(raw: Raw) -> None:
    """Kappa runs from below .5 to above .8 over the interviews, as with real coders, and is between .6 and .8 pooled."""
    found = [pooled(raw, [document]) for document in raw.texts]
    assert sum(k < 0.5 for k in found) >= 3
    assert sum(k > 0.8 for k in found) >= 3
    assert 0.6 < pooled(raw, list(raw.texts)) < 0.8
