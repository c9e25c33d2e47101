"""A study under review for tests: six interviews that a small model has learnt from, two that are new."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from pathlib import Path

from autocode.config import Config, EncodeConfig
from autocode.desk.advice import Item, ReviewSession, advise
from autocode.desk.jobs import Tools
from autocode.desk.session import Desk
from autocode.desk.studies import OpenStudy, Studies
from autocode.formats import read_all
from autocode.model import CodingModel
from autocode.store import STORE, update
from autocode.study import Study
from tests.fake_encoder import FakeEncoder

NEW = ("D6", "D7")


def settings() -> Config:
    """Settings with the tiny encoder."""
    return Config(encode=EncodeConfig("tests.fake_encoder:FakeEncoder"))


def half_coded(study: Study) -> Study:
    """The study with its last two interviews uncoded."""
    return replace(
        study,
        codings=tuple(c for c in study.codings if c.document not in NEW),
        readings=tuple(r for r in study.readings if r.document not in NEW),
    )


def learnt(study: Study) -> CodingModel:
    """A model that learnt from the coded interviews."""
    return CodingModel.from_config(settings(), FakeEncoder()).fit(half_coded(study), ["ana", "ben"])


def desk(study: Study, folder: Path, model: CodingModel | None) -> Desk:
    """A desk on a study file in a folder."""
    path = folder / STORE
    stored = update(path, lambda _: half_coded(study))
    return Desk(path, advise(stored, model, "small"))


EVE = ReviewSession("eve", share=0.0)


def first(found: Desk, document: str = "D6") -> Item:
    """The first segment of a document that carries a suggestion."""
    return next(i for i in found.items(document) if i.suggestions)


def tools(model: CodingModel | None = None, share: float = 0.0) -> Tools:
    """What a desk is handed, with a model that need not be loaded."""

    def load(_: Path) -> CodingModel:
        assert model is not None
        return model

    command = (sys.executable, "-m", "autocode")
    return Tools(load, lambda _: settings().segment, command, read_all, share=share)


def opened(found: Desk, share: float = 0.0) -> tuple[Studies, OpenStudy]:
    """The studies of the folder above a desk's study, which is open on that very desk."""
    studies = Studies(found.path.parent, tools(share=share))
    study = studies.add(found.path.parent)
    study.named = bool(found.advice.model)
    study._desk, study._hold = found, contextlib.nullcontext()
    return studies, study
