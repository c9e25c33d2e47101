"""autocode: pre-code qualitative interviews, and say how far the machine can be trusted.

The library in five lines:

    import autocode as ac
    study = ac.read("corpora/pilot")
    model = ac.CodingModel.from_config().fit(study)
    suggestions = model.suggest(ac.read("interview-12.txt"))
    print(ac.evaluate(model, study))
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from autocode.agreement import AgreementReport, agree
from autocode.config import Config, load_config
from autocode.errors import AutocodeError
from autocode.evaluate import evaluate
from autocode.formats import read, write
from autocode.model import CodingModel
from autocode.study import Coder, Coding, Document, Segment, Study, Suggestion
from autocode.study.codebook import Code, Codebook
from autocode.study.matrix import coding_matrix

__version__ = version("autocode")

_ESTIMATORS = ("CodeClassifier", "TextEncoder")


def __getattr__(name: str) -> Any:
    """scikit-learn's estimators, built when they are first asked for: scikit-learn takes longer to load than all the rest."""
    if name in _ESTIMATORS:
        return getattr(import_module("autocode.classify.estimators"), name)
    raise AttributeError(f"module 'autocode' has no attribute {name!r}")


__all__ = [
    "AgreementReport",
    "AutocodeError",
    "Code",
    "CodeClassifier",
    "Codebook",
    "Coder",
    "Coding",
    "CodingModel",
    "Config",
    "Document",
    "Segment",
    "Study",
    "Suggestion",
    "TextEncoder",
    "agree",
    "coding_matrix",
    "evaluate",
    "load_config",
    "read",
    "write",
]
