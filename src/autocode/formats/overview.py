"""What an import brought, on a page: the whole in a line, what is odd, each document's speakers and units, what was left."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from autocode.config import SegmentConfig
from autocode.errors import InputError, counted
from autocode.formats.names import twins
from autocode.formats.receipt import Receipt, doubts_in, listed_names
from autocode.formats.tables.codebook_texts import seems_codes
from autocode.formats.tables.participants import arrived, pooled
from autocode.formats.transcripts import INTERVIEWER, RESPONDENT
from autocode.formats.transcripts.roles import propose_roles
from autocode.store.records import MOVED, ReceiptRow
from autocode.study import Document, Study
from autocode.study.matrix import is_context, segment
from autocode.study.revise import Merged, Reanchored, merge_newer

_THEN = "then import the .qdpx file. For the codes alone, export a REFI-QDA codebook (.qdc)."
_TOOLS = (
    (r"\.(mx\d{1,2}|mex\d*|mtr|mqda|mx\w*bac|mqbac)", "MAXQDA", "Home > Export > REFI-QDA Project"),
    (r"\.(nvp|nvpx|nvcx|nvb|nvpb|nvl)", "NVivo", "Share > Export Project > REFI-QDA Project (on a Mac: File > Export Project)"),
    (r"\.(atlproj\w*|atlcb\w*|atlpac\w*|hpr\d|acb\d?)", "ATLAS.ti", "File > Export > REFI-QDA (QDPX)"),
)
_TRANSCRIBE = "Transcribe it first; --audio ID=FILE adds it to a transcript."
_OTHERS: tuple[tuple[str, str, str], ...] = (
    (r"\.doc|\.docm|\.dot|\.wpd|\.wps", "an old Word file", "Save it as .docx in Word or LibreOffice."),
    (r"\.pages", "a Pages document", "In Pages choose File > Export To > Word."),
    (r"\.numbers", "a Numbers table", "In Numbers choose File > Export To > Excel."),
    (r"\.g(doc|sheet|slides)", "only a link to Google Drive", "In Google Docs choose File > Download > Word (.docx)."),
    (r"\.(pptx?|odp|key)", "slides, no text of an interview", "Save their text as .docx or .txt if you need it."),
    (r"\.(mp3|wav|m4a|flac|ogg|opus|wma|aac|amr)", "a recording", _TRANSCRIBE),
    (r"\.(mp4|mov|avi|mkv|wmv|webm|m4v)", "a film", _TRANSCRIBE),
    (r"\.(jpe?g|png|gif|bmp|tiff?|heic|webp)", "a picture", "Recognise its text first (OCR), and save that as .docx or .txt."),
    (r"\.(zip|rar|7z|tar|tgz)", "an archive", "Unpack it, then import the folder."),
    (r"\.msg", "an e-mail of Outlook", "Save it as .eml or .txt."),
    (r"\.(lnk|url|webloc)", "only a link", "Import the file that it points to."),
)
_SYSTEM = re.compile(r"\.|~\$|desktop\.ini$|thumbs\.db$|icon\r?$", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?i)(?:\d+[\W_]*)?(?:read[\W_]?me|lies[\W_]?mich|lese[\W_]?mich|(?-i:LESEN)|lisez[\W_]?moi|l[eé]eme|leggimi|licen[cs]e|lizenz)([\W_]?[a-z]{2})?"
)
NOTES = "a note on the files; name it alone to read it"
_WHISPER = (".json", ".vtt", ".srt", ".tsv", ".txt")  # what Whisper writes for one recording, the richest first


def ending_of(path: Path) -> str:
    """The ending of a file's name in small letters, with what it is packed in: .csv.gz."""
    packed = "".join(path.suffixes[-2:]).lower()
    return packed if packed in (".csv.gz", ".tsv.gz") else path.suffix.lower()


def refuse_unknown(path: Path, known: Container[str]) -> None:
    """See that a file's ending is one that is read.

    Raises:
        InputError: It is not; the line says what the file is and how to save it so that it can be read.
    """
    ending = ending_of(path)
    for suffix, tool, menu in _TOOLS:
        if re.fullmatch(suffix, ending):
            why = f"it is a native {tool} file, which only {tool} can read"
            raise InputError(path.name, why, f"In {tool} choose {menu}, {_THEN}")
    if ending in known:
        return
    for suffix, what, mend in _OTHERS:
        if re.fullmatch(suffix, ending):
            raise InputError(path.name, f"it is {what}", mend)
    raise InputError(path.name, f"files of this kind ('{path.suffix}') are not read", "Save it as .docx, .txt, .csv or .xlsx.")


