"""The desk: where a suggestion becomes a coding, by a person's decision alone."""

from autocode.desk.advice import Advice, ReviewSession, advise
from autocode.desk.queue import decide
from autocode.desk.session import Desk

__all__ = ["Advice", "Desk", "ReviewSession", "advise", "decide"]
