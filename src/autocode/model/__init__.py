"""Learning from coded segments and suggesting codes: CodingModel, what it is made of, and what comes next."""

from autocode.model.coding_model import CodingModel
from autocode.model.curve import Curve, Judged, Point, curve_of, learning_curve
from autocode.model.history import Changes, changes
from autocode.model.next import Pick, next_to_code
from autocode.model.precedents import PossibleCode, Unlike
from autocode.model.prepared import Prepared, judged, learnable, prepare, rows_of, target

__all__ = [
    "Changes",
    "CodingModel",
    "Curve",
    "Judged",
    "Pick",
    "Point",
    "PossibleCode",
    "Prepared",
    "Unlike",
    "changes",
    "curve_of",
    "judged",
    "learnable",
    "learning_curve",
    "next_to_code",
    "prepare",
    "rows_of",
    "target",
]
