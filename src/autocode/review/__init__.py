"""The review page: where a suggestion becomes a coding, by a person's decision alone."""

from autocode.review.advice import Advice, advise
from autocode.review.desk import Desk
from autocode.review.guard import Door
from autocode.review.items import Sitting
from autocode.review.queue import decide
from autocode.review.server import Server, answers, listen, serve, settle

__all__ = ["Advice", "Desk", "Door", "Server", "Sitting", "advise", "answers", "decide", "listen", "serve", "settle"]