@dataclass(frozen=True, slots=True)
class Left:
    """A file or folder that was not read.

    Attributes:
        name: Its name, within the folder named.
        why: What it is or what is wrong, and what to do, without any words of it.
        failed: It should have been readable.
    """

    name: str
    why: str
    failed: bool = False

    @classmethod
    def of(cls, path: Path, error: InputError | Exception, failed: bool) -> Left:
        """What an error says of a file, without the file's name before it."""
        return cls(path.name, str(error).removeprefix(f"{path}: ").removeprefix(f"{path.name}: "), failed)


def files_of(folder: Path, known: Container[str]) -> tuple[list[Path], list[Left]]:
    """The files of a folder to read, in the order of their names, and every other one with a reason.

    Of the files that Whisper writes for one recording the one that tells most is read.

    Args:
        folder: Its subfolders are named, not read.
        known: Endings of files that are read, with their points, in small letters.
    """
    read: list[Path] = []
    left: list[Left] = []
    hidden = 0
    for path in sorted(folder.iterdir()):
        if _SYSTEM.match(path.name):
            hidden += 1
        elif path.is_dir() and path.suffix.lower() not in known:
            within = sum(p.is_file() for p in path.rglob("*"))
            left.append(Left(f"{path.name}/", f"a folder with {within:,} file{'s' * (within != 1)} in it: name it too"))
        else:
            try:
                refuse_unknown(path, known)
                read.append(path)
            except InputError as error:
                left.append(Left.of(path, error, failed=False))
    counts = Counter(p.stem for p in read if p.suffix.lower() in _WHISPER)
    best = {
        p.stem: p
        for p in sorted(read, key=lambda p: (*_WHISPER, p.suffix.lower()).index(p.suffix.lower()), reverse=True)
        if counts[p.stem] > 1 and p.suffix.lower() in _WHISPER
    }
    same = [p for p in read if p.stem in best and p.suffix.lower() in _WHISPER and p != best[p.stem]]
    left += [Left(p.name, f"the same recording as {best[p.stem].name}") for p in same]
    left += [Left("hidden files", f"{hidden:,} of the system, passed over")] if hidden else []
    return [p for p in read if p not in same], left


