"""XML that every program can read: escaped whole, illegal characters replaced one for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

INSTEAD = "\ufffd"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)


def legal(text: str) -> str:
    """The text with every character that XML 1.0 cannot hold replaced by U+FFFD, one for one."""
    return _ILLEGAL.sub(INSTEAD, text)


def node(tag: str, text: str = "", /, **attributes: str) -> Element:
    """An element; attributes that are empty are left out."""
    element = Element(tag, {name: value for name, value in attributes.items() if value})
    element.text = text
    return element


def xml_text(root: Element) -> str:
    """An element and all below it as XML with a declaration, one element a line, without recursion.

    Elements hold either text or other elements; text is written as it is, without any space
    added.
    """
    return '<?xml version="1.0" encoding="utf-8"?>\n' + "".join(_pieces(root))


def _pieces(root: Element) -> Iterator[str]:
    stack: list[tuple[Element | str, int]] = [(root, 0)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, str):
            yield "  " * depth + item + "\n"
            continue
        attributes = "".join(f' {k}="{legal(v).translate(_ATTRIBUTE)}"' for k, v in item.attrib.items())
        opening = f"<{item.tag}{attributes}"
        if len(item):
            yield "  " * depth + opening + ">\n"
            stack.append((f"</{item.tag}>", depth))
            stack += [(child, depth + 1) for child in reversed(item)]
        elif item.text:
            yield "  " * depth + f"{opening}>{legal(item.text).translate(_TEXT)}</{item.tag}>\n"
        else:
            yield "  " * depth + opening + "/>\n"
