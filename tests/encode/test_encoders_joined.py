"""Several encoders as one."""

from __future__ import annotations

import numpy as np
import pytest

from autocode.encode.encoders import JoinedEncoder, load_encoder
from tests.fake_encoder import FakeEncoder

TEXTS = ["the first module", "work takes all the hours", ""]


def test_vectors_stand_side_by_side_with_unit_norm() -> None:
    """Each half is one encoder's vector; the cosine of two texts is the mean of the encoders' cosines."""
    one, both = FakeEncoder(), JoinedEncoder([FakeEncoder(), FakeEncoder()])
    vectors, single = both.encode(TEXTS), one.encode(TEXTS)
    assert vectors.shape == (3, both.identity.dimension) == (3, 64)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors @ vectors.T, single @ single.T, atol=1e-5)


def test_names_and_hashes_tell_which_encoders_and_in_which_order() -> None:
    """Two joined encoders differ from one, and from the same two in another order."""
    other = FakeEncoder()
    other.identity = FakeEncoder.identity.__class__("other", "ff", 32, 16, "fake")
    ab, ba = JoinedEncoder([FakeEncoder(), other]).identity, JoinedEncoder([other, FakeEncoder()]).identity
    assert ab.name == "fake + other"
    assert ab.sha256 != ba.sha256
    assert ab.max_tokens == 16


@pytest.mark.parametrize(
    "name", ["tests.fake_encoder:FakeEncoder", "tests.fake_encoder:FakeEncoder + tests.fake_encoder:FakeEncoder"]
)
def test_a_plus_between_names_loads_several(name: str, tmp_path) -> None:
    """One name gives one encoder, two give their vectors side by side."""
    loaded = load_encoder(name, tmp_path)
    assert loaded.encode(TEXTS).shape == (3, 32 * (name.count("+") + 1))
