"""A participant is forgotten: no byte of their words is left where it could be erased."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.config import Config
from autocode.dossier import write_dossier
from autocode.dossier.findings import Findings
from autocode.dossier.record import NAME
from autocode.errors import StoreError, StudyError
from autocode.ethics import Places
from autocode.ethics.forget import forget, holding
from autocode.formats.datasets.stream import Parts
from autocode.formats.datasets.suggestions import part, write_suggestions
from autocode.formats.files import write_atomic
from autocode.model import CodingModel
from autocode.store import STORE, load, receipts, update
from autocode.store.backups import attach_copy, backup, check
from autocode.store.ledger import append, entries, last_written
from autocode.store.records import Forgetting, ReceiptRow, journal, outputs, record_outputs, recordings, write_journal
from autocode.study import Coding, Study, Suggestion
from autocode.study.matrix import segment
from autocode.trail import Decision, verify
from tests.fake_encoder import FakeEncoder

WORDS = "hello number 3, the rain in the town was heavy"


@pytest.fixture
def places(study: Study, tmp_path: Path) -> Places:
    """A stored study, a model, a dossier and a file of the researchers' own, all with D3's words."""
    people = tuple(replace(d, variables={"respondent": f"Person {d.id}"}) for d in study.documents)
    named = replace(study, documents=people)
    update(tmp_path / "s" / STORE, lambda old: named)
    CodingModel(Config(), FakeEncoder()).fit(named).save(tmp_path / "models" / "m")
    write_dossier(named, Findings(), tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("My notes. " + WORDS)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a.npz").write_bytes(b"vectors")
    return Places(tmp_path / "s", tmp_path / "models", tmp_path / "cache", (tmp_path / "out",))


@pytest.mark.row(15)
def test_no_byte_is_left_where_it_could_be_erased(places: Places) -> None:
    """After forgetting, the words stand in no file but the researchers' own, which is listed."""
    root = places.study.parent
    before = [p for p in root.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()]
    assert places.study / STORE in before
    done = forget("Person D3", places)
    after = [p for p in root.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()]
    assert after == [root / "out" / "notes.txt"]
    assert str(root / "out" / "notes.txt") in dict(done.left)
    assert not list(root.rglob("dossier.*"))
    assert not list(root.rglob("*.npz"))


def test_their_codings_leave_every_table(places: Places, study: Study) -> None:
    """Document, codings and readings are gone; all others stay; the study file is sound."""
    done = forget("D3", places)
    left = load(places.study / STORE)
    assert "D3" not in {d.id for d in left.documents} | {c.document for c in left.codings} | {r.document for r in left.readings}
    assert len(left.codings) == len(study.codings) - done.codings == sum(c.document != "D3" for c in study.codings)
    assert check(places.study / STORE) == []


@pytest.mark.row(15)
def test_a_model_loses_its_evidence_and_is_listed(places: Places) -> None:
    """The model still loads, without segments of the participant, and its weights are said to remain."""
    done = forget("D3", places)
    models = places.models
    assert models is not None
    model = CodingModel.load(models / "m", FakeEncoder())
    assert model.precedents is not None
    assert {p.document for p in model.precedents.items} == {f"D{i}" for i in range(8)} - {"D3"}
    assert len(model.precedents.vectors) == len(model.precedents.items)
    assert "weights" in dict(done.left)[str(models / "m")]


def test_a_stranger_is_an_error_and_nothing_is_made(places: Places, tmp_path: Path) -> None:
    """An unknown participant is named; a folder without a study file stays without one."""
    with pytest.raises(StudyError, match="Nobody"):
        holding(load(places.study / STORE), "Nobody")
    with pytest.raises(StoreError, match="no study"):
        forget("D3", replace(places, study=tmp_path / "none"))
    assert not (tmp_path / "none" / STORE).exists()


def test_examples_that_quote_them_leave_the_codebook_and_the_model(places: Places) -> None:
    """A code's example taken from their interview is erased in study and model; the others stay."""
    path = places.study / STORE
    quoting = replace(
        load(path).codebook,
        codes=tuple(
            replace(c, example={"Time": WORDS, "Recognition": "An example of our own, which nobody said."}.get(c.name, ""))
            for c in load(path).codebook
        ),
    )
    update(path, lambda old: replace(old, codebook=quoting))
    models = places.models
    assert models is not None
    CodingModel(Config(), FakeEncoder()).fit(load(path)).save(models / "m")
    done = forget("D3", places)
    assert "codebook: the examples of Work > Time, which quoted them" in done.erased
    for book in (load(path).codebook, CodingModel.load(models / "m", FakeEncoder()).codebook):
        assert {c.example for c in book if c.example} == {"An example of our own, which nobody said."}
    root = places.study.parent
    assert [p.name for p in root.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()] == ["notes.txt"]


