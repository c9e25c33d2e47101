"""Files that are cut, packed to burst, or crafted; models of another kind; texts of any letters; sizes from none to many."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document as Word
from openpyxl import load_workbook

from autocode.errors import AutocodeError, ModelError, StoreError
from autocode.formats import ReadOptions, read, read_all, write
from autocode.formats.tables.spreadsheet import write_workbook
from autocode.model import CodingModel
from autocode.store import STORE, load, update
from autocode.store.backups import check
from autocode.study import Coder, Coding, Document, Reading, Study
from autocode.study.codebook import Code, Codebook
from tests.cli.test_cli import HEAD, Shell, shell
from tests.conftest import ROOT
from tests.fake_encoder import FakeEncoder
from tests.rows import NIGHT

__all__ = ["shell"]

CUTS = 100 if NIGHT else 12
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Ana>we met at work\n\n00:00:05.000 --> 00:00:09.000\n<v Ben>and then\n"


def _wholes(folder: Path, study: Study) -> Iterator[Path]:
    """One file of each kind that people bring, written by the programs' own libraries."""
    folder.mkdir()
    paper = Word()
    for n in range(40):
        paper.add_paragraph(f"Ana: this is what was said in turn {n}, and a little more of it")
    paper.save(str(folder / "talk.docx"))
    rows = [["d", f"{n}", f"{n}", "P", f"something said {n}", "ana", "x"] for n in range(60)]
    write_workbook(folder / "coded.xlsx", {"s": (HEAD.strip().split(","), rows)})
    write(study, folder / "project.qdpx")
    (folder / "cues.vtt").write_text(VTT)
    yield from sorted(folder.iterdir())


