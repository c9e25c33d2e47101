"""Every kind of transcript by the end of its file's name, and folders of them."""

from __future__ import annotations

import html
import io
import logging
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from typing import Any

from autocode.errors import InputError, counted
from autocode.formats.files import read_bytes, read_text
from autocode.formats.overview import files_of, notes_apart
from autocode.formats.projects.positions import HEADS, HEADS_LEFT, NUMBERS_LEFT, line_numbers
from autocode.formats.receipt import Reader, ReadOptions, Receipt
from autocode.formats.tables.coded_word import (
    is_delve,
    is_node_report,
    read_coded_word,
    study_from_delve,
    study_from_node_report,
)
from autocode.formats.tables.spreadsheet import BROKEN, PrintedPage, printed_tables
from autocode.formats.tables.units import talk_in_json
from autocode.formats.transcripts import INTERVIEWER, Style, ends_sentence
from autocode.formats.transcripts.cues import document_of_cues, read_json, read_subtitles
from autocode.formats.transcripts.markup import read_spoken_xml, read_webpage
from autocode.formats.transcripts.roles import with_roles
from autocode.formats.transcripts.speakers import read_speakers
from autocode.formats.transcripts.word import read_opendocument, read_rtf
from autocode.study import Document, Study, Turn

_PAGES, _SECONDS, _LARGEST_PDF = 3000, 60, 128 * 2**20


