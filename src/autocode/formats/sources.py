"""The files of a folder, each read or named: what cannot be read says how it can be saved so that it can."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from autocode.errors import InputError

_THEN = "then import the .qdpx file. For the codes alone, export a REFI-QDA codebook (.qdc)."
_TOOLS = (
    (r"\.(mx\d{1,2}|mex\d*|mtr|mqda|mx\w*bac|mqbac)", "MAXQDA", "Home > Export > REFI-QDA Project"),
    (r"\.(nvp|nvpx|nvcx|nvb|nvpb|nvl)", "NVivo", "Share > Export Project > REFI-QDA Project (on a Mac: File > Export Project)"),
    (r"\.(atlproj\w*|atlcb\w*|atlpac\w*|hpr\d|acb\d?)", "ATLAS.ti", "File > Export > REFI-QDA (QDPX)"),
)
_OTHERS: tuple[tuple[str, str, str], ...] = (
    (r"\.doc|\.docm|\.dot|\.wpd|\.wps", "an old Word file", "Save it as .docx in Word or LibreOffice."),
    (r"\.pages", "a Pages document", "In Pages choose File > Export To > Word."),
    (r"\.numbers", "a Numbers table", "In Numbers choose File > Export To > Excel."),
    (
        r"\.g(doc|sheet|slides)",
        "only a link to Google Drive",
        "In Google Docs choose File > Download > Microsoft Word (.docx).",
    ),
    (r"\.(pptx?|odp|key)", "slides, no text of an interview", "Save their text as .docx or .txt if you need it."),
    (
        r"\.(mp3|wav|m4a|flac|ogg|opus|wma|aac|amr)",
        "a recording",
        "Transcribe it first; --audio ID=FILE adds it to a transcript.",
    ),
    (r"\.(mp4|mov|avi|mkv|wmv|webm|m4v)", "a film", "Transcribe it first; --audio ID=FILE adds it to a transcript."),
    (r"\.(jpe?g|png|gif|bmp|tiff?|heic|webp)", "a picture", "Recognise its text first (OCR), and save that as .docx or .txt."),
    (r"\.(zip|rar|7z|tar|tgz)", "an archive", "Unpack it, then import the folder."),
    (r"\.(msg|eml)", "an e-mail", "Save its text as .docx or .txt."),
    (r"\.(lnk|url|webloc)", "only a link", "Import the file that it points to."),
)
_SYSTEM = re.compile(r"\.|~\$|desktop\.ini$|thumbs\.db$|icon\r?$", re.IGNORECASE)
_ABOUT = ("readme", "licence", "license", "sources")
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
        elif path.stem.casefold() in _ABOUT:
            left.append(Left(path.name, "it tells about the folder"))
        else:
            try:
                refuse_unknown(path, known)
                read.append(path)
            except InputError as error:
                left.append(Left.of(path, error, failed=False))
    counts = Counter(p.stem for p in read if p.suffix.lower() in _WHISPER)
    best = {p.stem: p for p in sorted(read, key=_rank, reverse=True) if counts[p.stem] > 1 and p.suffix.lower() in _WHISPER}
    same = [p for p in read if p.stem in best and p.suffix.lower() in _WHISPER and p != best[p.stem]]
    left += [Left(p.name, f"the same recording as {best[p.stem].name}") for p in same]
    left += [Left("hidden files", f"{hidden:,} of the system, passed over")] if hidden else []
    return [p for p in read if p not in same], left


def _rank(path: Path) -> int:
    return _WHISPER.index(path.suffix.lower()) if path.suffix.lower() in _WHISPER else len(_WHISPER)
