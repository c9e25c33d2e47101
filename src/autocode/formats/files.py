"""Bytes on disk: text decoded with care, CSV read and guarded, every write atomic."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import tempfile
import time
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from xml.etree.ElementTree import Element

from autocode.errors import InputError, disk_fault, headings_of, titles_above
from autocode.footprint import sweep, temporary, wrote

INSTEAD = "\ufffd"
CELL = 32_767  # characters (UTF-16 units) that Excel keeps in a cell
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


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

    Elements hold either text or other elements; text is written as it is, without any space added.
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


BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d")
_GUARDED = re.compile("'+[" + "".join(map(re.escape, _FORMULA)) + "]")
_TYPED = frozenset("€§°«»„“”‚‘’–—…¿¡·\xa0\xad")  # signs beyond ASCII that typists use in many languages
_CODEPAGES = (
    *("cp1252", "iso8859_15", "mac_roman", "cp1250", "iso8859_2", "mac_latin2", "cp1251", "koi8_r", "koi8_u", "iso8859_5"),
    *("cp866", "mac_cyrillic", "cp1253", "iso8859_7", "mac_greek", "cp1254", "mac_turkish", "cp1255", "cp1256", "iso8859_6"),
    *("mac_arabic", "iso8859_8", "cp1257", "cp1258", "iso8859_13", "cp874", "cp850", "cp852", "cp437"),
)
"""Encodings of one byte a character; of equal ones the first is named."""
_WIDE_PAGES = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
_SURE, _NEAR, _EVEN = 0.55, 0.12, 0.05  # fit of a guess to a language; how near another one is named, or even
_SAMPLE = 200_000  # bytes by which an encoding is judged
_LARGEST = 512 * 2**20  # bytes of a file, packed or not
_ZEROS = 0.2  # share of zero bytes from which a text without a mark is UTF-16
TITLES = 10  # lines above a table's header, at most
_LIMIT = 2**31 - 1  # the csv module's own limit of 131,072 characters is less than a long interview


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a CSV file by column, and the line on which each began."""

    source: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]
    note: str = ""

    def need(self, *columns: str) -> None:
        """Check that the columns are there.

        Raises:
            InputError: Some are missing; it names them and the columns seen.
        """
        missing = [c for c in columns if c not in self.columns]
        if missing:
            told = f"missing column{'s' * (len(missing) > 1)} {', '.join(missing)}; I saw: {headings_of(self.columns)}"
            raise InputError(self.source, told, "Rename the columns in the first row.")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked where its name ends in .gz.

    Raises:
        InputError: The file is missing, unreadable, empty or a damaged gzip.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(path.name, "it is larger than 512 MB", "Split it.")
        raw = path.read_bytes()
        raw = _unpacked(raw, path) if path.suffix == ".gz" else raw
    except FileNotFoundError as error:
        raise InputError(str(path), "there is no such file", "Check the name and the folder.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            str(path), f"it cannot be read ({type(error).__name__})", "Check that it is whole and that you may read it."
        ) from error
    if not raw.strip():
        raise InputError(path.name, "the file is empty", "Choose the file that holds the text.")
    return raw


def _unpacked(raw: bytes, path: Path) -> bytes:
    """The content of a gzip file, if it is no bomb."""
    limit = min(_LARGEST, max(10 * 2**20, 200 * len(raw)))
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise InputError(path.name, "it unpacks to more than 200 times its size", "It is refused as unsafe.")
    return content


def read_text(path: Path, encoding: str = "") -> tuple[str, str]:
    """The text of a file with newlines as ``\\n``, and a note where its encoding was a guess.

    UTF-8 and UTF-16 are told by their marks or by decoding without fault; anything else is a
    guess (charset-normalizer) and always said.

    Raises:
        InputError: As `read_bytes`; or the file is binary, or not of the encoding asked for.
    """
    raw = read_bytes(path)
    text, note = _decode(raw, path, encoding)
    stray = text.count("\x00")
    if stray and note == "" and 1000 * stray <= len(text) and not legal(text.replace("\x00", "")).count(INSTEAD):
        return _plain_newlines(text.replace("\x00", INSTEAD)), f"{path.name}: {stray:,} zero bytes are shown as {INSTEAD}"
    if "\x00" in text:
        raise InputError(
            path.name, "it is a binary file, not a text", "Export the transcript as plain text (.txt) or as a table (.csv)."
        )
    return _plain_newlines(text), note


def _plain_newlines(text: str) -> str:
    return text.removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n")


def decode_text(raw: bytes, name: str) -> tuple[str, str]:
    """The text in bytes from a container, its line ends as stored, and a note where it was a guess.

    Returns:
        The text, with its byte order mark where UTF-8 has one; "" where it is no text.
    """
    text, note = _decode(raw, Path(name), "")
    return ("", f"{name} is no text") if "\x00" in text else (text, note)


