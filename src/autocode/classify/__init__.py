"""Vectors -> calibrated probabilities, thresholds and silence: the machine that codes beside the humans.

Two linear heads per code are learnt, one on embeddings and one on hashed words (`heads`); a small
calibration, common to all codes and freed by evidence, turns their two scores into one probability,
and thresholds turn that into a band (`judge`). Whatever judges a segment comes from other documents
(`classifier`).
"""

from autocode.classify.classifier import Classifier, Held, cross_predict, fit
from autocode.classify.judge import BANDS, Reliability
from autocode.classify.material import Features, FloatArray, Target, features
from autocode.classify.several import Lent, Several, checkable, compare_several, fit_several
from autocode.config import ClassifyConfig

__all__ = [
    "BANDS",
    "Classifier",
    "ClassifyConfig",
    "Features",
    "FloatArray",
    "Held",
    "Lent",
    "Reliability",
    "Several",
    "Target",
    "checkable",
    "compare_several",
    "cross_predict",
    "features",
    "fit",
    "fit_several",
]
