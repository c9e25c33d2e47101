"""Speech recognition as JSON and .tsv."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autocode.errors import InputError
from autocode.formats import read, read_all
from autocode.store import STORE, load, update
from autocode.study import Study
from tests.conftest import shared

Turns = list[tuple[str, str, int | None, int | None]]


def _turns(path: Path) -> Turns:
    document = read(path).documents[0]
    return [(t.speaker, document.text_of(t), t.start_ms, t.end_ms) for t in document.turns]


@pytest.mark.parametrize(
    ("content", "turns"),
    [
        (
            {
                "text": " One. Two.",
                "segments": [{"start": 0.0, "end": 2.48, "text": " One."}, {"start": 2.9, "end": 3.0, "text": " Two."}],
            },
            [("", "One.", 0, 2480), ("", "Two.", 2900, 3000)],
        ),
        ({"transcription": [{"offsets": {"from": 5, "to": 9}, "text": " One."}]}, [("", "One.", 5, 9)]),
        (
            {
                "segments": [
                    {"start": 0, "end": 1, "text": "One.", "words": [{"speaker": "S1"}, {"word": "$3"}]},
                    {"start": 1, "end": 2, "text": "Two.", "speaker": "S2"},
                    {"text": "Three."},
                ]
            },
            [("S1", "One.", 0, 1000), ("S2", "Two.", 1000, 2000), ("", "Three.", None, None)],
        ),
        (
            {"results": {"utterances": [{"start": 0, "end": 1.5, "speaker": 0, "transcript": "One."}]}},
            [("Speaker 0", "One.", 0, 1500)],
        ),
        ({"results": {"channels": [{"alternatives": [{"transcript": "one two"}]}]}}, [("", "one two", None, None)]),
        (
            {"events": [{"tStartMs": 7, "dDurationMs": 3, "segs": [{"utf8": "the"}, {"utf8": " cat"}]}, {"tStartMs": 9}]},
            [("", "the cat", 7, 10)],
        ),
    ],
)
def test_every_recognizer_is_read(content: Any, turns: Turns, tmp_path: Path) -> None:
    """Whisper, whisper.cpp, WhisperX (speaker missing), Deepgram twice, YouTube."""
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(content))
    assert _turns(path) == turns


def test_a_tsv_counts_milliseconds(tmp_path: Path) -> None:
    """Whisper's .tsv has no fractions."""
    path = tmp_path / "talk.tsv"
    path.write_text("start\tend\ttext\n0\t2480\tOne.\n2900\t3000\tTwo.\n")
    assert _turns(path) == [("", "One.", 0, 2480), ("", "Two.", 2900, 3000)]


_TALK = [("Ana Lim", "How did it begin?"), ("Joe", "By chance. A friend left."), ("Ana Lim", "And then?"), ("Joe", "I stayed.")]


@pytest.mark.parametrize(
    "content",
    [
        {
            "title": "x",
            "sentences": [{"sentence": t, "startTime": 1.5, "speaker_id": 0, "speaker_name": who} for who, t in _TALK],
        },
        {"meta": [{"a": 1}], "job": {"transcript": [{"speaker": {"id": "7", "name": who}, "content": t} for who, t in _TALK]}},
        {"recognizedPhrases": [{"speaker": who, "nBest": [{"display": t, "lexical": "x"}]} for who, t in _TALK]},
        {"name": "chat", "messages": [{"id": i, "from": who, "text": t} for i, (who, t) in enumerate(_TALK)]},
        [{"author": who, "value": t, "n": [{"speaker": "1", "text": "."}, {"speaker": "2", "text": "!"}]} for who, t in _TALK],
    ],
)
def test_json_of_an_unknown_program_is_read_where_a_list_says_who_speaks(content: object, tmp_path: Path) -> None:
    """The list with most words that names its speakers is the talk, and the receipt says that it was guessed."""
    path = tmp_path / "Talk, second.json"
    path.write_text(json.dumps(content))
    study, receipts = read_all([path])
    (document,) = study.documents
    assert [(t.speaker, document.text[t.start : t.end]) for t in document.turns] == _TALK
    assert (document.id, document.turns[0].start_ms) == ("Talk, second", 1500 if "sentences" in content else None)
    assert "the program that wrote this file is not known; 4 turns were found in it" in str(receipts)