def _decode(raw: bytes, path: Path, encoding: str) -> tuple[str, str]:
    marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    if raw.count(0) > _ZEROS * len(raw) and not marked and not encoding:
        text, name = _wide(raw)
        return text, f"{path.name} is not UTF-8; read as {name}{_CHECK}"
    if b"\x1b$" in raw and raw.isascii() and not encoding:
        return raw.decode("iso2022_jp", "replace"), f"{path.name} is not UTF-8; read as iso2022_jp"
    try:
        return raw.decode(encoding or ("utf-16" if marked else "utf-8")), ""
    except (UnicodeDecodeError, LookupError) as error:
        if encoding:
            raise InputError(path.name, f"it is not {encoding}", "Leave --encoding out to have it guessed.") from error
    text, name, others = (*_wide(raw), _CHECK) if marked else _legacy(raw)
    return text, f"{path.name} is not UTF-8; read as {name}{others}"


_CHECK = ", a guess: check accented letters"


def _wide(raw: bytes) -> tuple[str, str]:
    """UTF-16 without a mark: half of a western text's bytes are zero, at even or odd places."""
    name = "utf-16-be" if raw[::2].count(0) > raw[1::2].count(0) else "utf-16-le"
    text = raw[: len(raw) // 2 * 2].decode(name, "replace")
    odd = legal(text).count(INSTEAD)
    return ("\x00" if odd > len(text) / 100 else text), name


def _legacy(raw: bytes) -> tuple[str, str, str]:
    """The encoding in which the letters are those of one language; else the guess of charset-normalizer.

    Returns:
        The text, the encoding's name, and how sure that is: which others would do nearly as well.
    """
    import charset_normalizer

    samples = {name: raw[:_SAMPLE].decode(name, "replace") for name in _CODEPAGES}
    fits = {name: _fit(text) for name, text in samples.items() if INSTEAD not in legal(text)}
    ranked = sorted(fits, key=lambda name: -round(fits[name] / _EVEN))  # the commoner one of two that fit evenly
    if ranked and fits[ranked[0]] >= _SURE and INSTEAD not in legal(text := raw.decode(ranked[0], "replace")):
        slack = _NEAR if sum(b > 127 for b in raw[:_SAMPLE]) > 15 else 0.5  # a few letters tell little
        near = {samples[n]: n for n in reversed(ranked) if fits[n] >= fits[ranked[0]] - slack}
        others = [n for n in reversed(near.values()) if samples[n] != samples[ranked[0]]][:2]
        told = f"{_CHECK}; if they are wrong, try --encoding {' or --encoding '.join(others)}"
        return text, ranked[0], told if others else ", in which its letters make words best"
    guess = charset_normalizer.from_bytes(raw, cp_isolation=[*_WIDE_PAGES, *_CODEPAGES]).best()
    guess = guess or charset_normalizer.from_bytes(raw).best()
    if guess is None:
        return (raw.decode(ranked[0], "replace"), ranked[0], _CHECK) if ranked else ("\x00", "", "")
    told = " or ".join(f"--encoding {name}" for name in ranked[:3] if samples[name] != str(guess)[:_SAMPLE])
    return str(guess), guess.encoding, f"{_CHECK}; if they are wrong, try {told}" if told else _CHECK


@lru_cache(maxsize=1)
def _alphabets() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """By language: letters that tell much, and letters that tell little."""
    read = tomllib.loads(Path(__file__).with_name("encodings.toml").read_text(encoding="utf-8"))
    latin = [(frozenset(letters), frozenset[str]()) for letters in read["latin"].values()]
    return (*latin, *((frozenset(common), frozenset(rare)) for common, rare in read["scripts"].values()))


def _fit(text: str) -> float:
    """How well the characters beyond ASCII fit one language, at most about 1: its letters, where letters stand."""
    beyond = Counter(c for c in text if c > "\x7f")
    total = max(1, sum(beyond.values()))
    typed = sum(n for c, n in beyond.items() if c in _TYPED)
    best: float = 0.0
    for common, rare in _alphabets():
        told, other = (sum(n for c, n in beyond.items() if c.lower() in letters) for letters in (common, rare))
        best = max(best, (told + 0.4 * other + 0.5 * typed - 3 * (total - typed - told - other)) / total)
    risen = sum(m[1][0].islower() and m[1][1] > "\x7f" and m[1][1].isupper() for m in _PAIR.finditer(text))
    return float(best - 2 * (risen + len(_INSIDE.findall(text))) / total)


_PAIR = re.compile(r"(?=([^\W\d_]{2}))")
_MARKS = r"\u00ad\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0e31-\u0e4e"  # that belong to the letter before
_INSIDE = re.compile(  # a sign where only a letter can stand, or letters of two scripts in a word
    rf"[^\W\d_][^\w\s'’.,;:!?@&/()\[\]{{}}<>*_=+#|\"{_MARKS}-][^\W\d_]|[^\W\d_][—–](?=[ ,.?])"
    r"|[A-Za-z][\u0370-\u0e7f]|[\u0370-\u0e7f][A-Za-z]"
)


def read_csv(path: Path, encoding: str = "") -> Table:
    """Read a CSV file (also .gz); the delimiter is the comma, semicolon or tab of its first row that has one.

    A line ``sep=;`` and titles above the header (rows of one cell) are passed over.

    Raises:
        InputError: As `read_text`; or there is no row, a row has more cells than the header,
            or a column name occurs twice.
    """
    text, note = read_text(path, encoding)
    delimiter, titles = _head(text)
    csv.field_size_limit(_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for _ in range(titles):
            next(reader)
        columns = tuple(name.strip() for name in next(reader))
        if len(set(columns)) < len(columns):
            raise InputError(path.name, "two columns have the same name", "Rename one in the first row.")
        rows, lines, line = [], [], reader.line_num + 1
        for cells in reader:
            if any(cells):
                if len(cells) > len(columns):
                    told = f"it has {len(cells)} cells, the header {len(columns)}"
                    raise InputError(f"{path.name}, line {line}", told, "Put quotes around texts that hold the delimiter.")
                rows.append(dict(zip_longest(columns, cells, fillvalue="")))
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(path.name, f"line {reader.line_num} is no CSV ({error})", "Save it as CSV again.") from error
    if not rows:
        raise InputError(path.name, "it has a header but no rows", "Choose the file that holds the rows.")
    return Table(path.name, columns, tuple(rows), tuple(lines), note)


def _head(text: str) -> tuple[str, int]:
    """The delimiter, and how many lines stand above the header: titles."""
    lines = text.split("\n", TITLES + 1)[: TITLES + 1]
    if re.fullmatch(r"sep=[,;\t]", lines[0]):
        return lines[0][-1], 1
    for number, line in enumerate(lines):
        delimiter = max(",;\t", key=line.count)
        if delimiter in line.strip():
            above = max(number, titles_above([sum(map(bool, x.split(delimiter))) for x in lines]))
            return delimiter, above if '"' not in "".join(lines[:above]) else 0
    return ",", 0


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]], plain: bool = False) -> str:
    """Rows as a CSV text that a spreadsheet opens without running or garbling anything.

    Args:
        columns: The header.
        rows: Cells; None is an empty cell, a float is written with six decimals.
        plain: Leave out the byte order mark and the guard against formulas (for programs).

    Returns:
        The text, lines ending in ``\\n``. A cell that a spreadsheet would take for a formula
        gets a leading apostrophe.
    """
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")  # the writer quotes what its line ends hold
    writer.writerow([_cell(column, plain) for column in columns])
    for row in rows:
        writer.writerow([_cell(value, plain) for value in row])
    return ("" if plain else BOM) + "".join(line[:-2] + "\n" for line in lines)


