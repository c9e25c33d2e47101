"""Files: guarded, atomic, whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.errors import InputError
from autocode.formats.files import csv_text, read_text, unguarded, write_atomic


@pytest.mark.row(8)
@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_a_formula(lead: str) -> None:
    """A text that a spreadsheet would run gets an apostrophe; `plain` leaves it alone."""
    cell = lead + "HYPERLINK(1)"
    rows = list(csv.reader(io.StringIO(csv_text(["c"], [[cell]]).removeprefix("\ufeff"), newline="")))
    assert rows[1] == ["'" + cell]
    plain = list(csv.reader(io.StringIO(csv_text(["c"], [[cell]], plain=True), newline="")))
    assert plain[1] == [cell]


def test_numbers_are_never_guarded() -> None:
    """A negative number stays a number."""
    assert csv_text(["c"], [[-1.5], [-3]], plain=False).splitlines()[1:] == ["-1.500000", "-3"]


@pytest.mark.row(16)
def test_a_table_opens_in_a_spreadsheet() -> None:
    """The text begins with a byte order mark, so that accents are right in Excel."""
    assert csv_text(["é"], []).startswith("\ufeffé")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk gives out, the old content stays and no temporary file is left."""
    path = tmp_path / "a.txt"
    write_atomic(path, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="its disk is full"):
        write_atomic(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


@pytest.mark.row(21)
def test_a_scanner_that_holds_the_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename refused three times (as virus scanners do) succeeds at the fourth."""
    real, left = os.replace, [3]

    def busy(a: str, b: Path) -> None:
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "busy")
        real(a, b)

    monkeypatch.setattr(os, "replace", busy)
    write_atomic(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"


@pytest.mark.row(27)
def test_written_files_are_for_their_owner(tmp_path: Path) -> None:
    """Results hold words of transcripts: on POSIX nobody else may read them."""
    write_atomic(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode & 0o077 == 0


@given(st.text())
def test_the_guard_can_be_taken_off(text: str) -> None:
    """What `csv_text` puts before a cell, `unguarded` takes away, and nothing else."""
    rows = list(csv.reader(io.StringIO(csv_text(["c", "d"], [["x", text]]).removeprefix("\ufeff"), newline="")))
    assert unguarded(rows[1][1]) == text


@pytest.mark.row(16)
@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_is_read_and_said(code: str, tmp_path: Path) -> None:
    """Half of the bytes are zero: UTF-16, a guess."""
    path = tmp_path / "a.txt"
    path.write_bytes("I: Hello?\nP: Café…\n".encode(code))
    said = f"a.txt is not UTF-8; read as {code}, a guess: check accented letters"
    assert read_text(path) == ("I: Hello?\nP: Café…\n", said)


TALKS = {
    "Wie ist es? Ungefähr fünf Jahre, größer wurde es nie – schön war’s.": ("cp1252", "mac_roman"),
    "Où habitiez-vous ? Près de la forêt, là-bas. Et le dîner du 5 € ?": ("cp1252", "iso8859_15"),
    "¿Cómo llegó usted aquí, señora? Por mi hermano, él ya estaba.": ("cp1252", "mac_roman", "cp850"),
    "Skąd pani przyjechała? Z małej wsi, żadnej pracy, dużo śniegu.": ("cp1250", "iso8859_2", "mac_latin2"),
    "Расскажите, пожалуйста, о себе. Я родился в деревне, потом работал.": (
        "cp1251",
        "koi8_r",
        "iso8859_5",
        "cp866",
        "mac_cyrillic",
    ),
    "Πώς ξεκινήσατε τη δουλειά; Τυχαία, μέσω ενός φίλου.": ("cp1253", "iso8859_7", "mac_greek"),
    "كيف بدأت العمل في المدرسة؟ بدأت قبل عشر سنوات، بعد الجامعة.": ("cp1256", "mac_arabic", "iso8859_6"),
    "איך הגעת לכאן? במקרה, חבר שלי עבד כאן ואמר לי לבוא.": ("cp1255", "iso8859_8"),
    "Ne zamandır oturuyorsunuz? Doğduğumdan beri, şimdi ağaç yok.": ("cp1254", "mac_turkish"),
    "いつ頃こちらに引っ越されましたか。平成二年の春です。": ("shift_jis", "euc_jp", "iso2022_jp"),
    "您是哪一年进厂的？八三年，跟我爱人一起，那时候工资不高。": ("gb18030",),
    "가게는 언제 여셨어요? 이천십이년에요. 둘이서 시작했죠.": ("euc_kr",),
}


@pytest.mark.row(16)
@pytest.mark.parametrize(("text", "code"), [(text, code) for text, codes in TALKS.items() for code in codes])
def test_old_encodings_are_told_by_the_letters_of_a_language(text: str, code: str, tmp_path: Path) -> None:
    """West, east, Cyrillic, Greek, Arabic, Hebrew, Turkish and far eastern ones, of Windows, Mac and Unix, in a few lines."""
    path = tmp_path / "a.txt"
    path.write_bytes(f"I: {text}\n".encode(code, "ignore") * 3)
    found, note = read_text(path)
    assert found == f"I: {text}\n".encode(code, "ignore").decode(code) * 3
    assert "is not UTF-8; read as" in note


def test_a_near_guess_names_the_other_encoding(tmp_path: Path) -> None:
    """Where another encoding gives a text of that language too, the note says which to try."""
    (tmp_path / "a.txt").write_bytes("I: Ça va ? – Très bien…".encode("cp1252"))
    assert "try --encoding" in read_text(tmp_path / "a.txt")[1]
    (tmp_path / "a.txt").write_bytes("И: «Да».\n".encode("cp1251"))  # too little to tell a language by
    assert "--encoding cp1251" in read_text(tmp_path / "a.txt")[1]


@pytest.mark.row(5)
def test_a_packed_bomb_is_refused(tmp_path: Path) -> None:
    """A .gz that unpacks to more than 200 times its size is never unpacked whole."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(bytes(60 * 2**20)))
    with pytest.raises(InputError, match="200 times"):
        read_text(path)


@pytest.mark.row(16, 17)
def test_a_stray_zero_byte_does_not_turn_a_text_into_another_script(tmp_path: Path) -> None:
    """English with one zero byte stays English; the byte is shown and told, and offsets stay."""
    (tmp_path / "a.txt").write_bytes(("It was hard. " * 200).encode() + b"\x00" + "And caf\u00e9s closed.".encode())
    text, note = read_text(tmp_path / "a.txt")
    assert text.endswith("\ufffdAnd caf\u00e9s closed.")
    assert "zero bytes" in note


@pytest.mark.row(8)
def test_headers_are_guarded_as_cells_are() -> None:
    """A coder called =ann is no formula in a heading either."""
    assert csv_text(["code", "=ann"], [["x", "=y"]]).splitlines() == ["\ufeffcode,'=ann", "x,'=y"]
