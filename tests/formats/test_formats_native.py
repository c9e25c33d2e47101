"""Native project files are refused with the menu that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read
from tests.conftest import shared


@pytest.mark.parametrize(
    ("name", "menu"),
    [
        ("p.mx24", "Home > Export > REFI-QDA"),
        ("p.MX20", "Home > Export"),
        ("p.mx12", "Home > Export"),
        ("p.mex", "Home > Export"),
        ("p.nvp", "Share > Export Project"),
        ("p.nvpx", "Share > Export Project"),
        ("p.nvcx", "Share > Export Project"),
        ("p.atlproj", "File > Export"),
        ("p.atlproj23", "File > Export"),
        ("p.hpr7", "File > Export"),
    ],
)
def test_a_native_file_is_refused_with_the_menu_that_exports(tmp_path: Path, name: str, menu: str) -> None:
    """The line says which program, which menu and what to import then."""
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(InputError) as error:
        read(tmp_path / name)
    assert menu in str(error.value)
    assert ".qdpx" in str(error.value)


@pytest.mark.parametrize("name", ["p.mx", "p.mxf", "notes.nv", "p.atl"])
def test_only_native_endings_are_refused_so(tmp_path: Path, name: str) -> None:
    """Another unknown file gets the list of kinds that are read."""
    (tmp_path / name).write_text("text")
    with pytest.raises(InputError, match="are not read"):
        read(tmp_path / name)


def test_a_real_exchange_file_of_maxqda_is_refused() -> None:
    """Its texts are encrypted; nothing is guessed from its names."""
    with pytest.raises(InputError, match="native MAXQDA"):
        read(shared("formats", "samples", "maxqda", "maxqda12_exchange.mex"))