def notes_apart(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The files to read, and notes on them (a README, a licence), which are read only where nothing else is."""
    notes = [p for p in paths if _ABOUT.fullmatch(p.stem) and p.suffix.lower() in (".md", ".txt", ".docx", ".pdf", ".rtf")]
    return ([p for p in paths if p not in notes], notes) if len(notes) < len(paths) else (list(paths), [])


_WHOLE = (("names",), ("together",))  # receipts of all files
_ROWS = 12  # documents in the table of a short receipt
_NAMED = 4  # speakers named in a row
_LONG, _FEW, _THOUSANDS = 400, 10, 2_000  # words of a median unit; units of a document of so many words


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """What is in one document.

    Attributes:
        speakers: Each with the share of turns and the role proposed: "I (interviewer)".
        units: Segments that are coded, as `auto` cuts them; `median` is their length in words.
        odd: What a careful reader should look at; "" for nothing.
    """

    document: str
    speakers: tuple[str, ...]
    turns: int
    words: int
    units: int
    median: int
    odd: str

    @classmethod
    def of(cls, document: Document) -> DocumentRow:
        """Look at a document."""
        roles = {r.speaker: r.role for r in propose_roles(document)} if document.turns else {}
        if asking := {*document.interviewers} & {*roles}:  # as the study knows them, whatever this document alone tells
            roles = {name: INTERVIEWER if name in asking else RESPONDENT for name in roles}
        named = {INTERVIEWER: " (interviewer)", RESPONDENT: ""}
        speakers = tuple(f"{name}{named.get(role, ' (role unclear)')}" for name, role in roles.items())
        config = SegmentConfig()
        units = [s for s in segment(document, config) if not is_context(s, document, config)]
        sizes = [len(document.text_of(s).split()) for s in units]
        words = len(document.text.split())
        median = round(statistics.median(sizes)) if sizes else 0
        return cls(document.id, speakers, len(document.turns), words, len(units), median, _odd(document, roles, words, sizes))

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {name: getattr(self, name) for name in self.__slots__}


def _odd(document: Document, roles: dict[str, str], words: int, sizes: Sequence[int]) -> str:
    """What is odd in a document: no speakers, one speaker, units that are no units."""
    if document.segments:
        return ""
    said, asking = list[str](), {*SegmentConfig().interviewers}
    if not roles and document.kind == "interview":
        lines, n = sum(bool(line.strip()) for line in document.text.split("\n")), len(sizes)
        blocks = lines < 2 or re.search(r"\n[ \t]*\n\s*\S", document.text)
        noun = "sentence" if n > lines else "paragraph" if blocks else "line"
        units = f"{counted(n, noun)} {'are the units' if n != 1 else 'is the only unit'}"
        listed = "; a list of codes? If so, import it with --kind codebook" if seems_codes(document.text) else ""
        said.append(f"no speakers found: {units}{listed}")
    elif len(roles) == 1:
        said.append(f"one speaker only ({next(iter(roles))})")
    elif document.kind == "interview" and not {*roles} & {*document.interviewers} and not {*map(str.casefold, roles)} & asking:
        said.append("nobody is known as the interviewer: --speaker 'NAME=Interviewer' says who asks")
    if sizes and (statistics.median(sizes) > _LONG or (len(sizes) < _FEW and words > _THOUSANDS)):
        said.append(
            f"{counted(len(sizes), 'unit')} for {counted(words, 'word')}: --segments sentence or paragraph makes shorter ones"
        )
    return "; ".join(said)


def accounts(receipts: Iterable[Receipt], themes: bool = False, doubts: bool = True) -> list[str]:
    """A line for each source that accounts for all it held, its notes, and a line for each file that was not read.

    Args:
        receipts: In their order.
        themes: Codes are in themes; a receipt counts both.
        doubts: With the notes that ask, before the others.
    """
    lines, left = [], []
    for source, found in groupby(receipts, key=lambda r: r.source):
        told = list(found)
        if told[0].what == "files":
            left += [note[:1].upper() + note[1:] for r in told for note in r.notes]
            continue
        lines.append(f"{source}: {', '.join(_counted(r, themes) for r in told)}")
        lines += [f"  to look at: {doubt}" for r in told for doubt in r.doubts if doubts]
        lines += [f"  {note}" for r in told for note in r.notes if note not in r.doubts]
    return [*lines, *left]


def _counted(r: Receipt, themes: bool) -> str:
    """What accounts for all of one kind that a source held."""
    what = "codes and themes" if themes and r.what == "codes" else r.what
    lost = sum(r.skipped.values())
    reasons = ", ".join(f"{n:,} {why}" for why, n in r.skipped.items() if n)
    return f"{r.kept:,} of {r.given:,} {what}" + (f", {lost:,} left out ({reasons})" if lost else "")


@dataclass(frozen=True)
class Overview:
    """What an import brought.

    Attributes:
        receipts: Of everything that was read, and of what was not.
        documents: Those that came in, in their order.
        coders: How many people coded; `codes` and `themes` likewise.
    """

    receipts: tuple[Receipt, ...]
    documents: tuple[DocumentRow, ...]
    coders: int
    codings: int
    codes: int
    themes: int

    @classmethod
    def of(cls, study: Study, receipts: Iterable[Receipt]) -> Overview:
        """Look at what was read."""
        codes, themes = study.codebook.sizes(c.code for c in study.codings)
        rows = tuple(DocumentRow.of(d) for d in study.documents)
        used = {c.coder for c in study.codings} | {r.coder for r in study.readings}
        return cls(tuple(receipts), rows, len(used), len(study.codings), codes, themes)

    @property
    def failed(self) -> int:
        """How many files could not be read though they should be."""
        return sum(r.skipped.get("that could not be read", 0) for r in self.receipts if r.what == "files")

    def __str__(self) -> str:
        """The answer first, odd things next, a line a document, what was skipped and what was not read."""
        return "\n".join([*self.head(_ROWS), *accounts(self.receipts, self.themes > 0, doubts=False)])

    def head(self, most: int) -> list[str]:
        """The whole in a line, what is odd, and a line for each of so many documents."""
        return [self._first(), *self._odd(), *self._table(most)]

    def _first(self) -> str:
        counts = [(len(self.documents), "document"), (self.coders, "coder"), (self.codings, "coding"), (self.codes, "code")]
        said = ", ".join(f"{n:,} {what}{'s' * (n != 1)}" for n, what in counts if n) or "Nothing"
        themes = f" in {self.themes:,} theme{'s' * (self.themes != 1)}" if self.themes else ""
        told = (pair for r in self.receipts if r.what != "files" for pair in r.skipped.items())
        lost = sum(n for why, n in told if "found" in why or "ambig" in why)
        place = "" if not self.codings else f"; {lost:,} could not be placed" if lost else ": all in their places"
        return f"{said}{themes}{place}."

    def _odd(self) -> list[str]:
        """What is to be looked at: documents odd in the same way in one line, and what the readers doubt."""
        groups: dict[str, list[str]] = {}
        for row in self.documents:
            if row.odd:
                groups.setdefault(row.odd, []).append(row.document)
        odd = [f"  {listed_names(names)}: {why}" for why, names in groups.items()]
        doubts = doubts_in(self.receipts)
        odd += [f"  {doubt if names in _WHOLE else f'{listed_names(names)}: {doubt}'}" for names, doubt in doubts]
        return ["To look at:", *odd] if odd else []

    def _table(self, most: int) -> list[str]:
        """A line a document, odd ones first; nothing where no document came in."""
        if not (rows := sorted(self.documents, key=lambda row: not row.odd)[:most]):
            return []
        cells = [("Document", "Speakers", "Turns", "Words", "Units", "Median")]
        for r in rows:
            who = ", ".join(r.speakers[:_NAMED]) + (f" and {len(r.speakers) - _NAMED} more" if r.speakers[_NAMED:] else "")
            cells.append((r.document, who or "-", f"{r.turns:,}", f"{r.words:,}", f"{r.units:,}", counted(r.median, "word")))
        wide = [max(len(row[i]) for row in cells) for i in range(6)]
        lines = ["  ".join(f"{c:{'<' if i < 2 else '>'}{wide[i]}}" for i, c in enumerate(row)).rstrip() for row in cells]
        rest = len(self.documents) - len(rows)
        return [*lines, f"... and {rest:,} more documents: --receipts of 'autocode describe' shows all"] if rest else lines

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping: everything, without the words of a text."""
        said = ("source", "what", "given", "kept", "skipped", "notes", "doubts")
        read = [{name: getattr(r, name) for name in said} for r in self.receipts]
        totals = Counter(documents=len(self.documents), coders=self.coders, codings=self.codings, codes=self.codes)
        return {**totals, "themes": self.themes, "table": [row.to_json() for row in self.documents], "receipts": read}


@dataclass
class Import:
    """Takes what was read into a study: the same for the command line and for the desk.

    Attributes:
        new: What was read, as `of` makes it ready for the study.
        read: The receipts of the reading.
        called: The name of a study that has none.
        replacing: A changed transcript takes the old one's place.
        merged: The last study made by `onto`, and what that changed.
        known: The study that it was made on.
    """

    new: Study
    read: tuple[Receipt, ...]
    called: str
    replacing: bool = False
    merged: Merged = Merged(Study())
    known: Study | None = None

    @classmethod
    def of(
        cls,
        new: Study,
        read: Iterable[Receipt],
        known: Study,
        earlier: Iterable[ReceiptRow],
        called: str,
        replacing: bool = False,
    ) -> Import:
        """What was read, made ready for a study.

        Whoever asks in another document asks in the new ones too, and new documents get what earlier tables of
        participants say of them.

        Args:
            new: What was read, with the speakers' names as they shall be.
            read: The receipts of the reading.
            known: The study as it is.
            earlier: The receipts that it keeps.
            called: The name of a study that has none.
            replacing: A changed transcript takes the old one's place.
        """
        fresh, found = arrived(
            [d for d in new.documents if d.id not in known.by_id], ((e.source, e.waiting) for e in earlier if e.waiting)
        )
        described = {d.id: d for d in fresh}
        documents = pooled([described.get(d.id, d) for d in new.documents], known.documents)
        return cls(replace(new, documents=documents), (*read, *found), called, replacing)

    def onto(self, known: Study) -> Study:
        """The study with what was read; asked again of the same study, it is not made again."""
        if known == self.known:
            return self.merged.study
        self.known = known
        self.merged = merge_newer(replace(known, name=known.name or self.called), self.new, self.replacing)
        return self.merged.study

    def receipts(self) -> list[Receipt]:
        """What became of codings on changed texts, and what else changed."""
        found = [_moved(m) for m in self.merged.moved]
        notes = (*self.merged.changes, *twins(self.merged.study))
        study = self.merged.study
        what = ("codings", study.codings) if study.codings else ("documents", study.documents)
        changes = Receipt(study.name, f"{what[0]} in the study", len(what[1]), {}, notes)
        return [*found, changes] if notes else found

    def entries(self, at: str) -> list[ReceiptRow]:
        """All receipts as the study keeps them, with the codings that lost their places.

        Args:
            at: When, ISO 8601.
        """
        lost = {m.document: m.lost for m in self.merged.moved}
        kept = [ReceiptRow(at, r.source, r.what, r.kept, r.skipped, r.notes, (), r.waiting) for r in self.read]
        told = [ReceiptRow(at, r.source, r.what, r.kept, r.skipped, r.notes, lost.get(r.source, ())) for r in self.receipts()]
        return kept + told


def _moved(moved: Reanchored) -> Receipt:
    """What became of the codings on a text that changed; those without a place are named, without their words."""
    notes = [f"{moved.changed:,} now cover words that are partly new: look at them"] if moved.changed else []
    notes += [f"set aside: '{c.code}' by {c.coder}, characters {c.start} to {c.end} of the old text" for c in moved.lost]
    skipped = {"whose words are not in the new text": len(moved.lost)}
    return Receipt(moved.document, MOVED, moved.kept + moved.changed, skipped, tuple(notes))
