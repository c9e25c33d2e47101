"""Member checking: a letter to each participant, and what comes back."""

from __future__ import annotations

from autocode.ethics.answers import ANSWERED, Answer, Kept, Taken, load_answers, read_answers, save_answers, take
from autocode.ethics.forget import Forgotten, forget, holding, unfinished
from autocode.ethics.inventory import Inventory, Place, Places, inventory
from autocode.ethics.letters import write_letters
from autocode.ethics.names import CERTAINTIES
from autocode.ethics.pseudonyms import (
    WARNING,
    Proposal,
    Replaced,
    apply_proposals,
    pipelines,
    propose,
    pseudonymise_study,
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
    "Inventory",
    "Kept",
    "Place",
    "Places",
    "Proposal",
    "Replaced",
    "Taken",
    "apply_proposals",
    "forget",
    "holding",
    "inventory",
    "load_answers",
    "pipelines",
    "propose",
    "pseudonymise_study",
    "read_answers",
    "read_proposals",
    "save_answers",
    "take",
    "unfinished",
    "write_key",
    "write_letters",
    "write_proposals",
]
