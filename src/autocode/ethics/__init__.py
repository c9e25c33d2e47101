"""Member checking: a letter to each participant, and what comes back."""

from __future__ import annotations

from autocode.ethics.answers import ANSWERED, Answer, Kept, Taken, load_answers, read_answers, save_answers, take
from autocode.ethics.forget import Forgotten, Places, forget, holding
from autocode.ethics.letters import write_letters
from autocode.ethics.names import CERTAINTIES
from autocode.ethics.pseudonyms import (
    WARNING,
    Proposal,
    Replaced,
    apply_proposals,
    in_receipts,
    pipelines,
    propose,
    read_proposals,
    write_key,
    write_proposals,
)

__all__ = [
    "ANSWERED",
    "CERTAINTIES",
    "WARNING",
    "Answer",
    "Forgotten",
    "Kept",
    "Places",
    "Proposal",
    "Replaced",
    "Taken",
    "apply_proposals",
    "forget",
    "holding",
    "in_receipts",
    "load_answers",
    "pipelines",
    "propose",
    "read_answers",
    "read_proposals",
    "save_answers",
    "take",
    "write_key",
    "write_letters",
    "write_proposals",
]
