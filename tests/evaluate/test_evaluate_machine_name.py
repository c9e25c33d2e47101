"""A person who is called like the machine keeps the name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autocode.config import Config
from autocode.evaluate import compare, hold_out
from autocode.evaluate.group_errors import bias
from autocode.model import CodingModel
from autocode.study import Study
from tests.fake_encoder import FakeEncoder


@pytest.mark.parametrize("taken", [["machine"], ["Machine", "autocode"]])
def test_a_coder_called_machine_is_a_person(study: Study, encoder: FakeEncoder, taken: list[str]) -> None:
    """Who is a machine follows from the kind: with people of that name, rows, verdicts and groups are as before."""
    model = CodingModel.from_config(Config(), encoder)
    names = dict(zip([c.id for c in study.coders if c.kind == "human"], taken, strict=False))

    def called(coder: str) -> str:
        return names.get(coder, coder)

    renamed = replace(
        study,
        coders=tuple(replace(c, id=called(c.id)) for c in study.coders),
        codings=tuple(replace(c, coder=called(c.coder)) for c in study.codings),
        readings=tuple(replace(r, coder=called(r.coder)) for r in study.readings),
    )
    plain, other = hold_out(model, study), hold_out(model, renamed)
    assert len(set(other.with_machine.coders)) == len(other.with_machine.coders)
    before, after = compare(plain), compare(other)
    assert [v.label for v in after.verdicts] == [v.label for v in before.verdicts]
    assert [r.kappa for r in after.rows if r.kind == "machine-human"] == [
        r.kappa for r in before.rows if r.kind == "machine-human"
    ]
    assert [r.difference for r in bias(other).rows] == [r.difference for r in bias(plain).rows]
