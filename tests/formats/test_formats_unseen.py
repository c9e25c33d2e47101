"""Shapes of which no sample is at hand: other languages, titles above the header, other recorders."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from autocode.formats import ReadOptions, read
from autocode.study import Document, Study
from tests.formats.office import docx

HARD, TOLD = "it was really hard to find the time", "nobody told us about it"
MAXQDA = {
    "nl": "Kleur,Commentaar,Documentgroep,Documentnaam,Code,Begin,Einde,Gewicht,Segment,Auteur,Aanmaakdatum",
    "es": "Color,Comentario,Grupo de documentos,Nombre del documento,Código,Comienzo,Final,Ponderación,Segmento,Autor,"
    "Fecha de creación",
    "zh": "颜色,备注,文档组,文档名称,代码,开始,结束,权重,片段,作者,创建日期",
    "ja": "色,コメント,文書グループ,文書名,コード,開始,終了,重み,セグメント,作成者,作成日",
    "tr": "Renk,Yorum,Belge grubu,Belge adı,Kod,Başlangıç,Bitiş,Ağırlık,Bölüm,Yazar,Oluşturma tarihi",
}
ROW = ["●", "", "G", "Talk", "Barriers\\Time", "3", "3", "50", HARD, "ana", "21.03.24 10:11"]


def _coded(study: Study) -> list[tuple[str, str, str]]:
    return [(c.coder, c.code, study.by_id[c.document].text_of(c)) for c in study.codings]


def _csv(*rows: list[str], sep: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=sep, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("language", MAXQDA)
def test_maxqda_speaks_many_languages(language: str, tmp_path: Path) -> None:
    """Document, code, weight, author and a date with two digits for its year are found under any of these headings."""
    (tmp_path / "t.csv").write_text(_csv(MAXQDA[language].split(","), ROW))
    study = read(tmp_path / "t.csv")
    assert _coded(study) == [("ana", "Barriers > Time", HARD)]
    assert (study.documents[0].id, study.documents[0].groups) == ("Talk", ("G",))
    assert (study.codings[0].weight, study.codings[0].when) == (50, "2024-03-21T10:11:00")


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\ndocument;text;code;coder\nD;" + HARD + ";Time;ana\n",
        "Export of March 2024\n\ndocument;text;code;coder\nD;" + HARD + ";Time;ana\n",
        "Researcher,Quote,Theme,Participant\nana," + HARD + ",Time,D\n",
        "text,label,annotator,document\n" + HARD + ",Time,ana,D\n",
    ],
)
def test_tables_of_other_shapes(text: str, tmp_path: Path) -> None:
    """Excel's separator line, a title above the header and the headings of other tools are understood."""
    (tmp_path / "t.csv").write_text(text)
    study = read(tmp_path / "t.csv")
    assert _coded(study) == [("ana", "Time", HARD)]
    assert [d.id for d in study.documents] == ["D"]


def test_a_title_above_the_header_of_a_workbook_is_passed_over(tmp_path: Path) -> None:
    """Rows of one cell before the first row of several are no header; a sheet of one column keeps its own."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["Coded segments"], [], ["document", "text", "code", "coder"], ["D", HARD, "Time", "ana"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert _coded(read(tmp_path / "t.xlsx")) == [("ana", "Time", HARD)]


def test_a_theme_beside_a_code_is_its_parent(tmp_path: Path) -> None:
    """Theme and code make a path, unless the code is written as one."""
    rows = [
        ["document", "text", "theme", "code", "coder"],
        ["D", HARD, "Barriers", "Time", "ana"],
        ["D", TOLD, "Barriers", "Other > Info", "ana"],
    ]
    (tmp_path / "t.csv").write_text(_csv(*rows))
    assert [c.code for c in read(tmp_path / "t.csv").codings] == ["Barriers > Time", "Other > Info"]


def test_a_column_for_each_coder(tmp_path: Path) -> None:
    """Each coder's column holds their codes; an empty cell was read by them and left uncoded."""
    (tmp_path / "t.csv").write_text(f"id,text,Coder 1,Coder 2\n1,{HARD},Time,Time; Money\n2,{TOLD},,Info\n")
    study = read(tmp_path / "t.csv")
    assert _coded(study) == [
        ("Coder 1", "Time", HARD),
        ("Coder 2", "Time", HARD),
        ("Coder 2", "Money", HARD),
        ("Coder 2", "Info", TOLD),
    ]
    whole = len(study.documents[0].text)
    assert {(r.coder, r.start, r.end) for r in study.readings} == {("Coder 1", 0, whole), ("Coder 2", 0, whole)}


