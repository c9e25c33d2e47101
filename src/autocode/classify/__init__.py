"""Vectors -> calibrated probabilities, thresholds and silence: the machine that codes beside the humans.

Two linear heads per code are learnt, one on embeddings and one on hashed words, and the first also looks at
the pieces of a long segment (`heads`); a small calibration, common to all codes and freed by evidence,
turns their scores into one probability (`calibration`); thresholds turn that into the machine's coding
(`judge`) and into bands for a reader, which hold promises (`bands`, `promise`). Whatever judges a segment
comes from other documents (`classifier`).
"""

from autocode.classify.bands import BASES
from autocode.classify.calibration import calibration_error
from autocode.classify.choice import Gain, better, gain
from autocode.classify.classifier import Classifier, Held, Scores, cross_predict, fit, held, nested_scores, out_of_document
from autocode.classify.judge import BANDS
from autocode.classify.material import Features, FloatArray, Pieces, Target, Turns, features
from autocode.classify.reliability import Reliability
from autocode.classify.several import Lent, Several, checkable, compare_several, fit_several
from autocode.config import ClassifyConfig

__all__ = [
    "BANDS",
    "BASES",
    "Classifier",
    "ClassifyConfig",
    "Features",
    "FloatArray",
    "Gain",
    "Held",
    "Lent",
    "Pieces",
    "Reliability",
    "Scores",
    "Several",
    "Target",
    "Turns",
    "better",
    "calibration_error",
    "checkable",
    "compare_several",
    "cross_predict",
    "features",
    "fit",
    "fit_several",
    "gain",
    "held",
    "nested_scores",
    "out_of_document",
]
