"""Small projects in the shapes of other tools, built in the tests that read them."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import quoteattr

ANA, BEN = "00000000-0000-4000-8000-0000000000a1", "00000000-0000-4000-8000-0000000000b1"
USERS = f'<Users><User guid="{ANA}" name="Ana"/><User guid="{BEN}" name="Ben"/></Users>'


def guid(number: int) -> str:
    """A guid that is easy to read in a failing test."""
    return f"00000000-0000-4000-8000-{number:012d}"


def code(number: int, name: str, inner: str = "") -> str:
    """A Code element."""
    return f'<Code guid="{guid(number)}" name={quoteattr(name)} isCodable="true">{inner}</Code>'


def coding(number: int, of: int, user: str = ANA) -> str:
    """A Coding element."""
    by = f' creatingUser="{user}"' if user else ""
    return f'<Coding guid="{guid(number)}"{by}><CodeRef targetGUID="{guid(of)}"/></Coding>'


def selection(start: object, end: object, inner: str, name: str = "", user: str = "") -> str:
    """A PlainTextSelection element."""
    by = f' creatingUser="{user}"' if user else ""
    return (
        f'<PlainTextSelection guid="{guid(9)}" name={quoteattr(name)} startPosition="{start}" endPosition="{end}"{by}>'
        f"{inner}</PlainTextSelection>"
    )


def source(number: int, name: str, inner: str = "", path: str = "") -> str:
    """A TextSource element; its text is ``NUMBER.txt`` unless `path` says otherwise."""
    return (
        f'<TextSource guid="{guid(number)}" name={quoteattr(name)} plainTextPath="{path or f"internal://{number}.txt"}">'
        f"{inner}</TextSource>"
    )


def project(codes: str = "", sources: str = "", rest: str = "", origin: str = "", users: str = USERS) -> str:
    """A project as XML."""
    book = f"<CodeBook><Codes>{codes}</Codes></CodeBook>" if codes else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="p" origin="{origin}">'
        f"{users}{book}<Sources>{sources}</Sources>{rest}</Project>"
    )


def qdpx(folder: Path, xml: str, texts: Mapping[str, str | bytes], name: str = "p.qdpx") -> Path:
    """A .qdpx container."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("project.qde", xml)
        for member, text in texts.items():
            zipped.writestr(member if "/" in member or "\\" in member else f"sources/{member}", text)
    return path


def qde_of(path: Path) -> bytes:
    """The project in a .qdpx."""
    with zipfile.ZipFile(path) as zipped:
        return zipped.read("project.qde")


def without_private_part(path: Path, target: Path) -> Path:
    """A copy of a .qdpx as another tool would see it: without what only this program reads."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info.filename, content.partition(b"<?autocode ")[0] if info.filename.endswith(".qde") else content)
    return target


def database(path: Path, script: str, **rows: list[tuple[object, ...]]) -> Path:
    """A SQLite file from a script and rows by table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(script)
        for table, listed in rows.items():
            for row in listed:
                connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    return path
