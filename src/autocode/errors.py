"""What can go wrong, said once: what happened, why, and what to do next.

Every error a user can cause descends from `AutocodeError`, so that the command line can print one
clear line and a program can catch one name. An error never quotes a transcript.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AutocodeError(Exception):
    """One clear line: what happened, why, and what to do next.

    Args:
        what: The thing that failed, with the file or the name concerned.
        why: The evidence: what was seen, where.
        mend: The next step for the user; may be empty where there is none.
    """

    def __init__(self, what: str, why: str, mend: str = "") -> None:
        self.what, self.why, self.mend = what, why, mend
        super().__init__(f"{what}: {why}." + (f" {mend}" if mend else ""))


class InputError(AutocodeError):
    """A file, table or text that cannot be read as what it should be."""


class CodebookError(AutocodeError):
    """A codebook that is no tree, or a code that the codebook lacks."""


class ConfigError(AutocodeError):
    """An unknown key or an impossible value in a configuration."""


class StudyError(AutocodeError):
    """A study that lacks what the job needs: codings, coders, shared documents."""


class StoreError(AutocodeError):
    """A study file that is damaged, foreign, newer than this program or held by another."""


class EncoderError(AutocodeError):
    """An encoder that is missing, altered or unfit for the model."""


class ModelError(AutocodeError):
    """A saved model that is damaged, foreign or made for another encoder or codebook."""


def did_you_mean(name: str, known: Iterable[str], instead: str = "") -> str:
    """What mends a misspelt name: the nearest one that is there, upper or lower case aside; else `instead`."""
    by_fold = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=1)
    return f"Did you mean '{by_fold[near[0]]}'?" if near else instead