def test_many_respondents_in_one_known_transcript_are_no_documents(tmp_path: Path) -> None:
    """Where the transcript is known and not called like a respondent, the quotes are looked for in it."""
    group = Document("group", f"P1: {HARD}\nP2: {TOLD}\n")
    (tmp_path / "t.csv").write_text(_csv(["Participant", "Quote", "Code"], ["P1", HARD, "Time"], ["P2", TOLD, "Info"]))
    study = read(tmp_path / "t.csv", ReadOptions(coder="ana", documents=(group,)))
    assert [(c.document, c.start) for c in study.codings] == [("group", 4), ("group", group.text.index(TOLD))]


SPEECH = [
    ([{"start": 0.0, "end": 2.0, "text": "Hello"}], [("", 0, 2000)]),
    ({"text": "Hello"}, [("", None, None)]),
    ({"text": "Hello", "chunks": [{"timestamp": [0.0, 2.5], "text": " Hello"}]}, [("", 0, 2500)]),
    ({"utterances": [{"speaker": "A", "text": "Hello", "start": 250, "end": 1000}]}, [("Speaker A", 250, 1000)]),
    (
        {
            "results": {
                "items": [
                    {
                        "type": "pronunciation",
                        "start_time": "0.5",
                        "end_time": "1.0",
                        "speaker_label": "spk_0",
                        "alternatives": [{"content": "Hello"}],
                    }
                ]
            }
        },
        [("spk_0", 500, 1000)],
    ),
    (
        {
            "segments": [
                {
                    "start": 0,
                    "end": 5,
                    "text": "Hello Hi",
                    "words": [
                        {"word": "Hello", "start": 0, "end": 1, "speaker": "S0"},
                        {"word": "Hi", "start": 3, "end": 4, "speaker": "S1"},
                        {"word": "$300"},
                    ],
                }
            ]
        },
        [("S0", 0, 1000), ("S1", 3000, 5000)],
    ),
]


@pytest.mark.parametrize(("content", "turns"), SPEECH)
def test_recognised_speech_of_other_programs(content: object, turns: list[tuple[str, int, int]], tmp_path: Path) -> None:
    """faster-whisper, the plain answer of an API, Hugging Face, AssemblyAI, Amazon, WhisperX with speakers of words."""
    (tmp_path / "t.json").write_text(json.dumps(content))
    document = read(tmp_path / "t.json").documents[0]
    assert [(t.speaker, t.start_ms, t.end_ms) for t in document.turns] == turns
    assert document.text_of(document.turns[0]) == "Hello"


@pytest.mark.parametrize(
    "text",
    [
        "Ann\n00:01\nHello.\n\nBob\n00:07\nGood.\n\nAnn\n00:10\nSo.\n",
        "[00:00:01.0] - Ann\nHello.\n\n[00:00:07.0] - Bob\nGood.\n\n[00:00:10.0] - Ann\nSo.\n",
        "Ann\n00:00:01 - 00:00:06\nHello.\n\nBob\n00:00:07 - 00:00:09\nGood.\n\nAnn\n00:00:10 - 00:00:12\nSo.\n",
    ],
)
def test_names_and_times_on_lines_of_their_own(text: str, tmp_path: Path) -> None:
    """A name above a time, or a time before a name, begins a turn."""
    (tmp_path / "t.txt").write_text(text)
    document = read(tmp_path / "t.txt").documents[0]
    assert [(t.speaker, t.start_ms, document.text_of(t)) for t in document.turns] == [
        ("Ann", 1000, "Hello."),
        ("Bob", 7000, "Good."),
        ("Ann", 10000, "So."),
    ]


def test_utf_16_without_a_mark_is_no_binary_file(tmp_path: Path) -> None:
    """A text of ASCII letters in UTF-16 is read, and that it is a guess is said."""
    (tmp_path / "t.txt").write_bytes("I: Hello\nB: Hi\nI: So\n".encode("utf-16-be"))
    assert read(tmp_path / "t.txt").documents[0].text == "I: Hello\nB: Hi\nI: So\n"


def test_what_is_said_before_a_meeting_s_first_stamp_is_kept(tmp_path: Path) -> None:
    """Google Meet: without a stamp at the start the transcript begins below its heading."""
    lines = ["Talk - Transcript", "Ann: Hello.", "Bob: Hi.", "00:05:00", "Ann: So.", "Transcription ended after 00:09:51"]
    path = docx(tmp_path / "t.docx", "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines))
    assert read(path).documents[0].text == "Ann: Hello.\nBob: Hi.\n00:05:00\nAnn: So.\n"
