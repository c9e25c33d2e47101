"""The verbs of the second look: short answers, whole JSON, sheets that come back, and bad input in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autocode.desk.jobs import FOLDER, SECOND_CODER
from autocode.formats import write
from autocode.formats.files import csv_text, read_csv
from autocode.store import STORE, load, update
from autocode.store.ledger import entries
from autocode.study import Coder, Reading, Study
from tests.cli.test_cli import Shell, shell

__all__ = ["shell"]
FAKE = ("--config", "fake.toml")


@pytest.fixture
def tiny(shell: Shell) -> Shell:
    """A shell beside an imported study of two coders and a resolved coding."""
    assert shell("import", "open", "--study", "s")[0] == 0
    return shell


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("second-look", "s", *FAKE), "worth a second look"),
        (("meet", "s", *FAKE), "pooled kappa"),
        (("clinic", "s", *FAKE), "not enough data to say"),
        (("stability", "s", *FAKE), "interviews is left out"),
        (("plan", "s", *FAKE), "double coding"),
        (("plan",), "double coding"),
        (("plan", "s", "--coder", "ana", *FAKE), "an expected kappa of .70"),
    ],
)
def test_the_answer_comes_first_in_fifteen_lines(tiny: Shell, words: tuple[str, ...], said: str) -> None:
    """Each verb answers in at most 15 lines, names the next command, and gives JSON that can be read."""
    code, out, err = tiny(*words)
    assert (code, said in " ".join(out.split())) == (0, True)
    assert len((out + err.partition("Next: ")[2]).splitlines()) <= 15
    assert max(map(len, out.splitlines())) <= 80
    assert "Next: " in err
    assert "autocode " in err
    assert json.loads(tiny(*words, "--json")[1])


def test_a_blind_sheet_becomes_a_round_of_the_ledger(tiny: Shell) -> None:
    """Answers are told and recorded once; no coding changes, however often the sheet is given."""
    before = load(tiny.folder / "s" / STORE).codings
    assert tiny("second-look", "s", "--coder", "ana", "--blind", "again.csv", *FAKE)[0] == 0
    table = read_csv(tiny.folder / "again.csv")
    rows = [tuple({**row, "answer": "1"}[c] for c in table.columns) for row in table.rows]
    (tiny.folder / "again.csv").write_text(csv_text(table.columns, rows), encoding="utf-8")
    for _ in range(2):
        code, out, _ = tiny("second-look", "s", "--coder", "ana", "--answers", "again.csv", *FAKE)
        assert (code, "The first coding stays as it is." in out) == (0, True)
    written = [e for e in entries(tiny.folder / "s" / STORE) if e.decision.action == "look again"]
    assert len(written) == len(rows)
    assert load(tiny.folder / "s" / STORE).codings == before


def test_a_meeting_of_two_studies(tiny: Shell, study: Study, tmp_path: Path) -> None:
    """Two open folders meet by their words; the agenda is kept, and read back after the meeting."""
    for who in ("ana", "ben"):
        own = Study(
            study.documents,
            study.codebook,
            tuple(c for c in study.coders if c.id == who),
            tuple(c for c in study.codings if c.coder == who),
            tuple(r for r in study.readings if r.coder == who),
            who,
        )
        write(own, tmp_path / who)
    code, out, _ = tiny("meet", "ana", "ben", "--out", "meeting.json", *FAKE)
    assert (code, "differ 2 times in 8 documents" in out) == (0, True)
    code, out, _ = tiny("meet", "ana", "ben", "--since", "meeting.json", *FAKE)
    assert (code, "0 of 2 disagreements settled" in out) == (0, True)
    assert tiny("meet", "ana", "ben", "--out", "agenda.html", *FAKE)[0] == 0
    assert "the employer value the badge" in (tmp_path / "agenda.html").read_text(encoding="utf-8")
    (tmp_path / "OLD.CSV").touch()
    assert tiny("meet", "ana", "ben", "--out", "OLD.CSV", "--overwrite", *FAKE)[0] == 0
    assert (tmp_path / "OLD.CSV").read_text(encoding="utf-8-sig").startswith("point,")


def test_a_meeting_of_two_codebooks_names_what_stands_in_one_alone(shell: Shell) -> None:
    """A code that only one has is named, case and spaces aside; codebooks with nothing in common are refused."""
    rows = [("D1", f"s{n}", n, "P", f"Words {n}.") for n in range(4)]
    header = ("document_id", "segment_id", "order", "speaker", "text", "coder", "codes")
    given = {"ana": ("Pay", "Time"), "ben": ("pay ", "Hours"), "eva": ("Money", "Hours")}
    for who, codes in given.items():
        table = csv_text(header, [(*r, who, codes[n % 2]) for n, r in enumerate(rows)])
        (shell.folder / f"{who}.csv").write_text(table, encoding="utf-8")
    code, out, err = shell("meet", "ana.csv", "ben.csv", *FAKE)
    assert (code, "ana and ben differ 4 times in 1 document" in out) == (0, True)
    assert "2 codes that only one of the two has: Hours; Time." in err
    code, out, err = shell("meet", "ana.csv", "eva.csv", "--out", "meeting.json", *FAKE)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "codebooks differ" in err
    assert not (shell.folder / "meeting.json").exists()


def test_the_second_coder_is_told_what_to_read_and_when_to_stop(tiny: Shell) -> None:
    """The draw is the same each time; the estimate speaks of what both have read."""
    assert tiny("next", "s", "--second-coder", "--units", "20", "--out", "second.csv", *FAKE)[0] == 0
    first = (tiny.folder / "second.csv").read_bytes()
    assert tiny("next", "s", "--second-coder", "--units", "20", "--out", "second.csv", *FAKE)[0] == 0
    assert (tiny.folder / "second.csv").read_bytes() == first
    code, out, _ = tiny("plan", "s", "--drawn", "second.csv", *FAKE)
    assert code == 0
    assert any(said in out for said in ("Stop: enough.", "more passages", "Not enough data"))
    code, _, err = tiny("next", "s", "--second-coder", "--units", "20", *FAKE)
    assert (code, "On the desk a second coder" in err) == (0, True)
    assert (tiny.folder / "s" / FOLDER / SECOND_CODER).read_bytes() == first  # where the desk looks for it
    code, out, err = tiny("plan", "s", "--drawn", "second.csv", "--coders", "ana,eva", *FAKE)
    assert (code, out, "coder 'eva'" in err) == (1, "", True)  # whoever is named is asked for


def test_part_of_a_draw_is_no_draw(shell: Shell) -> None:
    """While drawn passages are left to read nothing is told of agreement: those read first are no draw of all."""
    text = [f"Words {n} on {'pay' if n % 2 else 'time'} and more." for n in range(10)]
    header = ("document_id", "segment_id", "order", "speaker", "text", "coder", "codes")
    rows = [(f"D{d}", f"s{n}", n, "P", text[n], "ana", "Pay" if n % 2 else "Time") for d in range(6) for n in range(10)]
    (shell.folder / "ana.csv").write_text(csv_text(header, rows), encoding="utf-8")
    assert shell("import", "ana.csv", "--study", "w")[0] == 0
    assert shell("next", "w", "--second-coder", "--units", "24", "--out", "drawn.csv", *FAKE)[0] == 0
    drawn = [r for r in read_csv(shell.folder / "drawn.csv").rows if r["read"] == "1"]

    def read_by_ben(passages: list[dict[str, str]]) -> None:
        """Ben reads passages and gives none a code."""
        spans = tuple(Reading(r["document"], "ben", int(r["start"]), int(r["end"])) for r in passages)
        update(
            shell.folder / "w" / STORE,
            lambda s: replace(s, coders=(*s.coders[:1], Coder("ben")), readings=(*s.readings, *spans)),
        )

    read_by_ben(drawn[:-1])
    code, out, _ = shell("plan", "w", "--drawn", "drawn.csv", "--coders", "ana,ben", *FAKE)
    assert (code, out.startswith(f"Not yet: 1 of the {len(drawn)} passages drawn is still to be read.")) == (0, True)
    assert "kappa" not in out
    told = json.loads(shell("plan", "w", "--drawn", "drawn.csv", "--coders", "ana,ben", "--json", *FAKE)[1])
    assert (told["kappa"], told["more"], told["read"]) == (None, None, len(drawn) - 1)
    read_by_ben(drawn[-1:])
    assert "Not yet" not in shell("plan", "w", "--drawn", "drawn.csv", "--coders", "ana,ben", *FAKE)[1]


def test_of_many_coders_each_has_a_line(shell: Shell) -> None:
    """Six coders fit the first screen, one line each, and one of them has a list."""
    who = [f"c{n}" for n in range(6)]
    rows = [
        (f"D{d}", f"s{n}", n, "P", f"Words {n} of {d} on {'pay' if n % 2 else 'time'}.", c, "Pay" if n % 2 else "")
        for d in range(4)
        for n in range(8)
        for c in who
    ]
    header = ("document_id", "segment_id", "order", "speaker", "text", "coder", "codes")
    (shell.folder / "six.csv").write_text(csv_text(header, rows), encoding="utf-8")
    code, out, _ = shell("second-look", "six.csv", *FAKE)
    lines = out.splitlines()
    assert (code, len(lines) <= 15, out.startswith("6 coders: ")) == (0, True, True)
    assert [line.split()[0] for line in lines if line.startswith("  c")] == who
    assert shell("second-look", "six.csv", "--coder", "c3", *FAKE)[1].startswith("c3 gave 16 codings")


def test_one_document_has_a_clinic_without_the_machine(shell: Shell) -> None:
    """Where the machine cannot learn, the humans are compared all the same, and that it is missing is said."""
    rows = [("D1", f"s{n}", n, "P", f"Words {n}.", who, "Pay" if n % 2 else "") for n in range(4) for who in ("ana", "ben")]
    header = ("document_id", "segment_id", "order", "speaker", "text", "coder", "codes")
    (shell.folder / "one.csv").write_text(csv_text(header, rows), encoding="utf-8")
    for more in ((), ("--out", "one.html")):
        code, out, err = shell("clinic", "one.csv", *more, *FAKE)
        assert (code, "whether the code is weak" in out) == (0, True)
        assert ("Without the machine's view: study 'one'" in err) == bool(more)  # what is printed has none


def test_the_clinic_asks_the_machine_only_for_what_is_kept(tiny: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines are the same with and without the machine, which is not asked for them; the page has its view."""
    told = tiny("clinic", "s", "--no-machine", *FAKE)[1]
    assert tiny("clinic", "s", *FAKE)[1] == told
    asked: list[str] = []
    monkeypatch.setattr("autocode.cli.second_look.hold_out", lambda *_: asked.append("asked"))
    tiny("clinic", "s", *FAKE)
    assert asked == []
    tiny("clinic", "s", "--json", *FAKE)
    assert asked == ["asked"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("second-look", "s", "--coder", "eva", *FAKE), "coder 'eva'"),
        (("second-look", "s", "--blind", "b.csv", *FAKE), "Add --coder ana"),
        (("second-look", "s", "--coder", "ana", "--answers", "open/codings/ana.csv", *FAKE), "row 1"),
        (("meet", "s", "--since", "fake.toml", *FAKE), "no agenda that `meet` wrote"),
        (("plan", "--prevalence", "1.5"), "out of range"),
        (("plan", "--drawn", "fake.toml"), "beside its study"),
        (("next", "s", "--second-coder", "--out", "x.html", *FAKE), "written as .csv"),
        (("next", "s", "--units", "5", *FAKE), "--second-coder"),
        (("stability", "s", "--by", "shoe size", *FAKE), "--by shoe size"),
        (("clinic", "s", "--coder", "ana", *FAKE), "it needs two coders"),
    ],
)
def test_bad_input_gets_one_line(tiny: Shell, words: tuple[str, ...], said: str) -> None:
    """What, why and what next; nothing is written."""
    code, _, err = tiny(*words)
    last = [line for line in err.splitlines() if line.startswith("autocode:")]
    assert code in (1, 2)
    assert len(last) == 1
    assert said in last[0]
    assert "fault of the program" not in err


