"""What the tests of encode share: the default encoder's graph, made once."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from autocode.encode import weights as export
from autocode.encode.encoders import load_encoder


@pytest.fixture(scope="session")
def graphs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the default encoder's graph; kept between runs where pytest keeps a cache."""
    source = hashlib.sha256(Path(export.__file__).read_bytes()).hexdigest()[:16]
    cache = getattr(request.config, "cache", None)  # None under -p no:cacheprovider
    folder = Path(cache.mkdir(f"autocode-{source}")) if cache else tmp_path_factory.mktemp("graphs")
    load_encoder(cache=folder)
    return folder


@pytest.fixture
def warm(graphs: Path, tmp_path: Path) -> Path:
    """A fresh cache folder in which the default graph lies ready and no vector does."""
    shutil.copytree(graphs / "graphs", tmp_path / "graphs")
    return tmp_path
