"""What was judged of unseen documents is kept, and taken again only where everything that decides it is the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocode.config import ClassifyConfig, Config, EncodeConfig
from autocode.encode import kept_arrays
from autocode.evaluate import HeldOut, hold_out
from autocode.model import CodingModel, prepared
from autocode.study import Study

CONFIG = Config(encode=EncodeConfig("tests.fake_encoder:FakeEncoder"))


@pytest.fixture
def judging(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """A cache of its own, and a list that grows by one whenever documents are judged anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    anew: list[int] = []
    plain: Callable[..., Any] = prepared.judged

    def counted(*given: Any) -> Any:
        anew.append(1)
        return plain(*given)

    monkeypatch.setattr(prepared, "judged", counted)
    return anew


def _held(study: Study, config: Config = CONFIG) -> HeldOut:
    return hold_out(CodingModel.from_config(config), study)


def test_the_same_question_is_judged_once(study: Study, judging: list[int]) -> None:
    """A second asking gives the same to the last bit, whatever the study is called, and judges nothing."""
    first, again = _held(study), _held(replace(study, name="other", notice="a notice"))
    assert len(judging) == 1
    for name in ("P", "bands", "thresholds", "fold", "coded"):
        assert np.array_equal(getattr(first.held, name), getattr(again.held, name))
        assert getattr(first.held, name).dtype == getattr(again.held, name).dtype


def test_whatever_decides_it_is_asked_anew(study: Study, judging: list[int]) -> None:
    """One coding less, another word, definition, interviewer, coder or seed: judged anew, each of them."""
    _held(study)
    first, *rest = study.documents
    codes = study.codebook.codes
    asked = [
        replace(study, codings=tuple(c for c in study.codings if c != study.codings[0])),
        replace(study, documents=(replace(first, text=first.text.replace("heavy", "light")), *rest)),
        replace(study, documents=(replace(first, interviewers=("R",)), *rest)),
        replace(study, codebook=replace(study.codebook, codes=(*codes[:-1], replace(codes[-1], definition="Something else.")))),
        replace(study, readings=study.readings[:-1], codings=tuple(c for c in study.codings if c.coder != "ben")),
    ]
    for n, changed in enumerate(asked, 2):
        _held(changed)
        assert len(judging) == n, n
    _held(study, replace(CONFIG, classify=ClassifyConfig(seed=7)))
    assert len(judging) == len(asked) + 2


def test_a_damaged_file_is_judged_anew_and_a_full_disk_loses_nothing(
    study: Study, judging: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file is no answer; where nothing can be kept, the answer comes all the same."""
    whole = _held(study)
    (file,) = (tmp_path / "cache" / "autocode" / "held-out").iterdir()
    file.write_bytes(file.read_bytes()[:-400])
    assert np.array_equal(_held(study).held.P, whole.held.P)
    assert len(judging) == 2
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    assert np.array_equal(_held(study).held.P, whole.held.P)
    assert len(judging) == 3
    file.unlink()
    file.parent.rmdir()
    file.parent.write_bytes(b"")
    assert np.array_equal(_held(study).held.P, whole.held.P)
    assert len(judging) == 4


def test_no_word_of_a_transcript_is_kept(study: Study, judging: list[int], tmp_path: Path) -> None:
    """The file holds numbers alone, named by a hash, readable by this user alone."""
    _held(study)
    (file,) = (tmp_path / "cache" / "autocode" / "held-out").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    with np.load(file, allow_pickle=False) as kept:
        assert {kept[name].dtype.kind for name in kept.files} <= {"f", "i"}


def test_the_folder_stays_small(tmp_path: Path) -> None:
    """What was made longest ago goes first, and what was made now stays."""
    for n in range(6):
        kept_arrays(tmp_path, f"k{n}", lambda: {"a": np.zeros(1000)}, 20_000)
        files = {p.stem for p in tmp_path.iterdir()}
        assert f"k{n}" in files
        assert len(files) <= 2
