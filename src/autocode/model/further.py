"""What else the model card says: the help of other studies, and the versions before this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autocode.model.history import listed


def further(made: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> str:
    """Sections to stand at the end of the card, Markdown; "" where there is nothing to say.

    Args:
        made: What the model was made from; `transfer`, where there is any, holds the card of transfer.
        history: The versions of the model folder.
    """
    lines = [made["transfer"]["card"], ""] if "transfer" in made else []
    lines += listed(history)
    return "\n".join(["", *lines, ""]) if lines else ""
