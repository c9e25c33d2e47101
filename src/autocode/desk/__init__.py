"""The review page: where a suggestion becomes a coding, by a person's decision alone."""

from autocode.desk.advice import Advice, ReviewSession, advise
from autocode.desk.guard import Auth
from autocode.desk.queue import decide
from autocode.desk.server import Server, answers, listen, serve, settle
from autocode.desk.session import Desk

__all__ = ["Advice", "Auth", "Desk", "ReviewSession", "Server", "advise", "answers", "decide", "listen", "serve", "settle"]
