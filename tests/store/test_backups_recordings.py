"""Recordings that are copied into the study's folder: whole or not at all, and nothing overwritten."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from autocode.errors import InputError, StoreError
from autocode.store import STORE, update
from autocode.store.backups import attach_copy
from autocode.store.records import recordings
from autocode.study import Study


@pytest.mark.row(2)
def test_a_full_disk_leaves_no_part_of_a_recording(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear line, and an empty folder."""
    store, sound = tmp_path / "s" / STORE, tmp_path / "talk.mp3"
    update(store, lambda _: study)
    sound.write_bytes(b"sound" * 1000)

    def full(source: Path, target: Path) -> NoReturn:
        """The disk takes a part of it."""
        target.write_bytes(b"sound")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(InputError, match="cannot be copied into the study's folder: its disk is full"):
        attach_copy(store, "D1", sound)
    assert list((store.parent / "recordings").iterdir()) == []


def test_a_copy_is_attached_and_takes_no_other_files_place(study: Study, tmp_path: Path) -> None:
    """Another recording of that name gets a number, the same one no second copy; what cannot be attached leaves none."""
    store, sound = tmp_path / "s" / STORE, tmp_path / "talk.mp3"
    update(store, lambda _: study)
    for n, (words, place) in enumerate(((b"one", "talk.mp3"), (b"two", "talk (2).mp3"), (b"one", "talk.mp3")), 1):
        sound.write_bytes(words)
        assert attach_copy(store, f"D{n}", sound).path == f"recordings/{place}"
    assert recordings(store)["D1"].holds(store)
    sound.write_bytes(b"three")
    with pytest.raises(StoreError, match="no document 'D99'"):
        attach_copy(store, "D99", sound)
    with pytest.raises(InputError, match="a recording is one of"):
        attach_copy(store, "D1", sound.rename(tmp_path / "talk.exe"))
    assert sorted(p.name for p in (store.parent / "recordings").iterdir()) == ["talk (2).mp3", "talk.mp3"]
