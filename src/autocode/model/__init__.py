"""Learning from coded segments and suggesting codes: CodingModel and what it is made of."""

from autocode.model.changes import Changes, changes
from autocode.model.coding_model import CodingModel, learnable, rows_of
from autocode.model.prepare import Prepared, prepare, target

__all__ = ["Changes", "CodingModel", "Prepared", "changes", "learnable", "prepare", "rows_of", "target"]
