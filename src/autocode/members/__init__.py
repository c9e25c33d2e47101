"""Member checking: a letter to each participant, and what comes back."""

from autocode.members.answers import ANSWERED, Answer, Kept, Taken, load_answers, read_answers, save_answers, take
from autocode.members.letters import write_letters

__all__ = [
    "ANSWERED",
    "Answer",
    "Kept",
    "Taken",
    "load_answers",
    "read_answers",
    "save_answers",
    "take",
    "write_letters",
]
