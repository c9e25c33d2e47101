"""From timed pieces of speech to one line a turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats.transcripts.cues import Cue, document_of_cues


def test_pieces_of_one_speaker_are_one_turn() -> None:
    """A turn reaches from its first piece's start to its last one's end; offsets hit the words."""
    cues = [Cue("So we", "Ana", 0, 10), Cue(" went.\nHome", "Ana", 10, 20), Cue("Yes", "Ben", 20, 30)]
    document = document_of_cues(cues, Path("talk.vtt"))
    assert document.text == "Ana: So we went. Home\nBen: Yes\n"
    assert [(t.speaker, document.text_of(t), t.start_ms, t.end_ms) for t in document.turns] == [
        ("Ana", "So we went. Home", 0, 20),
        ("Ben", "Yes", 20, 30),
    ]
    assert (document.id, document.source) == ("talk", "talk.vtt")


def test_a_piece_without_a_name_goes_on() -> None:
    """Zoom names a speaker only where the speaker changes."""
    cues = [
        Cue("Ana (SL): So", None or "", 0, 1),
        Cue("we went.", "", 1, 2),
        Cue("Ana (SL): Home", "", 2, 3),
        Cue("Ben: Okay: good", "", 3, 4),
        Cue("Ben: yes", "", 4, 5),
    ]
    assert document_of_cues(cues, Path("t.vtt")).text == "Ana (SL): So we went. Home\nBen: Okay: good yes\n"


def test_without_names_each_piece_keeps_its_time() -> None:
    """Whisper alone knows no speakers: every piece is a turn of nobody."""
    document = document_of_cues([Cue("One.", "", 0, 5), Cue("Two.", "", 7, 9)], Path("t.srt"))
    assert [(t.speaker, document.text_of(t), t.start_ms) for t in document.turns] == [("", "One.", 0), ("", "Two.", 7)]


def test_silence_is_refused() -> None:
    """A recording without words is no transcript."""
    with pytest.raises(InputError, match="no words"):
        document_of_cues([Cue("  ", "Ana", 0, 1)], Path("t.srt"))
