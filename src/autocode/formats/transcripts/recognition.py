"""Speech recognition as JSON: Whisper's command line, its API, whisper.cpp, WhisperX, faster-whisper's lists, the
chunks of Hugging Face's pipeline, Deepgram, AssemblyAI, Amazon Transcribe, and YouTube's json3.

Sources: openai/whisper `transcribe.py` and `utils.py`; OpenAI's API reference (verbose_json);
whisper.cpp `examples/cli`; WhisperX `types.py`; Deepgram's and AssemblyAI's API references; the
automatic-speech-recognition pipeline of transformers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from autocode.errors import InputError
from autocode.formats.files import read_text
from autocode.formats.receipt import ReadOptions, Receipt
from autocode.formats.transcripts.cues import Cue, document_of_cues
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
    if isinstance(content, list):
        return bool(content) and all(isinstance(s, dict) and {"text", "start"} <= s.keys() for s in content)
    if not isinstance(content, dict):
        return False
    lists = ("segments", "transcription", "events", "chunks", "utterances")
    return (
        any(isinstance(content.get(key), list) for key in lists)
        or isinstance(content.get("results"), dict)
        or isinstance(content.get("text"), str)
    )


def speech(content: Mapping[str, Any] | Sequence[Any], path: Path) -> tuple[Study, list[Receipt]]:
    """The transcript in the result of speech recognition.

    Raises:
        InputError: It holds no timed words, or a part of it is not what it should be.
    """
    try:
        cues = list(_recognised(content if isinstance(content, Mapping) else {"segments": content}))
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise InputError(path.name, "it is no transcript of a known shape", "Export it as .srt or .vtt.") from error
    document = document_of_cues(cues, path)
    return Study((document,)), [Receipt(path.name, "timed pieces", len(cues))]


def _recognised(content: Mapping[str, Any]) -> Iterator[Cue]:
    if isinstance(content.get("transcription"), list):
        for piece in content["transcription"]:
            sure = _sure(_tokens_joined(piece.get("tokens")))
            yield Cue(str(piece["text"]), str(piece.get("speaker") or ""), *_offsets(piece), sure)
    elif isinstance(content.get("events"), list):
        for event in content["events"]:
            words = "".join(str(part.get("utf8", "")) for part in event.get("segs") or ())
            start = int(event.get("tStartMs", 0))
            yield Cue(words, "", start, start + int(event.get("dDurationMs", 0)))
    elif isinstance(content.get("results"), dict):
        yield from _deepgram(content["results"])
    elif isinstance(content.get("utterances"), list):
        for u in content["utterances"]:  # AssemblyAI, in milliseconds
            yield Cue(str(u["text"]), f"Speaker {u['speaker']}", int(u["start"]), int(u["end"]))
    elif isinstance(content.get("segments"), list):
        for segment in content["segments"]:
            yield from _segment(segment)
    else:
        for piece in content.get("speakers") or content.get("chunks") or [{"text": content["text"]}]:
            times = piece.get("timestamp") or (None, None)
            yield Cue(str(piece["text"]), str(piece.get("speaker") or ""), _from_seconds(times[0]), _from_seconds(times[1]))


def _offsets(piece: Mapping[str, Any]) -> tuple[int | None, int | None]:
    offsets = piece.get("offsets") or {}
    return (int(offsets["from"]), int(offsets["to"])) if offsets else (None, None)


def _segment(segment: Mapping[str, Any]) -> Iterator[Cue]:
    """A Whisper or WhisperX segment; its words may name several speakers in turn, whatever the segment says.

    A word without a speaker or a time (WhisperX cannot place "$300") goes with the word before.
    """
    words = [w for w in segment.get("words") or () if isinstance(w, dict)]
    runs: list[tuple[str, list[Mapping[str, Any]]]] = []
    for word in words:
        speaker = str(word.get("speaker") or (runs[-1][0] if runs else ""))
        if not runs or (runs[-1][0] and runs[-1][0] != speaker):
            runs.append((speaker, []))
        runs[-1] = (speaker, [*runs[-1][1], word])
    start, end = _from_seconds(segment.get("start")), _from_seconds(segment.get("end"))
    if len(runs) < 2:
        speaker = segment.get("speaker") or (runs[0][0] if runs else "")
        yield Cue(str(segment["text"]), str(speaker), start, end, _sure(words))
        return
    texts = _apart(str(segment["text"]), [said for _, said in runs])
    for number, (speaker, said) in enumerate(runs):
        times = [t for w in said for t in (_from_seconds(w.get("start")), _from_seconds(w.get("end"))) if t is not None]
        first, last = (min(times), max(times)) if times else (None, None)
        yield Cue(texts[number], speaker, first if number else start, last if number < len(runs) - 1 else end, _sure(said))


def _apart(text: str, runs: Sequence[Sequence[Mapping[str, Any]]]) -> list[str]:
    """A segment's text cut where the words of each run begin; joined words where they are not found in it."""
    cuts, at = [], 0
    for said in runs:
        for number, word in enumerate(str(w["word"]).strip() for w in said):
            found = text.find(word, at)
            if found < 0:
                return [" ".join(str(w["word"]).strip() for w in run) for run in runs]
            cuts += [found] if not number else []
            at = found + len(word)
    return [text[a:b].strip() for a, b in zip([0, *cuts[1:]], [*cuts[1:], len(text)], strict=True)]


def _sure(words: Any) -> tuple[tuple[str, float], ...]:
    """Words with their confidence: `probability` (Whisper), `score` (WhisperX), `confidence` (Deepgram), `p`."""
    found = []
    for w in words if isinstance(words, list) else ():
        said = next((w[key] for key in ("probability", "score", "confidence", "p") if key in w), None)
        word = w.get("punctuated_word") or w.get("word")
        if word and said is not None and math.isfinite(float(said)):
            found.append((str(word), float(said)))
    return tuple(found)


def _tokens_joined(tokens: Any) -> list[dict[str, Any]]:
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
        yield Cue(
            str(u["transcript"]), speaker, _from_seconds(u.get("start")), _from_seconds(u.get("end")), _sure(u.get("words"))
        )
    for speaker, words in groupby(_amazon(results), key=lambda item: item[0]):
        said = [item for _, item in words]
        times = [item[key] for item in said for key in ("start_time", "end_time") if item.get(key)]
        text = "".join(
            item["alternatives"][0]["content"] if item["type"] == "punctuation" else f" {item['alternatives'][0]['content']}"
            for item in said
        )
        yield Cue(text, speaker, _from_seconds(times[0]) if times else None, _from_seconds(times[-1]) if times else None)
    if not results.get("utterances"):
        for channel in results.get("channels") or ():
            yield Cue(str(channel["alternatives"][0]["transcript"]))


def _amazon(results: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The words of Amazon Transcribe with their speakers; punctuation goes with the word before."""
    speaker = ""
    for item in results.get("items") or ():
        speaker = str(item.get("speaker_label") or speaker) if item["type"] != "punctuation" else speaker
        yield speaker, item


def _from_seconds(seconds: Any) -> int | None:
    if seconds is None or not math.isfinite(float(seconds)):
        return None
    return round(1000 * float(seconds))