def test_numbers_of_speakers_become_names_and_one_voice_is_no_talk(tmp_path: Path) -> None:
    """'Speaker 1' is a name; a list in which one alone speaks, or everybody once, is refused."""
    path = tmp_path / "talk.json"
    path.write_text(json.dumps({"parts": [{"speakerTag": i % 2 + 1, "transcript": t} for i, (_, t) in enumerate(_TALK)]}))
    assert [t[0] for t in _turns(path)] == ["Speaker 1", "Speaker 2"] * 2
    many = [{"author": "abcdefg"[i % 7], "text": f"word {i}"} for i in range(10)] + [{"text": "nobody"}]
    path.write_text(json.dumps({"rows": many}))
    assert len(_turns(path)) == 11
    for who in (["a"] * 4, ["a", "b", "c", "d"]):
        path.write_text(json.dumps({"rows": [{"author": name, "text": t} for name, (_, t) in zip(who, _TALK, strict=True)]}))
        with pytest.raises(InputError, match="nobody is said to speak"):
            read(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"a": 1}', "no known program"),
        ("[1]", "no known program"),
        ('{"segments": [3]}', "no transcript of a known shape"),
        ('{"segments": [{"text": "a", "start": "x"}]}', "known shape"),
        ('{"segments": [{"text": "a", "start": 1e999}]}', ""),
        ('{"segments": []}', "no words"),
        ('{"events": [{"segs": 3}]}', "known shape"),
    ],
)
def test_bad_json_is_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    """Broken, foreign and hostile JSON is refused, or its impossible time left out."""
    path = tmp_path / "talk.json"
    path.write_text(text)
    if not said:
        assert _turns(path) == [("", "a", None, None)]
        return
    with pytest.raises(InputError, match=said) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("whisper_openai_cli_constructed.json", 3),
        ("whisper_api_verbose_json_constructed.json", 3),
        ("whispercpp_constructed.json", 3),
        ("whisperx_diarized_constructed.json", 3),
        ("whisper_constructed.tsv", 3),
        ("potato_talk_03.whisper.json", 5),
        ("potato_talk_04.json3", 4),
        ("potato_talk_06.deepgram.json", 3),
    ],
)
def test_samples_keep_their_times(name: str, pieces: int) -> None:
    """Each sample gives its pieces, all timed and in order."""
    turns = _turns(shared("formats", "samples", "transcripts", name))
    assert len(turns) == pieces
    assert [t[2] for t in turns] == sorted(t[2] for t in turns if t[2] is not None)


@pytest.mark.parametrize(
    "content",
    [
        {
            "segments": [
                {
                    "start": 0,
                    "end": 1,
                    "text": " the manger, so",
                    "words": [{"word": " the", "probability": 0.9}, {"word": " manger,", "probability": 0.312}],
                }
            ]
        },
        {"segments": [{"start": 0, "end": 1, "text": "the manger, so", "words": [{"word": "manger,", "score": 0.312}]}]},
        {
            "results": {
                "utterances": [
                    {
                        "start": 0,
                        "end": 1,
                        "transcript": "the manger, so",
                        "words": [{"word": "manger", "punctuated_word": "manger,", "confidence": 0.312}],
                    }
                ]
            }
        },
        {
            "transcription": [
                {
                    "text": " the manger, so",
                    "tokens": [
                        {"text": "[_BEG_]", "p": 0.1},
                        {"text": " the", "p": 0.9},
                        {"text": " man", "p": 0.8},
                        {"text": "ger,", "p": 0.312},
                        {"text": " so", "p": 0.7},
                    ],
                }
            ]
        },
    ],
)
def test_words_heard_with_little_confidence_are_kept(content: Any, tmp_path: Path) -> None:
    """Whisper, WhisperX, Deepgram and whisper.cpp say how sure they are of a word; the study keeps the doubts."""
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(content))
    document = read(path).documents[0]
    assert [(document.text[d.start : d.end], d.confidence) for d in document.doubts] == [("manger,", 0.312)]
    update(tmp_path / STORE, lambda _: Study((document,)))
    assert load(tmp_path / STORE).documents == (document,)


def test_a_segment_whose_words_name_two_speakers_is_two_turns(tmp_path: Path) -> None:
    """WhisperX gives a segment one speaker and its words another: the words count; one without any goes with the one before."""
    words = [("So", "A"), ("why?", "A"), ("$300", None), ("Because.", "B"), ("I", "B"), ("could.", "B")]
    said = [{"word": w, "start": n, "end": n + 1, **({"speaker": s} if s else {})} for n, (w, s) in enumerate(words)]
    segment = {"text": " So why? $300 Because. I could.", "start": 0, "end": 6, "speaker": "A", "words": said}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"segments": [segment]}), encoding="utf-8")
    document = read_all([path])[0].documents[0]
    assert [(t.speaker, document.text_of(t), t.start_ms, t.end_ms) for t in document.turns] == [
        ("A", "So why? $300", 0, 3000),
        ("B", "Because. I could.", 3000, 6000),
    ]


def test_words_hardly_heard_are_counted_in_the_receipt(tmp_path: Path) -> None:
    """The receipt tells how many words are to be checked, and none of them."""
    words = [
        {"word": "uncertain", "start": 0, "end": 1, "probability": 0.2},
        {"word": "sure", "start": 1, "end": 2, "probability": 0.9},
    ]
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps({"segments": [{"text": "uncertain sure", "start": 0, "end": 2, "words": words}]}), encoding="utf-8"
    )
    notes = read_all([path])[1][0].notes
    assert notes == ("1 word heard with less than 50% confidence: marked to be checked",)


def test_monologues_of_named_people_are_turns(tmp_path: Path) -> None:
    """Rev: speakers by number, words and signs as elements with their times."""
    said = (("Vera Lind", "How so?"), ("Olaf", "Well, no."))
    elements = [[{"type": "text", "value": w, "ts": n, "end_ts": n + 0.5}] for n, (_, w) in enumerate(said)]
    content = {
        "speakers": [{"id": n, "name": name} for n, (name, _) in enumerate(said)],
        "monologues": [{"speaker": n, "elements": e} for n, e in enumerate(elements)],
    }
    (tmp_path / "t.json").write_text(json.dumps(content))
    document = read(tmp_path / "t.json").documents[0]
    assert [(t.speaker, document.text_of(t), t.start_ms) for t in document.turns] == [(*said[0], 0), (*said[1], 1000)]
