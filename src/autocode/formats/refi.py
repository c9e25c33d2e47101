"""REFI-QDA, the exchange format of the field: projects (.qdpx, .qde) and codebooks (.qdc).

Read as every tool writes it, written as the schemas of version 1.0 want it. Positions count code
points of the text file, half-open, unless asked otherwise.
"""

from __future__ import annotations

from pathlib import Path

from autocode.codebook import Codebook
from autocode.errors import InputError
from autocode.formats.archive import parse_xml
from autocode.formats.files import read_bytes, write_atomic
from autocode.formats.markup import node, xml_text
from autocode.formats.options import ReadOptions, WriteOptions
from autocode.formats.receipt import Receipt
from autocode.formats.refi_codes import codes_element, guids, read_codes, themes_from_sets
from autocode.formats.refi_own import code_part, restored_book, signed, told
from autocode.formats.refi_read import read_project
from autocode.formats.refi_sources import plain_names
from autocode.formats.refi_write import Export
from autocode.study import Study

__all__ = ["read_codes_file", "read_project", "write_codes_file", "write_project"]


def read_codes_file(path: Path, options: ReadOptions = ReadOptions()) -> tuple[Study, list[Receipt]]:
    """Read a codebook (.qdc).

    Returns:
        A study that holds the codebook alone, and the receipt.

    Raises:
        InputError: It is no codebook, or its XML is damaged or unsafe.
    """
    raw = read_bytes(path)
    root = plain_names(parse_xml(raw, path.name))
    book = root if root.tag == "CodeBook" else root.find("CodeBook")
    if book is None:
        raise InputError(path.name, f"its root is '{root.tag[:40]}', not a codebook", "Export the codebook again.")
    kept = told(raw)
    tree = read_codes(book, {}, plain=kept is not None)
    if kept is None:
        tree = themes_from_sets(tree, book.findall("Sets/Set"))
    read = tree.book
    if kept is not None:
        try:
            read = restored_book(read, kept.parts)
        except (KeyError, TypeError, ValueError):
            tree.notes.append("its private part does not fit its codes and is left aside")
    return Study(codebook=read), [Receipt(path.name, "codes", len(read), tree.skipped, tuple(tree.notes))]


def write_codes_file(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write the codebook of a study as .qdc.

    Raises:
        InputError: The study has no codes (the schema wants one), or the file cannot be written.
    """
    write_atomic(path, codebook_bytes(study.codebook, path.name, options.flatten))


def codebook_bytes(book: Codebook, name: str, flatten: str = "") -> bytes:
    """A codebook as the bytes of a .qdc.

    Raises:
        InputError: It has no codes.
    """
    if not len(book):
        raise InputError(name, "the study has no codes to write", "Import a codebook first.")
    root = node("CodeBook", xmlns="urn:QDA-XML:codebook:1.0", origin="autocode")
    root.append(codes_element(book, guids(book), flatten))
    order = {code.path: i for i, code in enumerate(book)}
    xml = xml_text(root)
    return (
        xml.encode() if flatten else signed(xml, {"codes": code_part(book, order), "book": [book.name, book.version]})
    )


def write_project(study: Study, path: Path, options: WriteOptions = WriteOptions()) -> None:
    """Write a study as a project: .qdpx, or .qde without the texts' container.

    Raises:
        InputError: The file cannot be written.
    """
    export = Export(study, options)
    if path.suffix.lower() != ".qde":
        write_atomic(path, export.qdpx())
        return
    write_atomic(path, export.qde())
    for name, content in export.files.items():
        write_atomic(path.parent / name, content)
