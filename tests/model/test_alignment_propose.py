"""Proposals of which codes mean the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autocode.config import Config
from autocode.model import CodingModel
from autocode.model.transfer import Side, propose, side_of_model, side_of_study
from autocode.study import Study
from autocode.study.codebook import Code, Codebook
from tests.fake_encoder import FakeEncoder
from tests.model.transfer.studies import NAMES, older


def test_renamed_codes_are_found_again(study: Study, encoder: FakeEncoder) -> None:
    """Codes with other names are paired by rule and examples, with the evidence in words, and wait for a decision."""
    pairs = propose(side_of_study(study, Config(), encoder), side_of_study(older(study), Config(), encoder))
    assert {p.code: p.other for p in pairs} == {c: o for c, o in NAMES.items() if ">" in c}
    open_ones = [p for p in pairs if p.code.startswith("Work")]
    assert [p.decision for p in open_ones] == ["", ""]
    assert all("name" in p.why and "entry" in p.why and "examples" in p.why for p in open_ones)


def test_only_the_same_path_and_rule_is_decided_beforehand(study: Study, encoder: FakeEncoder) -> None:
    """The same path with another rule, or with none on either side, waits for a person."""
    own = side_of_study(study, Config(), encoder)
    assert {p.decision for p in propose(own, own)} == {"yes"}
    for rule in ("", "Something else."):
        codes = tuple(replace(c, definition=rule) if c.name == "Time" else c for c in study.codebook)
        changed = side_of_study(replace(study, codebook=Codebook(codes, "C")), Config(), encoder)
        (pair,) = [p for p in propose(own, changed) if p.code == "Work > Time"]
        assert (pair.other, pair.decision) == ("Work > Time", "")
        assert "rule differs" in pair.why
    bare = side_of_study(Study(codebook=Codebook((Code("A"),), "B")), Config(), encoder)
    (pair,) = propose(bare, bare)
    assert pair.decision == ""


def test_codes_without_counterpart_are_listed(encoder: FakeEncoder) -> None:
    """What nothing resembles stands at the end, on either side, for a person to fill in."""
    axes = np.eye(2)
    book = [Codebook((Code(name),), name) for name in ("qqq", "zzz")]
    sides = [Side(b.name, b, (b.name,), axes[i : i + 1], axes[i : i + 1]) for i, b in enumerate(book)]
    pairs = propose(*sides)
    assert [(p.code, p.other, p.score) for p in pairs] == [("qqq", "", None), ("", "zzz", None)]


def test_pairs_are_one_to_one(encoder: FakeEncoder) -> None:
    """A code that is nearest to two codes of the other side is given to one of them."""
    first = Codebook((Code("aaa"),), "f")
    second = Codebook((Code("aab"), Code("aac")), "s")
    one = Side("f", first, ("aaa",), np.eye(2)[:1], np.zeros((1, 2)))
    two = Side("s", second, ("aab", "aac"), np.eye(2)[[0, 0]], np.zeros((2, 2)))
    pairs = propose(one, two)
    assert sum(bool(p.code and p.other) for p in pairs) == 1
    assert sum(not p.code for p in pairs) == 1


def test_a_saved_model_is_a_side(study: Study, encoder: FakeEncoder) -> None:
    """A model's codes are placed by its precedents, as a study's by its codings."""
    model = CodingModel.from_config(Config(), encoder).fit(older(study))
    pairs = propose(side_of_study(study, Config(), encoder), side_of_model(model))
    assert {p.code: p.other for p in pairs if p.code and p.other} == {c: o for c, o in NAMES.items() if ">" in c}
    assert {p.study for p in pairs} == {"older"}


def test_codes_that_lend_nothing_are_not_proposed(study: Study, encoder: FakeEncoder) -> None:
    """A code of a coded study that nobody gave there is neither paired nor listed; of an uncoded study all are."""
    codings = tuple(c for c in study.codings if c.code != "Work > Time")
    own = side_of_study(study, Config(), encoder)
    without = propose(own, side_of_study(replace(study, codings=codings), Config(), encoder))
    assert "Work > Time" not in {p.other for p in without}
    uncoded = propose(own, side_of_study(replace(study, codings=(), readings=()), Config(), encoder))
    assert "Work > Time" in {p.other for p in uncoded}
