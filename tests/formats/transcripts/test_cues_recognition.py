"""Speech recognition as JSON and .tsv."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
        (
            {"results": {"channels": [{"alternatives": [{"transcript": "a b", "words": [{"word": "a b", "start": 0.5}]}]}]}},
            [("", "a b", 500, None)],
        ),
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
    """The list with most words that names its speakers is the talk; without times of speech the receipt asks to compare."""
    path = tmp_path / "Talk, second.json"
    path.write_text(json.dumps(content))
    study, receipts = read_all([path])
    (document,) = study.documents
    assert [(t.speaker, document.text[t.start : t.end]) for t in document.turns] == _TALK
    assert (document.id, document.turns[0].start_ms) == ("Talk, second", 1500 if "sentences" in content else None)
    asked = "the program that wrote this file is not known; 4 turns were found in it" in str(receipts)
    assert asked is ("sentences" not in content)


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


def _words(joined: str = "punctuated_word", **names: str) -> list[dict[str, Any]]:
    """The talk word by word, a word every half second."""
    told: list[dict[str, Any]] = []
    for who, text in _TALK:
        for word in text.split():
            at = len(told) / 2
            told.append({joined: word, names.get("start", "start"): at, names.get("end", "end"): at + 0.4, **_who(who, names)})
    return told


def _who(name: str, names: Mapping[str, str]) -> dict[str, str]:
    return {names["who"]: {"Ana Lim": "1", "Joe": "2"}[name]} if "who" in names else {}


_STARTS = [sum(len(t.split()) for _, t in _TALK[:n]) / 2 for n in range(len(_TALK))]
_AMAZON = [
    {"type": "pronunciation", "start_time": str(w["start"]), "end_time": str(w["end"]), "alternatives": [{"content": w["w"]}]}
    for w in _words("w")
]
_SPOKEN = [{"start_time": str(w["start"]), "speaker_label": f"spk_{w['who']}"} for w in _words("w", who="who")]
_GOOGLE = [{"word": w["word"], "startTime": f"{w['start']}s", "endTime": f"{w['end']}s"} for w in _words("word")]
_TAGGED = [{**g, "speakerTag": int(w["who"])} for g, w in zip(_GOOGLE, _words("word", who="who"), strict=True)]
_NUMBERED = {"Ana Lim": "Speaker 1", "Joe": "Speaker 2"}


@pytest.mark.parametrize(
    ("content", "called"),
    [
        ({"results": {"channels": [{"alternatives": [{"transcript": "x", "words": _words(who="speaker")}]}]}}, _NUMBERED),
        (
            {"results": {"items": _AMAZON, "speaker_labels": {"segments": [{"speaker_label": "spk_1", "items": _SPOKEN}]}}},
            {"Ana Lim": "spk_1", "Joe": "spk_2"},
        ),
        (
            {"results": [{"alternatives": [{"transcript": "x", "words": _GOOGLE}]}, {"alternatives": [{"words": _TAGGED}]}]},
            _NUMBERED,
        ),
        (
            {"results": [{"type": "word", **w, "alternatives": [{"content": w["w"]}]} for w in _words("w", who="speaker")]},
            _NUMBERED,
        ),
        (
            {
                "results": [{"alternatives": [{"timestamps": [[w["w"], w["start"], w["end"]] for w in _words("w")]}]}],
                "speaker_labels": [
                    {"from": w["from"], "to": w["to"], "speaker": int(w["who"])}
                    for w in _words("w", start="from", end="to", who="who")
                ],
            },
            _NUMBERED,
        ),
        (
            {
                "speakers": [{"speakerId": "s1", "name": "Ana Lim"}, {"speakerId": "s2", "name": "Joe"}],
                "paragraphs": [
                    {
                        "speaker": {"Ana Lim": "s1", "Joe": "s2"}[who],
                        "words": [{"value": w, "time": int(1000 * at) + 300 * n} for n, w in enumerate(text.split())],
                    }
                    for (who, text), at in zip(_TALK, _STARTS, strict=True)
                ],
            },
            {},
        ),
        (
            [
                {
                    "participant": {"name": who},
                    "words": [{"text": w, "start_timestamp": {"relative": at}} for w in text.split()],
                }
                for (who, text), at in zip(_TALK, _STARTS, strict=True)
            ],
            {},
        ),
        (
            {
                "phrases": [
                    {"channel": "Ana LimJoe".index(who) // 7, "offset": f"PT{at}S", "nBest": [{"display": text}]}
                    for (who, text), at in sorted(zip(_TALK, _STARTS, strict=True))
                ]
            },
            {"Ana Lim": "Channel 0", "Joe": "Channel 1"},
        ),
        (
            {
                "entries": [
                    {"text": text, "speakerDisplayName": who, "startOffset": f"00:00:{at:010.7f}"}
                    for (who, text), at in zip(_TALK, _STARTS, strict=True)
                ],
                "events": [],
            },
            {},
        ),
        (
            {
                "utterances": [
                    {"speaker": "AB"[who == "Joe"], "text": text, "start": int(1000 * at)}
                    for (who, text), at in zip(_TALK, _STARTS, strict=True)
                ]
            },
            {"Ana Lim": "Speaker A", "Joe": "Speaker B"},
        ),
        (
            {
                "segments": [
                    {"speaker": who, "startTime": at, "body": text} for (who, text), at in zip(_TALK, _STARTS, strict=True)
                ]
            },
            {},
        ),
    ],
    ids=[
        "deepgram",
        "amazon",
        "google",
        "speechmatics",
        "watson",
        "trint",
        "meeting bot",
        "azure channels",
        "teams",
        "assemblyai",
        "podcast",
    ],
)
def test_services_of_speech_recognition_are_read_by_what_their_records_say(
    content: Any, called: dict[str, str], tmp_path: Path
) -> None:
    """Words or sentences; speakers in them, around them, in a list of people, by times or channels: one talk, no doubt."""
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(content))
    study, receipts = read_all([path])
    (document,) = study.documents
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == [(called.get(who, who), text) for who, text in _TALK]
    assert [t.start_ms for t in document.turns] == [round(1000 * at) for at in _STARTS]
    assert [r.doubts for r in receipts] == [()]


def test_chats_are_read_from_the_oldest_message_and_ask_to_be_compared(tmp_path: Path) -> None:
    """A chat's clock is no time of a recording; messages of one person stay apart; links in a message are part of it."""
    said = [*_TALK, ("Joe", "See https://a.org there.")]
    rich = ["See ", {"type": "link", "text": "https://a.org"}, " there."]
    sent = [
        {"id": n, "type": "message", "date": f"2024-03-0{n + 1}T10:00:00", "from": who, "text": rich if "See" in t else t}
        for n, (who, t) in enumerate(said)
    ]
    people = [{"user": {"displayName": who}} for who, _ in said]
    posts = [
        {"from": p, "body": {"contentType": "html", "content": f"<p>{t} &amp;</p>"}}
        for p, (_, t) in zip(people, said, strict=True)
    ]
    newest = [{"sender_name": who, "timestamp_ms": 1_700_000_000_000 + n, "content": t} for n, (who, t) in enumerate(said)][
        ::-1
    ]
    for content, more in (({"messages": sent}, ""), (posts, " &"), ({"participants": [], "messages": newest}, "")):
        path = tmp_path / "chat.json"
        path.write_text(json.dumps(content))
        study, receipts = read_all([path])
        (document,) = study.documents
        assert [(t.speaker, document.text_of(t)) for t in document.turns] == [(who, t + more) for who, t in said]
        assert all(t.start_ms is None for t in document.turns)
        assert "compare some with the original" in receipts[0].doubts[0]


