"""The first screen of a verb: short, whole, and in numbers a person can use."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from autocode.agreement import AgreementOptions, AgreementReport, Decisions, agree_on
from autocode.agreement.estimate import apa
from autocode.cli.answers import Answer, agreed, and_list, described, ends, judged, short_names
from autocode.cli.shell import counted
from autocode.evaluate import FirstChoices
from autocode.formats import write
from autocode.model.card import why_silent
from autocode.study import Coder, Study
from tests.cli.test_cli import Shell, shell

__all__ = ["shell"]


@pytest.fixture
def learnt(shell: Shell) -> Shell:
    """A study and its model."""
    assert shell("import", "open", "--study", "corpora/tiny")[0] == 0
    assert shell("train", "tiny", "--config", "fake.toml")[0] == 0
    (shell.folder / "new.txt").write_text("R: my shift at work takes all the hours\n", encoding="utf-8")
    return shell


@pytest.mark.parametrize(
    "words",
    [
        "agree tiny",
        "agree tiny --by document",
        "agree tiny --unit character",
        "agree tiny --coders ana,ben,agreed",
        "evaluate tiny --config fake.toml",
        "evaluate tiny --config fake.toml --coders ana",
        "train tiny --config fake.toml",
        "describe tiny",
        "suggest tiny new.txt --out s.csv",
        "suggest tiny new.txt --out t.csv --all",
    ],
)
def test_the_answer_fits_one_screen(words: str, learnt: Shell) -> None:
    """At most 15 lines beside those of progress, none over 80 columns but commands, nothing cut, no odd number."""
    code, out, err = learnt(*words.split())
    assert code == 0, err
    lines = [line for line in (out + err).splitlines() if not line.endswith(" ...")]
    assert 1 < len(lines) <= 15
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "…" not in out + err
    assert not re.search(r"\b0\.\d\d\b|-0?\.00\b|\b1 (documents|codes|segments|codings|places|interviews)\b", out)
    assert "Next: autocode " in err


@pytest.mark.parametrize(
    "verb", ["agree tiny", "evaluate tiny --config fake.toml", "train tiny --config fake.toml", "describe tiny"]
)
def test_all_and_json_hold_what_the_answer_leaves_out(verb: str, learnt: Shell) -> None:
    """--all prints the tables, --json has the answer beside everything else."""
    answer, table, told = (learnt(*verb.split(), *more)[1] for more in ((), ("--all",), ("--json",)))
    assert table != answer
    assert json.loads(told)["answer"]["verdict"].split()[:3] == answer.split()[:3]


@pytest.mark.parametrize("ending", ["xlsx", "csv", "html", "png", "svg"])
def test_every_verb_writes_its_tables_and_its_figure(ending: str, learnt: Shell) -> None:
    """agree, evaluate and describe write each form; what is in it begins as that form does."""
    begins = {"xlsx": b"PK", "csv": b"\xef\xbb\xbf", "html": b"<!", "png": b"\x89PNG", "svg": b"<svg"}[ending]
    for verb in ("agree tiny", "evaluate tiny --config fake.toml", "describe tiny"):
        name = f"{verb.split()[0]}.{ending}"
        code, _, err = learnt(*verb.split(), "--out", name)
        assert (code, f"{name} is written." in err) == (0, True), err
        assert (learnt.folder / name).read_bytes().lstrip().startswith(begins), name


def test_train_writes_what_each_code_may_be_used_for(learnt: Shell) -> None:
    """With an ending, --out of train is the table of evidence, and the model goes where --model says."""
    assert learnt("train", "tiny", "--config", "fake.toml", "--model", "other", "--out", "evidence.csv")[0] == 0
    rows = (learnt.folder / "evidence.csv").read_text(encoding="utf-8-sig").splitlines()
    assert (rows[0].split(",")[:2], len(rows)) == (["Code", "Licence"], 4)
    assert (learnt.folder / "models/other/manifest.json").is_file()


def test_the_next_command_fits_what_is_there(shell: Shell, study: Study) -> None:
    """Without codings: review; one coder: train; two on the same documents: agree."""
    (shell.folder / "a.txt").write_text("R: a\n", encoding="utf-8")
    shell("import", "a.txt", "--study", "texts")
    assert "Next: autocode review texts" in shell("describe", "texts")[2]
    shell("import", "open", "--study", "two")
    assert "Next: autocode agree two" in shell("describe", "two")[2]
    alone = {"codings": study.codings, "readings": study.readings}
    mine = {name: tuple(x for x in rows if x.coder == "ana") for name, rows in alone.items()}
    write(replace(study, coders=study.coders[:1], **mine), shell.folder / "mine")
    shell("import", "mine", "--study", "one")
    assert "Next: autocode train one" in shell("describe", "one")[2]


def test_an_answer_is_cut_to_lines_from_the_least_important_on() -> None:
    """Notes go first; the verdict always stays; no line is broken off."""
    answer = Answer("Yes.", "Good for x.", ("a .9", "b .8"), ("c .1",), "kappa", notes=("n " * 200, "last"))
    assert answer.fit(4).splitlines() == ["Yes.", "Good for x.", "Best codes (kappa): a .9; b .8.", "Weakest: c .1."]
    assert answer.fit(1) == "Yes."


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.67, ".67"), (-0.001, ".00"), (-0.24, "-.24"), (0.999, "1.00"), (1.0, "1.00"), (-1.0, "-1.00"), (0.0, ".00")],
)
def test_numbers_are_in_the_style_of_the_apa(value: float, told: str) -> None:
    """No zero before the point of what cannot exceed 1, and no negative zero."""
    assert apa(value) == told


def test_numbers_agree_with_their_nouns() -> None:
    """1 document, 2 documents, 1,000 codings, and lists with an and."""
    assert [counted(n, "document") for n in (0, 1, 2)] == ["0 documents", "1 document", "2 documents"]
    assert counted(1, "code was", "codes were") == "1 code was"
    assert [and_list(n) for n in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_codes_go_by_their_own_names_where_those_are_clear() -> None:
    """A name under two themes keeps its path; best and worst never share a code."""
    assert short_names(["A > x", "B > x", "B > y"]) == {"A > x": "A > x", "B > x": "B > x", "B > y": "y"}
    assert ends(["a", "b", "c", "d"]) == (("a", "b"), ("d", "c"))
    assert ends(["a"]) == (("a",), ())


def test_codings_that_find_no_place_are_told_by_agree(shell: Shell) -> None:
    """A coding outside its text is left out of the comparison, and the person reads how many and from which file."""
    assert "Left out" not in shell("agree", "open")[2]
    table = next((shell.folder / "open" / "codings").glob("ana*"))
    lines = table.read_text(encoding="utf-8").splitlines()
    broken = lines[1].split(",")
    table.write_text("\n".join([*lines, f"{broken[0]},99990,99999,{broken[3]},,"]) + "\n", encoding="utf-8")
    code, _, said = shell("agree", "open")
    assert code == 0
    assert "Left out:" in said
    assert "skipped 1" in said


def test_what_train_warns_of_takes_its_room_from_the_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note of several lines on the languages does not push the first screen over 15 lines; the verdict stays."""
    warning = "12 documents are in French, German and Dutch and others, " * 6 + "and the encoder knows English alone."
    monkeypatch.setattr("autocode.cli.train.unknown_to", lambda *_: warning)
    code, out, err = shell("train", "open", "--config", "fake.toml", "--model", "m")
    assert code == 0
    assert out.startswith("Of ")
    told = [line for line in err.splitlines() if not line.startswith("Learning")]
    assert len(out.splitlines()) + sum(-(-len(line) // 80) for line in told) <= 15


def test_people_whose_transcripts_are_to_come_take_no_room(shell: Shell) -> None:
    """A table of participants may know more people than there are transcripts: agree, which loses nothing by it, is silent."""
    people = shell.folder / "open" / "participants.csv"
    names = people.read_text(encoding="utf-8").splitlines() if people.is_file() else ["document,group"]
    people.write_text("\n".join([*names, "LATER" + "," * names[0].count(",")]) + "\n", encoding="utf-8")
    assert "kept until their transcripts come" in shell("import", "open", "--study", "s")[1]
    code, out, said = shell("agree", "open")
    assert code == 0
    assert "Left out" not in said
    assert len(out.splitlines()) + len(said.splitlines()) <= 15


def test_agree_compares_chosen_codes_only(shell: Shell) -> None:
    """--codes names codes by path or last name; one that nobody gave is refused before anything is printed."""
    found = json.loads(shell("agree", "open", "--codes", "time", "--json")[1])
    assert found["codes"] == ["Work > Time"]
    code, out, said = shell("agree", "open", "--codes", "Tine")
    assert (code, out) == (1, "")
    assert "no coder compared gave such a code" in said


def test_coders_beyond_four_are_counted(study: Study) -> None:
    """A study of many coders names four of them and says how many more there are."""
    many = replace(study, coders=(*study.coders, *(Coder(f"c{n}") for n in range(3))))
    assert "; 2 more coders." in described(many).good_for
    assert "more coder" not in described(study).good_for


def _compared(both: int, one: int, documents: int = 20, codes: int = 3) -> AgreementReport:
    """Two coders: in each document so many units of each code given by both, and by one in turn, among 40."""
    Y = np.zeros((2, documents * 40, codes), bool)
    for d in range(documents):
        for k in range(codes):
            start = d * 40 + 12 * k
            Y[:, start : start + both, k] = True
            Y[d % 2, start + both : start + both + one + (d % 3 == 0), k] = True
    return agree_on(Decisions.of(Y, np.arange(documents * 40) // 40))


def test_a_level_is_not_claimed_beyond_its_interval() -> None:
    """Kappa above a limit whose interval reaches below it says so, and is good for no more than the level below."""
    reports = [_compared(*cells) for cells in product(range(1, 9), range(4))]
    kappas = [(r, row.kappa) for r in reports if (row := r.overall("human-human")) and row.kappa.low is not None]
    edge = [(r, k) for r, k in kappas if (k.value or 0) >= 0.8 > (k.low or 0) or (k.value or 0) >= 0.667 > (k.low or 0)]
    sure = [r for r, k in kappas if (k.low or 0) >= 0.8]
    assert edge
    assert sure
    for report, kappa in edge:
        told = agreed(report)
        assert f"if it is not as low as {apa(kappa.low)}" in told.verdict
        assert "reporting as it stands" not in told.good_for
    assert all("reporting as it stands" in agreed(r).good_for and "as low as" not in agreed(r).verdict for r in sure)


def test_the_best_code_is_not_one_by_luck() -> None:
    """A code given twice by both and never else ranks below one with much agreement on much coding; uses stand in brackets."""
    Y = np.zeros((2, 800, 4), bool)
    for k, (hits, misses) in enumerate(((60, 3), (4, 0), (50, 8), (6, 40))):
        at = np.arange(hits + misses) * 12 + k
        Y[:, at[:hits], k] = True
        Y[0, at[hits:], k] = True
    report = agree_on(Decisions.of(Y, np.arange(800) // 40))
    told = agreed(report)
    assert told.best[0].startswith("code 1 ")
    assert told.best[0].endswith("(63)")
    assert told.worst[0].startswith("code 4 ")


@pytest.mark.parametrize(("right", "common", "better"), [(0.9, 0.3, True), (0.9, 0.88, False), (0.4, 0.1, False)])
def test_a_first_choice_is_set_beside_the_commonest_code(right: float, common: float, better: bool) -> None:
    """A machine that is no better than always naming the commonest code is not praised for being right often."""
    Y = np.zeros((3, 800, 2), bool)
    Y[:2, ::10] = Y[2, ::20] = True
    report = agree_on(Decisions.of(Y, np.arange(800) // 40), AgreementOptions(machines=("c3",)))
    told = judged(report, FirstChoices(200, right, 0.0, 0, (0.0, common)))
    assert f"the right code in {right:.0%} (always the commonest: {common:.0%})" in told.verdict
    assert ("sort passages" in told.good_for) == better


@pytest.mark.parametrize(("both", "alone", "best"), [(30, 3, True), (10, 30, False)])
def test_no_code_is_called_best_below_forty(both: int, alone: int, best: bool) -> None:
    """Where no code reaches a kappa of .40 none is called best; the weakest are named all the same, with what the number is."""
    Y = np.zeros((2, 800, 5), bool)
    for k in range(5):
        at = np.arange(100) * 8 + k
        Y[:, at[:both], k] = True
        Y[0, at[both:][:alone], k] = Y[1, at[both + alone :][: alone + k], k] = True
    report = agree_on(Decisions.of(Y, np.arange(800) // 40))
    shown = agreed(report).fit()
    assert ("Best codes (kappa, in brackets segments given it): " in shown, "No code above .40 yet." in shown) == (
        best,
        not best,
    )
    assert ("Weakest: " if best else "Weakest (kappa, in brackets segments given it): ") in " ".join(shown.split())
    machine = agree_on(
        Decisions.of(np.concatenate([Y, Y[:1] * False]), np.arange(800) // 40), AgreementOptions(machines=("c3",))
    )
    assert judged(machine, None).best == ()


def test_silent_codes_are_counted_by_their_reason() -> None:
    """A code that did no better than chance is not called too little coded; one reason alone needs no number."""
    few, chance = "2 coded segments, 3 needed", "on documents it had not seen it did no better than chance"
    assert why_silent([few, few]) == "too little coded"
    assert why_silent([chance]) == "no better than chance on documents not seen"
    assert why_silent([few, chance, few]) == "2 too little coded, 1 no better than chance on documents not seen"
