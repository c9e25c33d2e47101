"""Learning from coded segments and suggesting codes: CodingModel and what it is made of."""

from autocode.model.coding_model import CodingModel, learnable, rows_of
from autocode.model.novelty import PossibleCode, Unlike
from autocode.model.prepare import Prepared, prepare, target

__all__ = ["CodingModel", "PossibleCode", "Prepared", "Unlike", "learnable", "prepare", "rows_of", "target"]