def test_people_of_a_list_are_known_by_an_id_of_any_name(tmp_path: Path) -> None:
    """Whatever the program calls the id of a person: where it says who that is, the name stands in the turns."""
    said = [("v1", "Was it?"), ("v2", "Yes, it was."), ("v1", "Who?"), ("v2", "Me.")]
    segments = [
        {
            "speaker": who,
            "words": [{"text": w, "start": 3 * n + i, "end": 3 * n + i + 0.5} for i, w in enumerate(words.split())],
        }
        for n, (who, words) in enumerate(said)
    ]
    people = [{"spkid": "v1", "name": "Asker"}, {"spkid": "v2", "name": "Ilse"}]
    (tmp_path / "a.json").write_text(json.dumps({"segments": segments, "speakers": people}), encoding="utf-8")
    document = read(tmp_path / "a.json").documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == [
        ({"v1": "Asker", "v2": "Ilse"}[who], words) for who, words in said
    ]


@pytest.mark.parametrize(("confidence", "start"), [("high", 1), (0.9, 10**400), (None, 1)])
def test_odd_numbers_in_json_end_in_no_traceback(confidence: object, start: object, tmp_path: Path) -> None:
    """A confidence in words and a time of four hundred digits are passed over."""
    words = [
        {"speaker": f"S{n % 2}", "words": [{"word": "yes", "confidence": confidence, "start": start}], "text": "Yes, we did."}
        for n in range(6)
    ]
    (tmp_path / "a.json").write_text(json.dumps({"records": words}), encoding="utf-8")
    assert len(read(tmp_path / "a.json").documents[0].turns) == 6