@pytest.mark.row(4)
def test_cut_files_are_read_or_refused_in_one_line(study: Study, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """A Word file, a workbook, a project and subtitles, cut anywhere: one clear line, or what is left of a text."""
    chance, refused, tried, lines = random.Random(4), 0, 0, 0
    for whole in _wholes(tmp_path / "whole", study):
        raw, cut = whole.read_bytes(), tmp_path / f"cut{whole.suffix}"
        for _ in range(CUTS):
            cut.write_bytes(raw[: chance.randrange(len(raw))])
            tried += 1
            try:
                read_all([cut], ReadOptions(coder="c", add_codes=True))
                assert whole.suffix == ".vtt", "what is packed is whole or not at all"
            except AutocodeError as error:
                refused += 1
                lines += str(error).count("\n")
    assert not lines
    figure(f"{tried} cut .docx, .xlsx, .qdpx and .vtt files: {refused} refused in one line, the others read on; 0 tracebacks")


@pytest.mark.row(4, 11)
def test_a_model_cut_anywhere_is_refused(study: Study, tmp_path: Path) -> None:
    """Each file of a model, cut at several places, is refused in one line that says what to do."""
    CodingModel.from_config(None, FakeEncoder()).fit(study).save(tmp_path / "m")
    chance = random.Random(5)
    for name in ("weights.safetensors", "manifest.json", "config.toml", "codebook.yaml", "precedents.jsonl"):
        raw = (tmp_path / "m" / name).read_bytes()
        for _ in range(max(3, CUTS // 5)):
            (tmp_path / "m" / name).write_bytes(raw[: chance.randrange(len(raw))])
            with pytest.raises(AutocodeError) as error:
                CodingModel.load(tmp_path / "m", FakeEncoder())
            assert "\n" not in str(error.value)
        (tmp_path / "m" / name).write_bytes(raw)
    CodingModel.load(tmp_path / "m", FakeEncoder())


def _packed(path: Path, members: dict[str, bytes | str], repeat: int = 1) -> Path:
    """A container; the last member is written so many times over, a megabyte at a time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            with archive.open(name, "w", force_zip64=True) as file:
                for _ in range(repeat if name == list(members)[-1] else 1):
                    file.write(content.encode() if isinstance(content, str) else content)
    return path


_DOCX = {"[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"}
_LAUGHS = "<!ENTITY e0 'ha'>" + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
_XML = {
    "laughs": f"<!DOCTYPE a [{_LAUGHS}]><a>&e11;</a>",
    "quadratic": f"<!DOCTYPE a [<!ENTITY a '{'x' * 100_000}'>]><a>{'&a;' * 10_000}</a>",
    "file": "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
    "parameter": "<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><a/>",
    "network": "<!DOCTYPE a SYSTEM 'http://192.0.2.1/x.dtd'><a/>",
    "deep": "<a>" * 200_000 + "</a>" * 200_000,
}
_INSIDE = {
    "docx": (".docx", "word/document.xml", _DOCX),
    "xlsx": (".xlsx", "xl/workbook.xml", _DOCX),
    "odt": (".odt", "content.xml", {"mimetype": "application/vnd.oasis.opendocument.text"}),
    "qdpx": (".qdpx", "project.qde", {}),
}
_MEASURE = """
import resource, sys
from pathlib import Path
from autocode.errors import AutocodeError
from autocode.formats import ReadOptions, read_all

def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime, now.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

import docx, lxml, openpyxl
before = used()
try:
    study, _ = read_all([Path(sys.argv[1])], ReadOptions(coder="c", add_codes=True))
    said = "root:" if any("root:" in d.text for d in study.documents) else "read"
except AutocodeError as error:
    said = "refused" if "\\n" not in str(error) and "root:" not in str(error) else str(error)
except BaseException as error:
    said = type(error).__name__
after = used()
print(said, after[0] - before[0], after[1] - before[1])
"""


def _cost(path: Path) -> tuple[str, float, float]:
    """What became of a file, read in a process of its own: processor seconds and more megabytes."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, env=env, check=True)
    said, seconds, more = done.stdout.split()
    return said, float(seconds), float(more)


@pytest.mark.row(5)
@pytest.mark.parametrize("kind", _INSIDE)
def test_a_gigabyte_packed_into_a_megabyte_is_refused(kind: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """What would unpack to a gigabyte is refused before it is unpacked."""
    suffix, part, others = _INSIDE[kind]
    bomb = _packed(tmp_path / f"bomb{suffix}", others | {part: b" " * 2**20}, repeat=1024)
    assert bomb.stat().st_size < 2 * 2**20
    said, seconds, more = _cost(bomb)
    assert said == "refused"
    assert seconds < 3  # a second on a quiet machine
    assert more < 100
    figure(f"{suffix}: refused in {seconds:.2f} s, {more:.0f} MB more")


@pytest.mark.row(6)
@pytest.mark.parametrize("kind", _INSIDE)
def test_no_entity_is_expanded_and_no_other_file_is_read(kind: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Entities that grow, that name a file or another computer, and very deep trees: refused quickly in every container."""
    suffix, part, others = _INSIDE[kind]
    worst = 0.0
    for name in _XML if NIGHT else random.Random(kind).sample(sorted(_XML), 3):
        said, seconds, more = _cost(_packed(tmp_path / f"{name}{suffix}", others | {part: _XML[name]}))
        assert said == "refused", (name, said)
        assert seconds < 3, name
        assert more < 100, name
        worst = max(worst, seconds)
    figure(f"{suffix}: refused, {worst:.2f} s at most")


_SLIPS = (
    "../out.txt",
    "..\\out.txt",
    "/tmp/out.txt",
    "C:\\out.txt",
    "C:out.txt",
    "sources/../../out.txt",
    "//host/share/out.txt",
)
_SLIPS += ("sources/CON.txt", "aux.txt", "nul", "sources/a\x00b.txt", "sources/ends with dot./x.txt")


@pytest.mark.row(7)
def test_no_member_of_an_archive_is_written_anywhere(study: Study, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """Twelve archives with paths out, drive letters and reserved names: nothing appears outside the study's folder."""
    home = tmp_path / "home"
    home.mkdir()
    write(study, tmp_path / "good.qdpx")
    for n, slip in enumerate(_SLIPS):
        path = tmp_path / f"{n}.qdpx"
        with zipfile.ZipFile(tmp_path / "good.qdpx") as good, zipfile.ZipFile(path, "w") as made:
            for name in good.namelist():
                made.writestr(name, good.read(name))
            made.writestr(zipfile.ZipInfo(slip), "the words that slipped out")
        before = set(tmp_path.rglob("*"))
        with suppress(AutocodeError):
            found, _ = read_all([path])
            update(home / "s" / STORE, lambda _, found=found: found)
        after = set(tmp_path.rglob("*")) - before
        assert all(p.is_relative_to(home) for p in after), after
        assert not Path("/tmp/out.txt").exists()
    figure(f"{len(_SLIPS)} crafted archives, 0 files outside the study")


@pytest.mark.row(11)
def test_loading_a_model_unpickles_nothing(study: Study, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """No event of unpickling while a model is loaded; pickles under a model's names are refused, their code never run."""
    CodingModel.from_config(None, FakeEncoder()).fit(study).save(tmp_path / "m")

    class Harm:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.mkdir, (str(tmp_path / "harmed"),)

    for name in ("weights.safetensors", "manifest.json", "precedents.jsonl"):
        shutil.copytree(tmp_path / "m", tmp_path / name)
        (tmp_path / name / name).write_bytes(pickle.dumps(Harm()))
        with pytest.raises(ModelError):
            CodingModel.load(tmp_path / name, FakeEncoder())
    code = (
        "import sys, pathlib; from autocode.model import CodingModel; from tests.fake_encoder import FakeEncoder; seen = []\n"
        "sys.addaudithook(lambda e, a: seen.append(e) if e == 'pickle.find_class' else None)\n"
        "CodingModel.load(pathlib.Path(sys.argv[1]), FakeEncoder()); print(len(seen))"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "m")], capture_output=True, text=True, env=env, check=True
    )
    assert done.stdout.strip() == "0"
    assert not (tmp_path / "harmed").exists()
    figure("3 pickles under a model's names refused, 0 events of unpickling in a load")


@pytest.mark.row(12)
def test_a_model_that_fits_nothing_here_says_both_values(study: Study, tmp_path: Path) -> None:
    """One thing of the manifest changed at a time, and the hashes made to fit: each is one line, none a silent suggestion."""
    CodingModel.from_config(None, FakeEncoder()).fit(study).save(tmp_path / "m")
    known = json.loads((tmp_path / "m" / "manifest.json").read_text())
    for change in ({"dimension": 768}, {"sha256": "0" * 64}, {"name": "another"}):
        made = known | {"encoder": known["encoder"] | change}
        (tmp_path / "m" / "manifest.json").write_text(json.dumps(made))
        with pytest.raises(ModelError) as error:
            CodingModel.load(tmp_path / "m", FakeEncoder())
        assert "\n" not in str(error.value)


TEXTS = (
    "👩‍👩‍👧‍👦 said hello, and 🇧🇷 too",
    "cafe\u0301 und Ma\u00df, nai\u0308ve",
    "שלום לכולם, hello, مرحبا بالعالم",
    "tab\there, bell \x07, escape \x1b, vertical \x0b end",
    "zero\x00byte and \ufffe and \uffff",
    "line one\n\nline two\u2028line three\u0085line four",
    "=1+1 and ＝HYPERLINK and @SUM",
)


@pytest.mark.row(17)
@pytest.mark.parametrize("ending", ["qdpx", "csv", "xlsx", "folder", "hf"])
def test_words_of_any_letters_survive_every_export(ending: str, tmp_path: Path) -> None:
    """A study of odd texts goes out and comes back, each coding over the words it covered, letter for letter where XML can."""
    documents = tuple(Document(f"D{n}", f"first words. {text} last words.", f"D{n}") for n, text in enumerate(TEXTS))
    codings = tuple(Coding(d.id, 13, len(d.text) - 12, "a", "ana") for d in documents)
    readings = tuple(Reading(d.id, "ana", 0, len(d.text)) for d in documents)
    study = Study(documents, Codebook((Code("a"),)), (Coder("ana"),), codings, readings, name="odd")
    halved = replace(study, documents=(Document("D0", "half \ud83d of a pair"),), codings=(), readings=())
    with pytest.raises(StoreError, match="half of a character"):
        update(tmp_path / "h" / STORE, lambda _: halved)
    update(tmp_path / "s" / STORE, lambda _: study)
    stored = load(tmp_path / "s" / STORE)
    assert [stored.by_id[c.document].text_of(c) for c in stored.codings] == list(TEXTS)
    place = tmp_path / ("out" if ending in ("folder", "hf") else f"out.{ending}")
    write(stored, place)
    back = read(place)
    spoken = [back.by_id[c.document].text_of(c) for c in back.codings] if ending != "xlsx" else []
    plain = str.maketrans(
        dict.fromkeys([*map(chr, range(9)), "\x0b", "\x0c", *map(chr, range(14, 32)), "\ufffe", "\uffff"], "\ufffd")
    )
    for found, text in zip(spoken, TEXTS, strict=False):
        assert found.translate(plain) == text.translate(plain)


@pytest.mark.row(18)
@pytest.mark.parametrize("size", ["no byte", "one word", "one long line", "a long cell", "many segments"])
def test_sizes_from_none_to_many(size: str, shell: Shell, figure: Callable[[str], None]) -> None:
    """An empty file is one line; one word, two million letters in a line, a long cell and very many segments are read."""
    many = 100_000 if NIGHT else 10_000
    made = {
        "no byte": ("t.txt", ""),
        "one word": ("t.txt", "Yes"),
        "one long line": ("t.txt", "word " * 400_000),
        "a long cell": ("t.csv", HEAD + 'd,s,1,P,"' + "x" * 200_000 + '",ana,c\n'),
        "many segments": ("t.csv", HEAD + "".join(f"d{n // 500},{n},{n},P,segment number {n},ana,c\n" for n in range(many))),
    }
    name, content = made[size]
    (shell.folder / name).write_text(content, encoding="utf-8")
    code, _, err = shell("import", name, "--study", "s")
    assert "fault of the program" not in err
    assert (code == 0) == (size != "no byte")
    if code == 0:
        assert check(shell.folder / "s" / STORE) == []
        assert shell("describe", "s")[0] == 0
        assert shell("export", "s", "--out", "e.qdpx")[0] == 0
    if size == "many segments":
        figure(f"{many:,} segments read, described and exported")


@pytest.mark.row(28)
@pytest.mark.parametrize(
    ("fault", "content", "turns"),
    [
        ("no hour", "WEBVTT\n\n00:01.000 --> 00:04.000\nwe met\n\n00:05.000 --> 00:09.000\nat work\n", 2),
        ("out of order", "WEBVTT\n\n00:00:05.000 --> 00:00:09.000\nat work\n\n00:00:01.000 --> 00:00:04.000\nwe met\n", 2),
        ("overlapping", "WEBVTT\n\n00:00:01.000 --> 00:00:06.000\nwe met\n\n00:00:05.000 --> 00:00:09.000\nat work\n", 2),
        ("doubled head", "WEBVTT\n\nWEBVTT\n\n00:00:01.000 --> 00:00:06.000\nwe met at work\n", 1),
        ("empty cue", "WEBVTT\n\n00:00:01.000 --> 00:00:06.000\n\n00:00:06.000 --> 00:00:07.000\nwe met at work\n", 1),
        (
            "word times",
            "WEBVTT\n\n00:00:01.000 --> 00:00:06.000\nwe <00:00:02.000><c>met</c> at <00:00:03.000><c>work</c>\n",
            1,
        ),
        ("comma for point", "1\n00:00:01,000 --> 00:00:06,000\nwe met at work\n", 1),
        ("end before begin", "WEBVTT\n\n00:00:09.000 --> 00:00:01.000\nwe met at work\n", 1),
    ],
)
def test_faulty_subtitles_keep_their_words(fault: str, content: str, turns: int, tmp_path: Path) -> None:
    """Whatever is wrong with the times, the words are there once, without marks or times among them."""
    path = tmp_path / ("t.srt" if content[0] == "1" else "t.vtt")
    path.write_text(content)
    (document,) = read(path).documents
    assert sorted(document.text.split()) == ["at", "met", "we", "work"]
    assert len(document.turns) <= turns


def _book(path: Path) -> list[str]:
    """Kinds of the cells of a workbook that are formulas."""
    book = load_workbook(io.BytesIO(path.read_bytes()))
    return [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@pytest.mark.row(8)
@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_verb_writes_a_live_formula(lead: str, study: Study, shell: Shell) -> None:
    """A code, a coder, a document's name, a memo and words that begin like a formula stay words in every table."""
    bad = f'{lead}HYPERLINK("http://192.0.2.1")'
    codes = tuple(replace(c, name=bad, guid="") if c.name == "Time" else c for c in study.codebook)
    path = next(c.path for c in Codebook(codes) if c.name == bad)
    codings = tuple(
        replace(c, code=path if c.code == "Work > Time" else c.code, memo=bad, coder=c.coder) for c in study.codings
    )
    documents = tuple(replace(d, name=f"{bad} {d.id}") for d in study.documents)
    coders = tuple(replace(c, name=bad) if c.id == "ana" else c for c in study.coders)
    made = replace(study, documents=documents, coders=coders, codebook=replace(study.codebook, codes=codes), codings=codings)
    update(shell.folder / "s" / STORE, lambda _: made)
    for words in (
        ("export", "s", "--out", "e.csv"),
        ("export", "s", "--out", "e.xlsx"),
        ("describe", "s", "--out", "c.xlsx"),
        ("describe", "s", "--out", "c.csv"),
        ("agree", "s", "--out", "a.xlsx"),
        ("report", "s", "--no-machine", "--only", "xlsx", "--out", "dossier"),
    ):
        code, _, err = shell(*words)
        assert code == 0, (words, err)
    tables = [*shell.folder.glob("*.xlsx"), *shell.folder.glob("dossier/*.xlsx")]
    assert len(tables) >= 4
    assert [found for table in tables for found in _book(table)] == []
    for table in shell.folder.glob("*.csv"):
        cells = [cell.strip('"') for line in table.read_text("utf-8-sig").split("\n") for cell in line.split(",")]
        assert not [c for c in cells if c.startswith((bad[:10].lstrip(), "=", "@")) and c[:1] in "=+-@＝"], table
