"""A tiny encoder for tests: fast, offline, and always the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from autocode.config import Progress
from autocode.encode import Vectors
from autocode.encode.engines import unit
from autocode.encode.weights import EncoderIdentity


class FakeEncoder:
    """A deterministic hashed bag of words in 32 dimensions: for tests and for trying the pipeline.

    Signed feature hashing (Weinberger et al. 2009, arXiv 0902.2206), so texts that share words are
    near each other; it knows nothing of meaning.
    """

    identity = EncoderIdentity("fake", "", 32, 0, "fake")

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode n texts as (n, 32) float32 of unit norm; a text without words gets a fixed vector."""
        vectors = unit(np.array([self._count(text) for text in texts], np.float32).reshape(-1, 32))
        if progress is not None:
            progress(len(texts), len(texts))
        return vectors

    @staticmethod
    def _count(text: str) -> list[float]:
        # The small constant keeps a text without words, or whose words cancel, off zero.
        row = [0.01] + [0.0] * 31
        for word in re.findall(r"\w+", text.lower()):
            digest = hashlib.sha256(word.encode()).digest()
            row[digest[0] % 32] += 1.0 if digest[1] % 2 else -1.0
        return row
