"""Settings and their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.config import Config, config_from, load_config
from autocode.errors import ConfigError
from tests.conftest import ROOT


def test_the_default_file_is_the_defaults() -> None:
    """configs/default.toml says exactly what the program does without it."""
    assert load_config(ROOT / "configs" / "default.toml") == Config()


@pytest.mark.parametrize("name", ["quick.toml", "multilingual.toml"])
def test_the_other_files_are_valid(name: str) -> None:
    """Every shipped configuration loads and differs from the defaults."""
    assert load_config(ROOT / "configs" / name) != Config()


def test_settings_survive_a_round_trip(tmp_path: Path) -> None:
    """A configuration written as TOML reads back equal."""
    path = tmp_path / "c.toml"
    settings = Config().with_unit("sentence")
    path.write_text(settings.to_toml(), encoding="utf-8")
    assert load_config(path) == settings


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"segmnt": {}}, r"\[segmnt\] is unknown. Did you mean 'segment'"),
        ({"segment": {"units": "turn"}}, "'units' is unknown. Did you mean 'unit'"),
        ({"segment": {"unit": "page"}}, "'page' is not one of"),
        ({"segment": {"window": "3"}}, "'3' is not one of"),
        ({"segment": 3}, "not a section"),
    ],
)
def test_a_wrong_key_or_value_is_named(table: dict[str, object], said: str) -> None:
    """Unknown sections and keys name the nearest known one; a wrong value says what fits."""
    with pytest.raises(ConfigError, match=said):
        config_from(table, "x.toml")


def test_a_file_that_is_no_toml_is_one_error(tmp_path: Path) -> None:
    """A damaged configuration file ends in one clear error."""
    (tmp_path / "bad.toml").write_text("= what", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        load_config(tmp_path / "bad.toml")