def test_a_single_interview_is_told_that_nothing_can_be_said(shell: Shell) -> None:
    """One document: the clinic says so of all codes, the plan does not take one document for alike ones, the rest refuse."""
    who = (("ana", "Pay"), ("ben", "Time"))
    rows = [("D1", f"s{n}", n, "P", f"Words {n}.", coder, given if n % 2 else "") for n in range(4) for coder, given in who]
    header = ("document_id", "segment_id", "order", "speaker", "text", "coder", "codes")
    (shell.folder / "one.csv").write_text(csv_text(header, rows), encoding="utf-8")
    code, out, _ = shell("clinic", "one.csv", *FAKE)
    assert (code, "Not enough data to say whether any of the 2 codes is weak" in out) == (0, True)
    assert json.loads(shell("plan", "one.csv", "--json", *FAKE)[1])["design"]["likeness"] >= 0.05
    for verb in ("second-look", "stability"):
        code, out, said = shell(verb, "one.csv", *FAKE)
        assert (code, out, said.count("\n")) == (1, "", 1)
    code, _, said = shell("plan", "one.csv", "--drawn", "one.csv", *FAKE)
    assert (code, "no table of passages drawn" in said) == (1, True)


def test_a_later_round_of_the_same_people_is_left_out_everywhere(tiny: Shell) -> None:
    """Each verb finds with a person's later round what it found without it, and says who is left out; named, it is taken in."""
    verbs: tuple[tuple[str, ...], ...] = (
        ("second-look", "s", *FAKE, "--json"),
        ("meet", "s", *FAKE, "--json"),
        ("clinic", "s", *FAKE, "--json"),
        ("plan", "s", *FAKE, "--json"),
        ("stability", "s", *FAKE, "--json"),
        ("next", "s", *FAKE, "--json"),
        ("next", "s", *FAKE, "--second-coder", "--units", "5", "--out", "draw.csv"),
    )
    before = [(tiny(*words)[1], _drawn(tiny.folder)) for words in verbs]
    path = tiny.folder / "s" / STORE

    def again(old: Study) -> Study:
        """The study with what Ana coded once more, less her first codings of each interview."""
        codings = [replace(c, coder="ana2") for c in old.codings if c.coder == "ana"][::2]
        readings = [replace(r, coder="ana2") for r in old.readings if r.coder == "ana"]
        coders = (Coder("ana2", "Ana, second time"), *old.coders)
        return replace(old, coders=coders, codings=(*old.codings, *codings), readings=(*old.readings, *readings))

    update(path, again)
    (path.parent / "dossier.toml").write_text('[[rounds]]\nfirst = "ana"\nsecond = "ana2"\n', encoding="utf-8")
    for words, found in zip(verbs, before, strict=True):
        code, out, err = tiny(*words)
        assert (code, (out, _drawn(tiny.folder))) == (0, found), words
        assert err.count("later round: ana2") == 1, words
    _, out, err = tiny("meet", "s", "--coders", "ana,ana2", *FAKE)
    assert out.startswith("ana and ana2 differ")
    assert "later round" not in err
    _, out, _ = tiny("second-look", "s", "--coder", "ana2", *FAKE)
    assert out.startswith("ana2")

    def alone(old: Study) -> Study:
        """The study without its agreed coding, which would count in the place of a coder's."""
        codings = tuple(c for c in old.codings if c.coder != old.agreed)
        readings = tuple(r for r in old.readings if r.coder != old.agreed)
        return replace(old, coders=tuple(c for c in old.coders if c.kind == "human"), codings=codings, readings=readings)

    assert update(path, alone).humans[0] == "ana2"
    assert "'ana' has coded every document" in tiny("frequencies", "s", "--chosen", *FAKE)[2]


def _drawn(folder: Path) -> str:
    path = folder / "draw.csv"
    found = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.unlink(missing_ok=True)
    return found