@pytest.mark.row(15)
def test_the_ledger_loses_their_words_and_name_and_says_so(places: Places) -> None:
    """Notes that quote or name them are gone, the chain holds anew, and a last entry says how it ended before."""
    path = places.study / STORE
    quoted = "über " + WORDS  # written as numbers in the ledger's own text
    text = load(path).by_id["D3"].text.replace(WORDS, quoted)
    update(
        path,
        lambda old: replace(
            old, documents=tuple(replace(d, text=text, turns=(), segments=()) if d.id == "D3" else d for d in old.documents)
        ),
    )
    append(
        path,
        [
            Decision("note", "eve", "D4", note="Nothing of theirs."),
            Decision("note", "eve", "D4", note=quoted),
            Decision("skip", "eve", "D3", "D3:2"),
        ],
    )
    head = entries(path)[-1].sha256
    forget("Person D3", places)
    kept = entries(path)
    assert verify(kept, last_written(path)) == []
    assert check(path) == []
    assert [e.decision.note for e in kept[:2]] == ["Nothing of theirs.", "[withdrawn]"]
    assert (kept[2].decision.document, kept[2].decision.action) == ("[withdrawn]", "skip")
    assert kept[3].decision.action == "redact"
    assert head in kept[3].decision.note
    assert not [p for p in places.study.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()]