class _Lines(list[str]):
    """The rows that a csv writer writes."""

    def write(self, line: str) -> None:
        """Take one row."""
        self.append(line)


def _cell(value: object, plain: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6f}"
    text = str(value)
    guarded = not plain and isinstance(value, str) and (text.startswith(_FORMULA) or _GUARDED.match(text))
    return "'" + text if guarded else text


def unguarded(cell: str) -> str:
    """A cell as it was before `csv_text` put an apostrophe before it."""
    return cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell


def fits_cell(text: str) -> bool:
    """Whether a text has no more UTF-16 units than Excel keeps in a cell."""
    return len(text) <= CELL // 2 or len(text.encode("utf-16-le", "surrogatepass")) <= 2 * CELL


def cut_to_cell(text: str) -> str:
    """The beginning of a text that fits into a cell, with ``…`` where it was cut."""
    if fits_cell(text):
        return text
    short = text.encode("utf-16-le", "surrogatepass")[: 2 * (CELL - 1)]
    return short.decode("utf-16-le", "ignore") + "…"


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: temporary file, fsync, rename; readable by its owner.

    Raises:
        InputError: The folder is missing or may not be written, or the disk is full.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    half = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        handle, half = tempfile.mkstemp(dir=path.parent, prefix=temporary(path.name))
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _replace(half, path)
        wrote(path)
    except OSError as error:
        with suppress(OSError):  # never in the way of what went wrong first
            Path(half).unlink() if half else None
        why, mend = disk_fault(error, path, len(data))
        raise InputError(str(path), f"it cannot be written: {why}", mend) from error


def _replace(temporary: str, path: Path) -> None:
    """Rename, waiting for virus scanners and cloud folders that hold the old file on Windows."""
    for wait in (0.05, 0.1, 0.2, 0.4, 0.8, 1.0):
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            time.sleep(wait)
    os.replace(temporary, path)
