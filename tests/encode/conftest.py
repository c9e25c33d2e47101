"""What the tests of encode share: the default encoder's graph, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autocode.encode.encoders import load_encoder


@pytest.fixture(scope="session")
def graphs(encodings: Path) -> Path:
    """A cache folder with the default encoder's graph."""
    load_encoder(cache=encodings)
    return encodings


@pytest.fixture
def warm(graphs: Path, tmp_path: Path) -> Path:
    """A fresh cache folder in which the default graph lies ready and no vector does."""
    shutil.copytree(graphs / "graphs", tmp_path / "graphs")
    return tmp_path
