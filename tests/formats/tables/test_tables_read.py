"""Long tables and codebook tables."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from autocode.config import Config
from autocode.errors import AutocodeError, CodebookError, InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.study.matrix import coding_matrix
from tests.conftest import shared

HEAD = "document_id,segment_id,order,speaker,text,coder,codes\n"
BOOK = "code,parent,definition\nw,,Work\nt,w,Time\n"


def _file(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_a_document_is_the_ordered_run_of_its_segments(tmp_path: Path) -> None:
    """Segments are laid end to end in their order, whatever the order of the rows."""
    study = read(_file(tmp_path, HEAD + "d,s2,2,R,second,a,\nd,s1,1,I,first,a,\n"))
    document = study.documents[0]
    assert [(s.id, document.text_of(s), s.speaker) for s in document.segments] == [("s1", "first", "I"), ("s2", "second", "R")]


def test_an_empty_cell_is_seen_and_no_row_is_not_seen(tmp_path: Path) -> None:
    """Coder a saw both segments and coded none; coder b saw only the second."""
    study = read(_file(tmp_path, HEAD + "d,s1,1,,one,a,\nd,s2,2,,two,a,\nd,s2,2,,two,b,x\n"))
    m = coding_matrix(study, Config(), ["a", "b"])
    assert m.seen.tolist() == [[True, True], [False, True]]
    assert m.Y[:, :, 0].tolist() == [[False, False], [False, True]]


def test_a_gap_in_what_was_seen_stays_a_gap(tmp_path: Path) -> None:
    """A coder who skipped the middle segment has not seen it, though both sides were seen."""
    rows = "".join(f"d,s{i},{i},,text {i},{c},\n" for i in (1, 2, 3) for c in ("a", "b") if (i, c) != (2, "b"))
    m = coding_matrix(read(_file(tmp_path, HEAD + rows + "d,s1,1,,text 1,c,x\n")), Config(), ["a", "b", "c"], ["x"])
    assert m.seen.tolist() == [[True, True, True], [True, False, True], [True, False, False]]


def test_codes_are_parted_by_a_bar_and_found_in_the_codebook(tmp_path: Path) -> None:
    """A code written by its unique name is stored by its path."""
    table = _file(tmp_path, HEAD + "d,s1,1,,one,a,t|w\n")
    study, receipts = read_all([table, _file(tmp_path, BOOK, "codebook.csv")])
    assert [c.code for c in study.codings] == ["w > t", "w"]
    assert [str(r).split("\n")[0].split(": ")[1] for r in receipts] == [
        "in 1 rows = kept 1 + skipped 0",
        "in 2 codes = kept 2 + skipped 0",
    ]


def test_without_a_codebook_the_codes_used_are_the_codebook(tmp_path: Path) -> None:
    """Paths in the codes cell make a tree of their own."""
    study = read(_file(tmp_path, HEAD + "d,s1,1,,one,a,Theme > c\n"))
    assert [c.path for c in study.codebook] == ["Theme", "Theme > c"]


def test_a_table_without_coder_and_codes_brings_documents_only(tmp_path: Path) -> None:
    """The next batch has texts but no codings, no coders and no readings."""
    study = read(_file(tmp_path, "document_id,segment_id,text\nd,s1,one\n"))
    assert (len(study.documents), study.coders, study.codings, study.readings) == (1, (), (), ())


def test_a_segment_without_a_document_stands_alone(tmp_path: Path) -> None:
    """Where the document is empty, each segment is its own document, and the receipt says so."""
    study, receipts = read_all([_file(tmp_path, HEAD + ",s1,,,one,a,x\n,s2,,,two,a,\n")])
    assert [d.id for d in study.documents] == ["s1", "s2"]
    assert "2 rows name no document" in str(receipts[0])


def test_a_table_may_be_packed_and_parted_by_semicolons(tmp_path: Path) -> None:
    """A .csv.gz with semicolons, a byte order mark and Windows newlines reads like any other."""
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + HEAD.replace(",", ";").strip() + "\r\nd;s1;1;R;öne;a;x\r\n").encode()))
    assert read(path).documents[0].text == "öne"


def test_who_coded_may_be_said_outside_the_table(tmp_path: Path) -> None:
    """--coder names the coder of a table that has codes but no column coder."""
    path = _file(tmp_path, "document_id,segment_id,text,codes\nd,s1,one,x\n")
    assert [c.id for c in read(path, ReadOptions(coder="ana")).coders] == ["ana"]


def test_a_repeated_row_is_skipped_and_counted(tmp_path: Path) -> None:
    """The same row twice is kept once; in = kept + skipped."""
    _, receipts = read_all([_file(tmp_path, HEAD + "d,s1,1,,one,a,x\nd,s1,1,,one,a,x\nd,s2,2,, ,a,\n")])
    assert str(receipts[0]) == "t.csv: in 3 rows = kept 1 + skipped 2 (1 doubled, 1 without text)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("document_id,text\nd,wort\n", "missing column segment_id; I saw: document_id, text"),
        ("document_id,segment_id,text,coder\nd,s1,wort,a\n", "missing column codes"),
        (HEAD + "d,s1,1,,wort,a,x\nd,s1,1,,wort,a,y\n", r"line 3: segment 's1' is there twice for coder 'a'"),
        (HEAD + "d,s1,1,,wort,a,x\nd,s1,1,,other,b,x\n", r"line 3: segment 's1' has another text than in line 2"),
        (HEAD + "d,s1,1,,wort,,x\n", "line 2: it has codes but no coder"),
        (HEAD + "d,s1,first,,wort,a,x\n", "line 2: its order is not a number"),
        (HEAD + "d,s1,1,,wort,a,x,y,z\n", "line 2: it has 9 cells, the header 7"),
        (HEAD, "a header but no rows"),
        (" \n", "the file is empty"),
        ("a,b\n1,2\n", "no kind of table has these columns: a, b"),
        ("document_id,document_id\n1,2\n", "two columns have the same name"),
    ],
)
def test_a_bad_table_is_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    """Each fault of a table names the line or the columns, never the words of a segment."""
    with pytest.raises(InputError, match=said) as caught:
        read(_file(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "wort" not in str(caught.value)


def test_codes_that_the_codebook_lacks_are_refused_or_added(tmp_path: Path) -> None:
    """Unknown codes are named; --add-codes puts them at the end of the codebook."""
    sources = [_file(tmp_path, HEAD + "d,s1,1,,one,a,zz|yy\n"), _file(tmp_path, BOOK, "codebook.csv")]
    with pytest.raises(CodebookError, match=r"does not have 'zz', 'yy'.*--add-codes"):
        read_all(sources)
    added, _ = read_all(sources, ReadOptions(add_codes=True))
    assert [c.path for c in added.codebook] == ["w", "w > t", "zz", "yy"]


@pytest.mark.parametrize("raw", [b"\x00\x01\x02\xff" * 100, b"PK\x03\x04" + bytes(200)])
def test_a_binary_file_is_refused(raw: bytes, tmp_path: Path) -> None:
    """Bytes that are no text end in one error that names the right kind of file."""
    path = tmp_path / "t.csv"
    path.write_bytes(raw)
    with pytest.raises(InputError, match="binary file"):
        read(path)


@pytest.mark.parametrize(
    ("corpus", "table", "documents", "segments", "coders"),
    [
        ("annomi", "codings.csv", 133, 9699, 10),
        ("cooking_politeness", "codings.csv", 30, 1536, 2),
        ("issuepositions_nl", "codings.csv", 200, 200, 3),
        ("mlss_interviews", "codings.csv", 20, 3128, 3),
        ("mlss_interviews", "codings_double.csv", 9, 1196, 2),
        ("mlss_interviews", "moderated.csv", 14, 2172, 1),
        ("opp115", "codings.csv.gz", 115, 3792, 10),
        ("scrum_interviews", "codings_fine.csv", 39, 249, 1),
        ("shuffle_music", "codings.csv", 397, 784, 1),
        ("so_emotions", "codings.csv", 4800, 4800, 12),
        ("talkmoves", "codings.csv.gz", 567, 236224, 1),
    ],
)
def test_every_real_corpus_reads_whole(corpus: str, table: str, documents: int, segments: int, coders: int) -> None:
    """Real studies lose no row, and have the documents, segments and coders their makers count."""
    study, receipts = read_all([shared("corpora", corpus, table), shared("corpora", corpus, "codebook.csv")])
    assert [sum(r.skipped.values()) for r in receipts] == [0, 0]
    counted = (len(study.documents), sum(len(d.segments) for d in study.documents), len(study.coders))
    assert counted == (documents, segments, coders)


def test_faults_are_errors_of_ours(tmp_path: Path) -> None:
    """A missing file is an error of this program, not of Python."""
    with pytest.raises(AutocodeError, match="no such file"):
        read(tmp_path / "nowhere.csv")


def test_a_transcript_in_a_table_is_told_by_what_stands_in_it(tmp_path: Path) -> None:
    """Headings that no list knows: times that go on, a few names in turn, and words tell the columns."""
    rows = "".join(f"00:00:{n:02d};{('Mari', 'Olo')[n % 2]};it was all about the boats {n}\n" for n in range(8))
    (tmp_path / "a.csv").write_text("Kellaaeg;Kes;Mida öeldi\n" + rows, encoding="utf-8")
    document = read(tmp_path / "a.csv").documents[0]
    assert [(t.speaker, t.start_ms) for t in document.turns] == [(("Mari", "Olo")[n % 2], 1000 * n) for n in range(8)]


def test_codes_that_nobody_gave_are_told_and_taken_with_a_coder(tmp_path: Path) -> None:
    """A transcript with a column of codes is read without them where nobody is named; --coder takes them over."""
    rows = "".join(
        f"00:00:{n:02d},{('Mari', 'Olo')[n % 2]},it was all about the boats {n},{'boats' * (n < 3)}\n" for n in range(8)
    )
    (tmp_path / "a.csv").write_text("Time,Speaker,Text,Codes\n" + rows, encoding="utf-8")
    study, receipts = read_all([tmp_path / "a.csv"])
    assert len(study.documents[0].turns) == 8
    assert not study.codings
    assert "import again with --coder NAME to take them over" in str(receipts[0])
    assert len(read(tmp_path / "a.csv", ReadOptions(coder="Ana")).codings) == 3


def test_a_table_beside_transcripts_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When to read a table and what is in it follow from one reading of the file."""
    from autocode.formats import tables

    opened: list[str] = []
    plain = tables.read_csv
    monkeypatch.setattr(tables, "read_csv", lambda path, encoding="": opened.append(path.name) or plain(path, encoding))
    (tmp_path / "Talk.txt").write_text("I: So?\n\nR: Very hard.\n\nI: Ah.\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("document,text,code,coder\nTalk,Very hard.,x,Ana\n", encoding="utf-8")
    assert len(read_all([tmp_path])[0].codings) == 1
    assert opened == ["a.csv"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_stands_above_a_table_of_turns_is_passed_over(suffix: str, tmp_path: Path) -> None:
    """A title, and a row that tells of place and date, stand above an empty row and the headings of columns."""
    said = [("Ann", "How did you come here, on foot?"), ("Bo", "By bus, in the rain of all days.")] * 3
    head = [["Interview 3"], ["Place: Solo", "", "Date: 3 May"], [], ["No", "Time", "Who", "Words"]]
    rows: list[list[object]] = [*head, *([n, f"0:{n + 10}", who, words] for n, (who, words) in enumerate(said))]
    path = tmp_path / f"talk{suffix}"
    if suffix == ".csv":
        path.write_text("".join(";".join(map(str, [*row, *[""] * (4 - len(row))])) + "\n" for row in rows), encoding="utf-8")
    else:
        write_workbook(path, {"Sheet": (tuple(map(str, rows[0])), rows[1:])})
    document = read(path).documents[0]
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == said


def test_columns_that_the_user_names_for_who_and_what_make_a_transcript(tmp_path: Path) -> None:
    """--column speaker= and text= say that each row is a turn, whatever the headings are; without them a heading may say so."""
    path = tmp_path / "t.csv"
    rows = [("Ann", "Why so?"), ("Bo", "For the work."), ("Ann", "And now?"), ("Bo", "I stay.")]
    path.write_text("N1,Nick,Post\n" + "".join(f"{n},{who},{text}\n" for n, (who, text) in enumerate(rows)))
    (document,) = read_all([path], ReadOptions(columns={"speaker": "Nick", "text": "Post"}))[0].documents
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == rows
    path.write_text(
        "AuthorID,Author,Date,Content\n" + "".join(f"u{n % 2},{who},2024,{text}\n" for n, (who, text) in enumerate(rows))
    )
    (document,) = read_all([path])[0].documents
    assert [(t.speaker, document.text_of(t)) for t in document.turns] == rows


def test_a_table_of_who_asked_whom_is_no_talk(tmp_path: Path) -> None:
    """Names in columns of roles are persons; questions beside answers are a talk, of each interview, with its times."""
    (tmp_path / "people.csv").write_text(
        "Interviewer,Interviewee,Date\n" + "".join(f"Dr. Maria Schmidt,Ms Clara Zimmer {n},2020-0{n}-01\n" for n in range(1, 6))
    )
    with pytest.raises(InputError, match="no kind of table"):
        read_all([tmp_path / "people.csv"])
    rows = "".join(
        f"{p},Where do you live in year {n}?,I live in town {n} with my people.\n" for p in ("P1", "P2") for n in range(3)
    )
    (tmp_path / "talk.csv").write_text(f"Interview,Question,Answer\n{rows}")
    assert [(d.id, len(d.turns)) for d in read_all([tmp_path / "talk.csv"])[0].documents] == [("P1", 6), ("P2", 6)]