@pytest.mark.row(15)
def test_everything_on_the_studys_list_is_found_from_any_folder(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters, tables and models that nobody names now are erased; one changed since is listed, one moved away is named."""
    root = places.study.parent
    made = [root / "far" / name for name in ("letters/D3.html", "all.csv", "worked.csv", "moved.csv")]
    for path in made:
        write_atomic(path, f"They said: {WORDS} 3 and the bus came late")
    record_outputs(places.study / STORE, [*made, root / "models" / "m"], "export")
    made[2].write_text("Mine now. " + WORDS)
    made[3].rename(root / "elsewhere.csv")
    monkeypatch.chdir(root / "cache")
    done = forget("D3", Places(places.study))
    assert not made[0].exists()
    assert not made[1].exists()
    assert "changed since" in dict(done.left)[str(made[2])]
    assert any("moved.csv" in where for where in done.not_searched)
    assert any(str(root / "models" / "m") in what for what in done.erased)
    assert [o.path for o in outputs(places.study / STORE)] == ["../far/worked.csv", "../far/moved.csv", "../models/m"]


@pytest.mark.row(15)
@pytest.mark.parametrize(
    "note",
    [
        'He said: "My wife is Ana Lim."',
        "<p>my wife <b>is</b> Ana&#32;Lim</p>",
        '{"said": "My wife\\nis Ana Lim"}',
        "MY WIFE IS ANA LIM",
        "the second one, P. Sørensen, left",
        "see D3 again",
    ],
)
def test_short_sentences_and_names_are_searched_whole(places: Places, note: str) -> None:
    """A sentence of five words is found in quotes, tags, escapes or capitals; so are an id and a respondent's name."""

    def said(old: Study) -> Study:
        people = (
            replace(d, text=d.text + "R: My wife is Ana Lim.\n", variables={"respondent": "P. Sørensen"}) if d.id == "D3" else d
            for d in old.documents
        )
        return replace(old, documents=tuple(people))

    update(places.study / STORE, said)
    file = places.also[0] / "memo.txt"
    file.write_text(note, encoding="utf-8")
    (places.also[0] / "other.txt").write_text("My wife is at home, and number 33 is not they.", encoding="utf-8")
    left = dict(forget("D3", places).left)
    assert str(file) in left
    assert str(places.also[0] / "other.txt") not in left


@pytest.mark.row(15)
def test_a_first_or_last_name_alone_is_listed_and_nothing_is_erased_for_it(places: Places) -> None:
    """Parts of a name that nobody else in the study has or says are looked for too; a shared one is not, and no file goes."""

    def named(old: Study | None) -> Study:
        assert old is not None
        called = {"D3": "Ines Vidal", "D4": "Ines Brandt"}
        people = (replace(d, variables={"respondent": called.get(d.id, f"Person {d.id}")}) for d in old.documents)
        turned = (
            replace(d, turns=tuple(replace(t, speaker=called[d.id]) if t.speaker != "Interviewer" else t for t in d.turns))
            if d.id in called
            else d
            for d in people
        )
        return replace(old, documents=tuple(turned))

    update(places.study / STORE, named)
    append(places.study / STORE, [Decision("note", "ana", "D1", note="as Mrs. Vidal said")])
    folder = places.also[0]
    for name, text in {"a": "Met Vidal again.", "b": "Ines wrote.", "c": "INES VIDAL called", "d": "Vidalia onions"}.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    done = forget("D3", places)
    left = dict(done.left)
    assert "part of their name" in left[str(folder / "a.txt")]
    assert "it names them" in left[str(folder / "c.txt")]
    assert not {str(folder / "b.txt"), str(folder / "d.txt")} & set(left)
    assert "part of their name" in left["ledger"]
    assert all((folder / f"{name}.txt").exists() for name in "abcd")
    assert any("parts of their names" in line for line in done.searched)


@pytest.mark.row(15)
def test_dated_copies_forget_too(places: Places) -> None:
    """A copy made before is a sound study without them afterwards."""
    kept = backup(places.study / STORE)
    forget("D3", places)
    assert "D3" not in load(kept).by_id
    assert check(kept) == []
    assert WORDS.encode() not in kept.read_bytes()


_KILLED = """
import os, sys
from pathlib import Path
from autocode.ethics import Places
from autocode.ethics.forget import forget
study, stop = Path(sys.argv[1]), int(sys.argv[2])
seen = [0]
def watch(event, arguments):
    if event in ("open", "os.remove", "os.rename", "sqlite3.connect", "os.listdir", "tempfile.mkstemp"):
        place = str(arguments[0]) if arguments else ""
        if str(study.parent) in place:
            seen[0] += 1
            if seen[0] == stop:
                os._exit(9)
sys.addaudithook(watch)
forget("D3", Places(study, study.parent / "models", study.parent / "cache", (study.parent / "out",)))
print(seen[0])
"""


@pytest.mark.row(1, 15)
def test_it_goes_on_after_a_kill_at_any_point(places: Places) -> None:
    """Killed at points all over its way, the same call finishes: no word is left, and the certificate names what went."""
    root = places.study.parent
    backup(places.study / STORE)
    shutil.copytree(root, root.with_name("whole"))
    run = [sys.executable, "-c", _KILLED, str(places.study)]
    steps = int(subprocess.run([*run, "0"], capture_output=True, text=True, check=True).stdout)
    assert steps > 100
    for stop in range(1, steps, max(1, steps // 12)):
        shutil.rmtree(root)
        shutil.copytree(root.with_name("whole"), root)
        assert subprocess.run([*run, str(stop)], check=False).returncode == 9
        begun = journal(places.study / STORE)
        done = forget("D3", places) if begun or "D3" in load(places.study / STORE).by_id else None
        assert journal(places.study / STORE) is None
        assert check(places.study / STORE) == []
        assert [p.name for p in root.rglob("*") if p.is_file() and WORDS.encode() in p.read_bytes()] == ["notes.txt"], stop
        assert done is None or any("1 document," in what for what in done.erased)


def test_a_second_forgetting_waits_for_the_first(places: Places) -> None:
    """Who comes next is told whose forgetting was stopped, and how to finish it."""
    write_journal(places.study / STORE, Forgetting("D3", ("D3",), "then", {}))
    with pytest.raises(StudyError, match="autocode forget .* D3 --yes"):
        forget("D4", places)


def test_a_record_that_points_to_them_is_listed(places: Places) -> None:
    """A pinned quote of theirs in dossier.toml is named, for no report can be made before it is gone."""
    pinned = '[[pinned]]\ncode = "Work > Time"\ndocument = "{}"\nstart = 0\nend = 5\n'
    (places.study / NAME).write_text(pinned.format("D4"))
    assert str(places.study / NAME) not in dict(forget("D5", places).left)
    (places.study / NAME).write_text(pinned.format("D3"))
    done = forget("D3", places)
    assert "points to D3" in dict(done.left)[str(places.study / NAME)]


@pytest.mark.row(15)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_parts_of_a_stopped_run_are_erased(places: Places, suffix: str) -> None:
    """The hidden folder that a stopped suggest leaves goes, packed or not; one that holds others' words alone stays."""
    root = places.study.parent
    stored = load(places.study / STORE)
    ours, others = Parts(root / "out" / f"s{suffix}", "job"), Parts(root / "out" / f"o{suffix}", "job")
    for parts, document in ((ours, "D3"), (others, "D4")):
        unit = segment(stored.by_id[document], Config().segment)[1]
        said = Suggestion(unit, "Learner > Time", 0.9, "suggest")
        parts.begin()
        parts.keep(0, "0" * 24, part(suffix, ([said], ()), stored.by_id, False))
    done = forget("D3", places)
    assert not ours.folder.exists()
    assert others.folder.is_dir()
    assert [e for e in done.erased if e.startswith(str(ours.folder))]


@pytest.mark.row(15)
def test_words_in_a_parquet_table_are_found(places: Places) -> None:
    """A finished table is the researchers' own: it is listed, though its columns are packed."""
    stored = load(places.study / STORE)
    unit = segment(stored.by_id["D3"], Config().segment)[1]
    out = places.study.parent / "out" / "s.parquet"
    write_suggestions(out, [Suggestion(unit, "Learner > Time", 0.9, "suggest")] * 9, stored.by_id, False)
    assert "erase it yourself" in dict(forget("D3", places).left)[str(out)]


def test_a_rule_with_words_in_common_is_read_and_no_file_is_blamed(places: Places) -> None:
    """A rule that shares words with the participant is named for a human; the study file is not said to be unclean."""

    def ruled(old: Study) -> Study:
        first, *rest = old.codebook
        return replace(old, codebook=replace(old.codebook, codes=(replace(first, definition=WORDS), *rest)))

    update(places.study / STORE, ruled)
    left = forget("D3", places).left
    assert "read them" in dict(left)["codebook"]
    assert str(places.study / STORE) not in dict(left)


@pytest.mark.row(15)
def test_receipts_forget_them_too(places: Places) -> None:
    """What receipts say of the documents, and codings set aside there, are gone; the rest stays."""
    aside = tuple(Coding(d, 0, 4, "Work > Time", "ana", "a memo on them") for d in ("D3", "D4"))
    kept = ReceiptRow("then", "study", "codings", 9, {}, ("ana in D4 2",), aside[1:])
    told = [ReceiptRow("then", "D3.txt", "transcripts", 1), replace(kept, notes=("ana in D3 1", *kept.notes), aside=aside)]
    path = places.study / STORE
    update(path, lambda old: old, lambda: told)
    forget("D3", places)
    assert receipts(path) == (kept,)
    assert check(path) == []


@pytest.mark.row(15)
def test_the_copy_of_their_recording_goes_and_their_own_file_is_named(places: Places, tmp_path: Path) -> None:
    """What the desk copied into the study's folder is erased; a file that lies elsewhere, or has no document, is told of."""
    store, sound = places.study / STORE, tmp_path / "D3.mp3"
    sound.write_bytes(b"their voice")
    copy = attach_copy(store, "D3", sound).file(store)
    loose = copy.with_name("someone.mp3")
    loose.write_bytes(b"whose voice?")
    done = forget("Person D3", places)
    assert not copy.exists()
    assert sound.exists()
    assert any(line.startswith(f"{copy}: their recording") for line in done.erased)
    assert f"{loose}: its words cannot be read here" in done.not_searched
    assert recordings(store) == {}


@pytest.mark.row(15)
def test_a_recording_on_which_others_are_heard_stays_and_is_named(places: Places, tmp_path: Path) -> None:
    """Two people on one recording: it is not erased with one of them, and the certificate says what to do."""
    store, sound = places.study / STORE, tmp_path / "both.mp3"
    sound.write_bytes(b"their voices")
    copy = attach_copy(store, "D3", sound).file(store)
    assert attach_copy(store, "D2", sound).file(store) == copy
    done = forget("Person D3", places)
    assert copy.exists()
    assert (str(copy), "others are heard on it too: cut it yourself") in done.left
    assert list(recordings(store)) == ["D2"]


@pytest.mark.row(15)
def test_the_certificate_is_kept_without_a_name_and_written_by_whoever_finishes(places: Places) -> None:
    """What a stopped forgetting was to write is written where it goes on; the study keeps a certificate that names nobody."""
    out, told = places.study.parent / "certificate.txt", list[str]()

    def stop(what: str, number: int, of: int) -> None:
        """A full disk at the sixth step."""
        told.append(f"{what} {number} of {of}")
        if number == 6:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        forget("Person D3", places, step=stop, to=out)
    assert told[0] == "outputs 1 of 10"
    assert not out.exists()
    done = forget("Person D3", places)
    assert out.read_text(encoding="utf-8") == f"{done}\n"
    (kept,) = (places.study / "certificates").iterdir()
    said = kept.read_text(encoding="utf-8")
    assert "Certificate: [withdrawn] was forgotten" in said
    assert "D3" not in said
    assert "Person" not in said
    forget("D4", replace(places, also=()))
    assert len(list((places.study / "certificates").iterdir())) == 2
    assert not any("D4" in p.read_text(encoding="utf-8") for p in (places.study / "certificates").iterdir())
