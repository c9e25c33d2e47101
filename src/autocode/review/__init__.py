"""The review page: where a suggestion becomes a coding, by a person's decision alone."""

from autocode.review.desk import Advice, Desk, advise
from autocode.review.guard import Door
from autocode.review.queue import Sitting, decide
from autocode.review.server import Server, answers, listen, serve

__all__ = ["Advice", "Desk", "Door", "Server", "Sitting", "advise", "answers", "decide", "listen", "serve"]
