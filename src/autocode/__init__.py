"""autocode: pre-code qualitative interviews, and say how far the machine can be trusted.

The library in five lines:

    import autocode as ac
    study = ac.read("corpora/pilot")
    model = ac.CodingModel.from_config().fit(study)
    suggestions = model.suggest(ac.read("interview-12.txt"))
    print(ac.evaluate(model, study))
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autocode import footprint as footprint  # silences every guest library before any is imported

if TYPE_CHECKING:
    from autocode.agreement import AgreementReport, agree
    from autocode.classify.estimators import CodeClassifier, TextEncoder
    from autocode.config import Config, load_config
    from autocode.errors import AutocodeError
    from autocode.evaluate import evaluate
    from autocode.formats import read, write
    from autocode.model import CodingModel
    from autocode.study import Coder, Coding, Document, Segment, Study, Suggestion
    from autocode.study.codebook import Code, Codebook
    from autocode.study.matrix import coding_matrix

    __version__: str

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

_ROOMS = {
    "autocode.agreement": ("AgreementReport", "agree"),
    "autocode.classify.estimators": ("CodeClassifier", "TextEncoder"),
    "autocode.config": ("Config", "load_config"),
    "autocode.errors": ("AutocodeError",),
    "autocode.evaluate": ("evaluate",),
    "autocode.formats": ("read", "write"),
    "autocode.model": ("CodingModel",),
    "autocode.study": ("Coder", "Coding", "Document", "Segment", "Study", "Suggestion"),
    "autocode.study.codebook": ("Code", "Codebook"),
    "autocode.study.matrix": ("coding_matrix",),
}
"""Where each name of the face lives. It is opened when it is first asked for, so that the import itself takes no time."""

_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """A name of the face (PEP 562), or the installed version.

    Raises:
        AttributeError: The face has no such name.
    """
    if name == "__version__":
        found: Any = import_module("importlib.metadata").version("autocode")
    elif name in _ROOM_OF:
        found = getattr(import_module(_ROOM_OF[name]), name)
    else:
        raise AttributeError(f"module 'autocode' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The names of the face, those not opened yet included."""
    return sorted({*globals(), *__all__, "__version__"})


class _Face(ModuleType):
    """The package: importing the room `autocode.evaluate` does not put a module in the place of the function `evaluate`."""

    def __setattr__(self, name: str, value: object) -> None:
        if name not in _ROOM_OF or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