def read_pdf(path: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a PDF with one ``\\n`` between pages.

    Returns:
        The text and notes: where pages gave no text, and that lines are the page's.

    Raises:
        InputError: It is no PDF, encrypted, too long, damaged or holds no text.
    """
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would quote the file
    raw, mend = read_bytes(path), "Save its text as .docx or .txt."
    if b"%PDF-" not in raw[:1024] or len(raw) > _LARGEST_PDF:
        raise InputError(path.name, "it is no PDF, or larger than 128 MB", mend)
    try:
        sheets = _sheets(PdfReader(io.BytesIO(raw)), path)
    except InputError:
        raise
    except Exception as error:  # the guest's many kinds of errors, and Python's for damaged files
        raise InputError(path.name, "it is damaged or encrypted", mend) from error
    lines, notes = _without_print(printed_tables(sheets) or [sheet.lines() for sheet in sheets])
    text = re.sub("\r\n?", "\n", "\n".join("\n".join(page) for page in lines)).replace("\x00", "\ufffd")
    if not text.strip():
        raise InputError(path.name, "it holds no text, only pictures of it", "Recognise the text (OCR) first.")
    text, broken = BROKEN.subn(lambda m: m[1] + m[2] if f"{m[1]}-{m[2]}" not in text else f"{m[1]}-{m[2]}", text)
    columns, small = sum(sheet.columns > 0 for sheet in sheets), sum(map(PrintedPage.small_lines, sheets))
    told = [
        "read from a PDF: lines end where the page's lines do",
        *([f"{counted(columns, 'page')} in two columns, read one after the other: check their order"] if columns else []),
        *notes,
        *([f"{counted(broken, 'word')} broken at the end of a line put together"] if broken else []),
        *([_PRINT.format(counted(small, "line"))] if small > 0.08 * sum(map(len, lines)) else []),
    ]
    empty = sum(not "".join(page).strip() for page in lines)
    return text + "\n", (*told, f"{empty} of {counted(len(lines), 'page')} hold no text") if empty else tuple(told)


_PRINT = "{} in small type between the words: codes printed below what they code? Import the project or its table of codings"


def _sheets(reader: Any, path: Path) -> list[PrintedPage]:
    """Every page, within the limits of pages and seconds."""
    pages = list(reader.pages)
    until = time.monotonic() + _SECONDS
    sheets = []
    for page in pages:
        if len(pages) > _PAGES or time.monotonic() > until:
            raise InputError(path.name, "it is too long to read", "Split it, or save its text as .txt.")
        pieces: list[tuple[float, float, float, str]] = []

        def seen(text: str, cm: Any, tm: Any, font: Any, size: float, pieces: list[Any] = pieces) -> None:
            """Note a piece of the page: where it stands, the size of its letters, its text."""
            if text.strip():
                x, y = (float(tm[4] * cm[i] + tm[5] * cm[i + 2] + cm[i + 4]) for i in (0, 1))
                pieces.append((x, y, float(size * abs(tm[0] or 1) * abs(cm[0] or 1)), text.strip()))

        text = str(page.extract_text(visitor_text=seen)).rstrip("\n")
        sheets.append(PrintedPage(text, pieces, float(page.mediabox.width)))
    return sheets


def _without_print(pages: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Pages without what was printed around the talk: running heads, page numbers, numbers of lines; and what was left out.

    A head or foot is a first or last line that is the same on three pages or more, or on all of two, but for the page's number.
    """
    ends: Counter[str] = Counter()
    keys = [
        [{line.strip(), re.sub(rf"(?<!\d)0*{n}(?!\d)", "#", line).strip()} for line in page] for n, page in enumerate(pages, 1)
    ]
    for page in keys:
        edges = page if len(page) < 5 else [*page[:2], *page[-2:]]
        ends.update(set[str]().union(*edges) - {""})
    printed = {line: n for line, n in ends.items() if not re.search(r"[?!:…]|[.,]$" if "#" in line else r":\s.*[?!….]$", line)}
    often = {line for line in ends if _ADDRESS.fullmatch(line)} | {
        line
        for line, n in printed.items()
        if n >= max(3, 0.5 * len(pages)) or (n == len(pages) == 2 and len(line) > 12) or (line == "#" and n > 1)
    }
    kept, left = [], 0
    for lines, page in zip(pages, keys, strict=True):
        edge = {*range(2), *range(len(lines) - 2, len(lines))}
        keep = [line for i, line in enumerate(lines) if not (i in edge and page[i] & often)]
        left += len(lines) - len(keep)
        kept.append(keep)
    notes = [HEADS_LEFT.format(counted(left, *HEADS))] if left else []
    text = "\n".join(line for page in kept for line in page)
    if numbers := line_numbers(text):
        notes.append(NUMBERS_LEFT.format(counted(len(numbers), "number")))
        after = [0, *(b for _, b in numbers)]
        plain = "".join(text[a:b] for a, b in zip(after, [*(a for a, _ in numbers), len(text)], strict=True)).split("\n")
        kept = [[plain.pop(0) for _ in page] for page in kept] if len(plain) == sum(map(len, kept)) else kept
    return kept, notes


_ADDRESS = re.compile(r"(?:https?|file):\S*\s+[\d#]+ ?/ ?[\d#]+|\d{1,2}/\d{1,2}/\d\d, \d{1,2}:\d\d [AP]M\b.*")  # of browsers


def read_text_file(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Read one transcript of any kind; a kind of its own (literature, field note) comes with it.

    Raises:
        InputError: It cannot be read as what its name says.
    """
    study, receipts = TEXTS[path.suffix.lower()](path, options)
    documents = tuple(replace(d, kind=options.kind) if d.source == path.name else d for d in study.documents)
    return replace(study, documents=documents), receipts


def read_transcripts(folder: Path, encoding: str = "") -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """The documents of a folder of transcripts, in the order of their names, and what there is to note of them.

    Raises:
        InputError: The folder holds none, one cannot be read, or two files differ only in their suffix.
    """
    paths, _ = notes_apart(files_of(folder, TEXTS)[0])
    if not paths:
        raise InputError(str(folder), f"it holds no transcript ({', '.join(TEXTS)})", "Choose another folder.")
    name, times = Counter(p.stem for p in paths).most_common(1)[0]
    if times > 1:
        raise InputError(str(folder), f"two files are called '{name}'", "Rename one of them.")
    read = [read_text_file(path, ReadOptions(encoding=encoding)) for path in paths]
    documents = tuple(d for study, _ in read for d in study.documents)
    return documents, tuple(note for _, receipts in read for r in receipts for note in r.notes)


_FROM = r"(?:from|von|de|da|van|fra|från|od|от|kimden|lähettäjä|差出人|发件人|寄件者)"
_TO = r"(?:to|an|à|para|a|aan|til|till|do|кому|kime|vastaanottaja|宛先|收件人|收件者)"
_LETTER_KEY = r"(?im)^[ \t*]*{}[ \t\u00a0]*[:：][*]*[ \t]*(?P<name>[^<>\n(\[;]*[^<>\n(\[;\s\"'])"
_QUOTED = re.compile(r"(?m)(?:^[ \t]?>.*(?:\n|\Z))+")
_WROTE = re.compile(
    r"(?m)^[^>\n][^\n]{0,120}?(?P<name>[^<>,:;\n\d]{2,60}?)[ ]?"
    r"(?:<[^<>\n]{0,99}@[^<>\n]{0,99}>|\[mailto:[^\n]{0,99}\])[^\n]{0,25}:[ \t]{0,9}$"
)
_MESSAGE = re.compile(
    _LETTER_KEY.format(_FROM)
    + r"[^\n]*\n(?:[ \t*]*[^\W\d_][^:：\n]{0,20}[:：][^\n]*\n){2,6}|"
    + _WROTE.pattern.replace("name", "by")[4:]
)


def _letters(text: str) -> tuple[str, list[Turn], str]:
    """Questions quoted in a letter with answers below them, or a thread of letters: text, turns and a note; else no turns."""
    quotes, names = list(_QUOTED.finditer(text)), [re.search(_LETTER_KEY.format(key), text[:4000]) for key in (_FROM, _TO)]
    wrote = _WROTE.search(text[: quotes[0].start()]) if quotes else None
    if len(quotes) > 1 and all(text[a.end() : b.start()].strip() for a, b in pairwise(quotes)) and (names[0] or wrote):
        writer, other = (" ".join(m["name"].split()) if m else "" for m in (names[0], wrote or names[1]))
        other = re.sub(r"^[^\W\d_A-Z]{5,}[ ]", "", other)  # schreef, schrieb, skrev
        counted_on = all(re.match(r"[ \t>]*\d{1,2}[.)]", q[0]) for q in quotes)
        parts, turns, at = [text[: quotes[0].start()]], list[Turn](), quotes[0].start()
        for quote, end in zip(quotes, [*(q.start() for q in quotes[1:]), len(text)], strict=True):
            asked = re.sub(r"(?m)^[ \t]*>+[ ]?", "", quote[0]).strip().lstrip("0123456789.) " if counted_on else " ")
            answer = text[quote.end() : end].strip()
            for name, said in ((other or "Interviewer", asked), (writer or "Respondent", answer)):
                parts.append(f"{name}: {said}\n\n")
                body = _before_signature(said) if end == len(text) else said
                turns.append(Turn(at + len(name) + 2, at + len(name) + 2 + len(body), name))
                at += len(parts[-1])
        told = f"a letter: {counted(len(quotes), 'quoted passage')} taken as what '{turns[0].speaker}' asks"
        told += ", without their numbers: right?" * counted_on
        return "".join(parts), [t for t in turns if t.end > t.start], told
    heads = list(_MESSAGE.finditer(text))
    who = [" ".join((m["name"] or m["by"] or "").strip("* \t").split()) for m in heads]
    if len(heads) < 3 or not 1 < len(set(who)) <= len(who) / 1.5 or quotes:
        return text, [], ""
    turns = []
    for m, name, end in zip(heads, who, [*(m.start() for m in heads[1:]), len(text)], strict=True):
        body = text[m.end() : end]
        start = m.end() + len(body) - len(body.lstrip())
        turns.append(Turn(start, max(start, start + len(_before_signature(body.strip()))), name))
    ends = zip(turns, [*(m.start() for m in heads[1:]), len(text)], strict=True)
    closed = sum(bool(text[t.end : end].strip()) for t, end in ends)
    turns = [t for t in turns if t.end > t.start]
    left = f"; what closes {counted(closed, 'letter')} (a greeting, a name) is left out: right?" if closed else ""
    return text, turns, f"{counted(len(turns), 'letter')} taken as turns, in the order of the file{left}"


_SENT = re.compile(
    r"(?m)^\u200e?\[?\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?[ \u202f]\d{1,2}[:.]\d{2}(?:[:.]\d{2})?"
    r"(?:[ \u202f\u00a0]?[AaPp]\.?[ \u00a0]?[Mm]\.?)?(?:\]:?|[ ]-|:)[ ](?:(?:~[ \u202f]?)?(?P<name>[^:\n\u200e]{1,60}):[ \n])?"
)
_PROGRAM = re.compile(r"\u200e|<(?:[^<>\s]+ ?){1,4}>$|null$")


def _chat(text: str) -> tuple[list[Turn], str]:
    """The messages of a chat that WhatsApp or Signal wrote out, and a note; lines of the program itself are nobody's."""
    sent = list(_SENT.finditer(text))
    names = Counter(m["name"].strip() for m in sent if m["name"])
    if (
        sum(names.values()) < max(4, 0.6 * len(sent))
        or not 1 < len(names) <= 0.6 * len(sent)
        or text[: sent[0].start()].strip()
    ):
        return [], ""
    turns, ends = [], [*(m.start() for m in sent[1:]), len(text)]
    again = Counter(text[m.end() : end].strip() for m, end in zip(sent, ends, strict=True))
    for m, end in zip(sent, ends, strict=True):
        words = text[m.end() : end]
        program = _PROGRAM.match(words.strip()) and (
            not words.strip().startswith("<") or again[words.strip()] > 1 or len(words.split()) < 4
        )
        start = m.end() + len(words) - len(words.lstrip())
        if m["name"] and words.strip() and not program:
            turns.append(Turn(start, m.end() + len(words.rstrip()), m["name"].strip()))
    left = f"; {counted(len(sent) - len(turns), 'line')} of the program (media left out, who joined) belong to nobody"
    return turns, f"a chat: {counted(len(turns), 'message')} taken as turns{left if len(sent) > len(turns) else ''}"


def _before_signature(said: str) -> str:
    """The words of a letter without its greeting at the end: paragraphs of short lines that end no sentence."""
    body = re.split(r"(?m)^-- ?$", said)[0].rstrip()
    while (last := body.rpartition("\n\n"))[1] and all(
        len(x.split()) < 7 and not ends_sentence(x) for x in last[2].split("\n")
    ):
        body = last[0].rstrip()
    return body


def _one(
    text: str, path: Path, options: ReadOptions, notes: Sequence[str] = (), styles: Sequence[Style] = ()
) -> tuple[Study, list[Receipt]]:
    """The study of one transcript, with what there is to note and to doubt of it."""
    letters, turns, told = _letters(text) if "@" in text or re.search(_LETTER_KEY.format(_FROM), text) else (text, [], "")
    if not turns and not options.shapes and (chat := _chat(text))[0]:
        turns, told = chat
    if turns:
        asking = {turns[0].speaker: INTERVIEWER} if letters != text else None
        document = with_roles(Document(path.stem, letters, path.stem, tuple(turns), source=path.name), asking)
        return Study((document,)), [Receipt(document.source, "transcripts", 1, {}, (*(n for n in notes if n), told))]
    document, doubts = read_speakers(text, path, styles, options.shapes, keep_print=False)
    return Study((document,)), [Receipt(document.source, "transcripts", 1, {}, (*(n for n in notes if n), *doubts))]


def _read_plain(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, note = read_text(path, options.encoding)
    if is_node_report(text):
        return study_from_node_report(text, path.name, options)
    return _one(text, path, options, (note,))


def _read_processed(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, styles = (read_rtf if path.suffix.lower() == ".rtf" else read_opendocument)(path)
    return _one(text, path, options, styles=styles)


def _read_webpage(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, notes, styles = read_webpage(path, options.encoding)
    return _one(text, path, options, notes, styles)


def _read_xml(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    spoken = read_spoken_xml(path)
    if not spoken.cues:
        return _one("\n".join(spoken.lines) + "\n", path, options)
    document = document_of_cues(spoken.cues, path, spoken.meanings, spoken.cut)
    return Study((document,)), [Receipt(document.source, "pieces of speech", len(spoken.cues), {}, spoken.notes)]


def _read_pdf(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    text, notes = read_pdf(path)
    return _one(text, path, options, notes)


def _read_mail(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    """Letters of a file in the order in which they were sent; what they quote of letters before them is left out."""
    raw = read_bytes(path)
    parts = re.split(rb"(?m)^From [^\n]*\n(?=[A-Za-z-]+:)", raw) if raw.startswith(b"From ") else [raw]
    letters = [message_from_bytes(part, policy=policy.default) for part in parts if part.strip()]
    try:
        letters.sort(key=lambda letter: letter["Date"].datetime.timestamp())
        told = [_letter(letter) for letter in letters]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(path.name, "it is no e-mail that can be read", "Save its text as .docx or .txt.") from error
    seen: set[str] = set()
    text, turns = "", list[Turn]()
    for name, head, body in told:
        own = (
            [x for x in _WROTE.sub("", body).split("\n") if not (x.startswith(">") and x.strip("> ") in seen)]
            if seen
            else [body]
        )
        seen |= {line.strip("> ") for line in body.split("\n")}
        words = _before_signature(re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip())
        turns += [Turn(len(text) + len(head), len(text) + len(head) + len(words), name)] if words else []
        text += f"{head}{words}\n\n"
    if len(told) < 2 or len({t.speaker for t in turns}) < 2:
        return _one("".join(f"{head}{body}\n\n" for _, head, body in told), path, options)
    document = with_roles(Document(path.stem, text, path.stem, tuple(turns), source=path.name))
    note = f"{counted(len(turns), 'letter')} taken as turns, in the order in which they were sent"
    return Study((document,)), [Receipt(path.name, "letters", len(letters), {}, (note,))]


def _letter(letter: EmailMessage) -> tuple[str, str, str]:
    """Who wrote a letter, the lines above it without addresses, and its words."""
    people = [
        (key, ", ".join(a.display_name or a.username for a in letter[key].addresses)) for key in ("From", "To") if letter[key]
    ]
    about = [*people, *((key, str(letter[key])) for key in ("Date", "Subject") if letter[key])]
    body = letter.get_body(("plain", "html"))
    words = str(body.get_content()) if body else ""
    if body and body.get_content_subtype() == "html":
        words = re.sub(r"(?is)<(style|script|head)\b.*?</\1\s*>", "", words)
        words = html.unescape(re.sub(r"<[^<>]*>", "", re.sub(r"(?i)<(?:br|/p|/div)[^<>]*>", "\n", words)))
    return people[0][1], "".join(f"{key}: {said}\n" for key, said in about) + "\n", words.replace("\r\n", "\n").strip()


def _read_json(path: Path, options: ReadOptions) -> tuple[Study, list[Receipt]]:
    content = read_json(path, options)
    return study_from_delve(content, path) if is_delve(content) else talk_in_json(content, path)


TEXTS: dict[str, Reader] = {
    **dict.fromkeys((".txt", ".md", ".cha"), _read_plain),
    ".docx": read_coded_word,
    **dict.fromkeys((".rtf", ".odt"), _read_processed),
    ".pdf": _read_pdf,
    **dict.fromkeys((".html", ".htm", ".xhtml"), _read_webpage),
    **dict.fromkeys((".xml", ".eaf", ".exb", ".trs", ".fln", ".ttml", ".dfxp", ".srv1", ".srv2", ".srv3"), _read_xml),
    **dict.fromkeys((".srt", ".vtt", ".sbv", ".textgrid"), read_subtitles),
    **dict.fromkeys((".json", ".json3"), _read_json),
    **dict.fromkeys((".eml", ".mbox"), _read_mail),
}
"""Plug-in point: from the end of a file's name to the reader of that kind of transcript."""
