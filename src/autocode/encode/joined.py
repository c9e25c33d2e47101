"""Several encoders as one: their vectors side by side, each with the same say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from autocode.config import Progress
from autocode.encode.cache import Vectors
from autocode.encode.encoders import CachedEncoder, Encoder, EncoderIdentity
from autocode.encode.encoders import load_encoder as load_one
from autocode.encode.encoders import needs_export as one_needs_export

PLUS = " + "
"""Stands between the names of encoders that are used together."""


class JoinedEncoder:
    """Encoders whose vectors stand side by side; the cosine of two texts is the mean of theirs.

    Args:
        encoders: Two or more.
    """

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        """Keep the encoders, in order."""
        self._encoders = tuple(encoders)

    @property
    def widths(self) -> tuple[int, ...]:
        """Columns of each encoder's vectors."""
        return tuple(e.identity.dimension for e in self._encoders)

    @property
    def first(self) -> Encoder:
        """The encoder that stands first."""
        return self._encoders[0]

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Named by all of them; the shortest limit of tokens counts."""
        known = [e.identity for e in self._encoders]
        limits = [k.max_tokens for k in known if k.max_tokens]
        return EncoderIdentity(
            PLUS.join(k.name for k in known),
            hashlib.sha256(" ".join(k.sha256 for k in known).encode()).hexdigest(),
            sum(k.dimension for k in known),
            min(limits, default=0),
            known[0].backend,
            "; ".join(k.note for k in known if k.note),
            known[0].precision,
        )

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode n texts as (n, dimension) float32 of unit norm; each encoder tells its progress anew."""
        parts = [encoder.encode(texts, progress) for encoder in self._encoders]
        return np.hstack(parts) / np.float32(np.sqrt(len(parts)))


def widths_of(encoder: Encoder) -> tuple[int, ...]:
    """Columns of each encoder's vectors in those of one that may be joined of several."""
    return encoder.widths if isinstance(encoder, JoinedEncoder) else (encoder.identity.dimension,)


def first_of(encoder: Encoder) -> Encoder:
    """The first of several encoders, or the only one."""
    return encoder.first if isinstance(encoder, JoinedEncoder) else encoder


def load_encoder(
    name: str = "default", cache: Path | None = None, threads: int | None = None, precision: str = "auto"
) -> CachedEncoder | JoinedEncoder:
    """Load an encoder by name, or several with ` + ` between their names; see `encoders.load_encoder`.

    Raises:
        EncoderError: As there.
    """
    loaded = [load_one(each, cache, threads, precision) for each in name.split(PLUS)]
    return loaded[0] if len(loaded) == 1 else JoinedEncoder(loaded)


def needs_export(name: str = "default", cache: Path | None = None) -> bool:
    """Whether `load_encoder` would have to export a graph first (seconds instead of a moment).

    Raises:
        EncoderError: A name is not on this disk or its weights are altered.
    """
    return any(one_needs_export(each, cache) for each in name.split(PLUS))
