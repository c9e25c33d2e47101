"""Speech recognition as JSON and .tsv: Whisper's command line, its API, whisper.cpp, WhisperX,
Deepgram, and YouTube's json3.

Sources: openai/whisper `transcribe.py` and `utils.py`; OpenAI's API reference (verbose_json);
whisper.cpp `examples/cli`; WhisperX `types.py`; Deepgram's API reference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.cues import Cue, document_of_cues
from autocode.formats.files import Table, read_text
from autocode.formats.options import ReadOptions
from autocode.formats.receipt import Receipt
from autocode.study import Study


def read_json(path: Path, options: ReadOptions) -> Any:
    """The content of a JSON file.

    Raises:
        InputError: It is unreadable, no JSON or nested too deeply.
    """
    text, _ = read_text(path, options.encoding)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(path.name, "it is no JSON", "Export it again from its program.") from error


def is_speech(content: Any) -> bool:
    """Whether a JSON content is the result of speech recognition."""
    return isinstance(content, dict) and any(
        isinstance(content.get(key), kind)
        for key, kind in (("segments", list), ("transcription", list), ("events", list), ("results", dict))
    )


def speech(content: Mapping[str, Any], path: Path) -> tuple[Study, list[Receipt]]:
    """The transcript in the result of speech recognition.

    Raises:
        InputError: It holds no timed words, or a part of it is not what it should be.
    """
    try:
        cues = list(_cues(content))
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise InputError(path.name, "it is no transcript of a known shape", "Export it as .srt or .vtt.") from error
    document = document_of_cues(cues, path)
    return Study((document,)), [Receipt(path.name, "timed pieces", len(cues))]


def is_speech_table(table: Table) -> bool:
    """Whether the columns are those of Whisper's .tsv: times in milliseconds and words."""
    return table.columns == ("start", "end", "text")


def speech_of_table(table: Table, path: Path) -> tuple[Study, list[Receipt]]:
    """The transcript in Whisper's .tsv.

    Raises:
        InputError: A time is no whole number.
    """
    try:
        cues = [Cue(row["text"], "", int(row["start"]), int(row["end"])) for row in table.rows]
    except ValueError as error:
        raise InputError(path.name, "a time is no whole number of milliseconds", "Correct that row.") from error
    notes = (table.note,) if table.note else ()
    return Study((document_of_cues(cues, path),)), [Receipt(path.name, "timed pieces", len(cues), {}, notes)]


def _cues(content: Mapping[str, Any]) -> Iterator[Cue]:
    if isinstance(content.get("transcription"), list):
        for piece in content["transcription"]:
            sure = _sure(_joined(piece.get("tokens")))
            yield Cue(str(piece["text"]), str(piece.get("speaker") or ""), *_offsets(piece), sure)
    elif isinstance(content.get("events"), list):
        for event in content["events"]:
            words = "".join(str(part.get("utf8", "")) for part in event.get("segs") or ())
            start = int(event.get("tStartMs", 0))
            yield Cue(words, "", start, start + int(event.get("dDurationMs", 0)))
    elif isinstance(content.get("results"), dict):
        yield from _deepgram(content["results"])
    else:
        for segment in content["segments"]:
            yield from _segment(segment)


def _offsets(piece: Mapping[str, Any]) -> tuple[int | None, int | None]:
    offsets = piece.get("offsets") or {}
    return (int(offsets["from"]), int(offsets["to"])) if offsets else (None, None)


def _segment(segment: Mapping[str, Any]) -> Iterator[Cue]:
    """A Whisper or WhisperX segment; its speaker may be missing, then most of its words decide."""
    speaker = segment.get("speaker")
    if speaker is None:
        voices = [w["speaker"] for w in segment.get("words") or () if isinstance(w, dict) and w.get("speaker")]
        speaker = max(sorted(set(voices)), key=voices.count) if voices else ""
    yield Cue(str(segment["text"]), str(speaker), _ms(segment.get("start")), _ms(segment.get("end")),
              _sure(segment.get("words")))  # fmt: skip


def _sure(words: Any) -> tuple[tuple[str, float], ...]:
    """Words with their confidence: `probability` (Whisper), `score` (WhisperX), `confidence` (Deepgram), `p`."""
    found = []
    for w in words if isinstance(words, list) else ():
        said = next((w[key] for key in ("probability", "score", "confidence", "p") if key in w), None)
        word = w.get("punctuated_word") or w.get("word")
        if word and said is not None and math.isfinite(float(said)):
            found.append((str(word), float(said)))
    return tuple(found)


def _joined(tokens: Any) -> list[dict[str, Any]]:
    """whisper.cpp's tokens as words: one begins with a space, and is as sure as its least sure part."""
    words: list[dict[str, Any]] = []
    for token in tokens if isinstance(tokens, list) else ():
        text = str(token.get("text", ""))
        if text.startswith("[_") or "p" not in token:  # a mark of the program's own
            continue
        if words and not text.startswith(" "):
            words[-1] = {"word": words[-1]["word"] + text, "p": min(words[-1]["p"], token["p"])}
        else:
            words.append({"word": text, "p": token["p"]})
    return words


def _deepgram(results: Mapping[str, Any]) -> Iterator[Cue]:
    for u in results.get("utterances") or ():
        speaker = f"Speaker {u['speaker']}" if "speaker" in u else ""
        yield Cue(str(u["transcript"]), speaker, _ms(u.get("start")), _ms(u.get("end")), _sure(u.get("words")))
    if not results.get("utterances"):
        for channel in results.get("channels") or ():
            yield Cue(str(channel["alternatives"][0]["transcript"]))


def _ms(seconds: Any) -> int | None:
    if seconds is None or not math.isfinite(float(seconds)):
        return None
    return round(1000 * float(seconds))
