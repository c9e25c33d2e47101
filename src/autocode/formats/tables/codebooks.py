"""Codebooks as files: YAML, and tables of codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from autocode.errors import InputError
from autocode.formats.files import read_text
from autocode.study.codebook import Code, Codebook


def read_codebook(path: Path) -> Codebook:
    """Read a codebook written as YAML: `codes`, a list of nodes with `name` and nested `codes`.

    Raises:
        InputError: It is no YAML of this shape.
        CodebookError: The nodes make no tree of distinct paths.
    """
    try:
        tree = yaml.safe_load(read_text(path)[0])
        codes: list[Code] = []
        stack = [(node, "") for node in reversed(tree["codes"])]
        while stack:
            node, parent = stack.pop()
            texts = {k: str(node.get(k) or "") for k in ("definition", "include", "exclude", "example", "guid")}
            codes.append(Code(str(node["name"]), parent, **texts))
            stack += [(child, codes[-1].path) for child in reversed(node.get("codes") or [])]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            path.name, f"it is no codebook ({type(error).__name__})", "Write a list 'codes' of mappings, each with a 'name'."
        ) from error
    version = tree.get("version")
    return Codebook(tuple(codes), str(tree.get("name") or ""), "1" if version is None else str(version))


def codebook_yaml(book: Codebook) -> str:
    """The codebook as the YAML text that `read_codebook` reads back to an equal one."""

    def node(code: Code) -> dict[str, Any]:
        texts = {k: getattr(code, k) for k in ("definition", "include", "exclude", "example", "guid")}
        below = [node(child) for child in book.children(code.path)]
        filled = {k: v for k, v in texts.items() if v}
        return {"name": code.name, **filled, **({"codes": below} if below else {})}

    tree = {"name": book.name, "version": book.version, "codes": [node(c) for c in book.children()]}
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=100)
