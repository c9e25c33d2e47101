"""Vectors -> calibrated probabilities, thresholds and silence: the machine that codes beside the humans.

Two linear heads per code are learnt, one on embeddings and one on hashed words, and the first also looks at
the pieces of a long segment (`heads`); a small calibration, common to all codes and freed by evidence,
turns their scores into one probability (`calibration`); thresholds turn that into the machine's coding
(`judge`) and into bands for a reader, which hold promises (`bands`, `promise`). Whatever judges a segment
comes from other documents (`classifier`).
"""

from autocode.classify.bands import BASES
from autocode.classify.calibration import Reliability, calibration_error
from autocode.classify.classifier import (
    Classifier,
    HeldOutPredictions,
    Scores,
    cross_predict,
    fit,
    held,
    nested_scores,
    out_of_document,
)
from autocode.classify.material import Chunks, Features, FloatArray, Target, Turns, features
from autocode.classify.transfer import (
    Gain,
    SourceMaterial,
    TransferComparison,
    better,
    checkable,
    compare_transfer,
    fit_transfer,
    gain,
)
from autocode.config import ClassifyConfig

__all__ = [
    "BASES",
    "Chunks",
    "Classifier",
    "ClassifyConfig",
    "Features",
    "FloatArray",
    "Gain",
    "HeldOutPredictions",
    "Reliability",
    "Scores",
    "SourceMaterial",
    "Target",
    "TransferComparison",
    "Turns",
    "better",
    "calibration_error",
    "checkable",
    "compare_transfer",
    "cross_predict",
    "features",
    "fit",
    "fit_transfer",
    "gain",
    "held",
    "nested_scores",
    "out_of_document",
]
