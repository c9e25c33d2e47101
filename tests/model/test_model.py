"""Learning, suggesting, saving and loading."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from autocode.config import Config
from autocode.errors import ModelError, StudyError
from autocode.formats import read
from autocode.model import CodingModel
from autocode.model.prepared import prepare
from autocode.study import Coding, Document, Study
from autocode.study.codebook import Code, Codebook
from tests.conftest import spoken
from tests.fake_encoder import FakeEncoder
from tests.model.transfer.studies import part


@pytest.fixture
def model(study: Study, encoder: FakeEncoder) -> CodingModel:
    """A model that has learnt the small study."""
    return CodingModel.from_config(Config(), encoder).fit(study)


def test_it_suggests_what_it_learnt(model: CodingModel) -> None:
    """In a new interview of the same kind, the passages of each code get that code first."""
    document = spoken(99)
    best = {}
    for s in model.suggest(document, everything=True):
        best.setdefault(document.text_of(s.segment)[:20], s)
    assert best["my manager and the e"].code == "Work > Recognition"
    assert best["my shift at work tak"].code == "Work > Time"
    assert best["the university gave "].code == "Learning > Recognition"
    assert all(s.coded and s.band != "silent" for s in list(best.values())[1:4])


def test_precedents_are_human_coded_and_of_the_code(model: CodingModel, study: Study) -> None:
    """Evidence names a document and coders who did give this code there, nearest first."""
    given = {(c.document, c.code, c.coder) for c in study.codings}
    suggestions = model.suggest(spoken(99))
    assert suggestions
    for s in suggestions:
        assert s.evidence
        assert [e.similarity for e in s.evidence] == sorted((e.similarity for e in s.evidence), reverse=True)
        for e in s.evidence:
            assert all((e.document, s.code, coder) in given for coder in e.coder.split(", "))


def test_every_unit_and_code_can_be_had(model: CodingModel) -> None:
    """With `everything`, each unit has one row for each code, probabilities strictly inside 0 and 1."""
    rows = model.suggest(spoken(99), everything=True)
    assert len(rows) == 5 * len(model.codes)
    assert all(0 < s.probability < 1 for s in rows)


def test_the_interviewer_gets_no_suggestion(model: CodingModel) -> None:
    """Interviewer turns are heard as context and never suggested for."""
    assert {s.segment.speaker for s in model.suggest(spoken(99), everything=True)} == {"R"}


def test_context_reaches_the_features(study: Study, encoder: FakeEncoder) -> None:
    """Changing only the question before an answer changes the answer's features, not its vector."""
    document = study.documents[0]
    asked = replace(document, text=document.text.replace("And then?", "Who cares"))
    first, second = (prepare([d], Config(), encoder) for d in (document, asked))
    assert np.array_equal(first.vectors, second.vectors)
    assert not np.array_equal(first.features.X, second.features.X)


def test_a_code_with_too_little_coding_is_silent_and_says_why(study: Study, encoder: FakeEncoder) -> None:
    """A code given once is never suggested, and the reason is on record."""
    rare = Coding("D0", study.documents[0].turns[1].start, study.documents[0].turns[1].end, "Work", "ana")
    model = CodingModel.from_config(Config(), encoder).fit(replace(study, codings=(*study.codings, rare)))
    assert "1" in model.silent["Work"]
    assert "Work" not in {s.code for s in model.suggest(study)}


def test_codes_nobody_gave_are_named_as_silent(study: Study, encoder: FakeEncoder) -> None:
    """A code of the codebook that no coder used is listed with that reason."""
    codings = tuple(c for c in study.codings if c.code != "Work > Time")
    model = CodingModel.from_config(Config(), encoder).fit(replace(study, codings=codings))
    assert model.silent["Work > Time"] == "never coded"


def test_a_saved_model_suggests_the_same(model: CodingModel, tmp_path: Path, encoder: FakeEncoder) -> None:
    """Saving and loading changes no suggestion."""
    model.save(tmp_path / "m")
    again = CodingModel.load(tmp_path / "m", encoder)
    assert again.suggest(spoken(99)) == model.suggest(spoken(99))


@pytest.mark.row(20)
def test_saving_twice_gives_the_same_bytes(study: Study, encoder: FakeEncoder, tmp_path: Path) -> None:
    """Same input, same seed: every file of the model folder is equal, byte for byte."""
    for name in ("a", "b"):
        CodingModel.from_config(Config(), encoder).fit(study).save(tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert files == sorted(p.name for p in (tmp_path / "b").iterdir())
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)


def test_a_quote_with_an_odd_line_end_is_loaded(study: Study, tmp_path: Path, encoder: FakeEncoder) -> None:
    """U+2028, U+0085 and a lone surrogate within a coded segment do not part its row."""
    odd = tuple(replace(d, text=d.text.replace("my manager", "my\u2028man\x85\ud800")) for d in study.documents)
    made = CodingModel.from_config(Config(), encoder).fit(replace(study, documents=odd))
    made.save(tmp_path / "odd")
    assert CodingModel.load(tmp_path / "odd", encoder).precedents.items == made.precedents.items  # type: ignore[union-attr]


def test_a_model_can_be_saved_without_quotes(model: CodingModel, tmp_path: Path, encoder: FakeEncoder) -> None:
    """Without quotes, no file of the folder holds a transcript's words, and evidence still names its place."""
    model.save(tmp_path / "m", quotes=False)
    assert not [p.name for p in (tmp_path / "m").iterdir() if b"employer value the badge when" in p.read_bytes()]
    evidence = CodingModel.load(tmp_path / "m", encoder).suggest(spoken(99))[0].evidence[0]
    assert (evidence.text, evidence.document[0]) == ("", "D")


@pytest.mark.row(14, 15)
def test_a_model_without_quotes_keeps_no_example_of_the_codebook(study: Study, tmp_path: Path, encoder: FakeEncoder) -> None:
    """An example may be a quote: it stays out of every file of the folder, saved again over a model with quotes too."""
    needle = "honestly nobody at the quokka plinth ever asked"
    book = replace(study.codebook, codes=tuple(replace(c, example=f"'{needle}' (D2)") for c in study.codebook))
    model = CodingModel.from_config(Config(), encoder).fit(replace(study, codebook=book))

    def holding() -> list[str]:
        return [p.name for p in (tmp_path / "m").iterdir() if needle.encode() in p.read_bytes()]

    model.save(tmp_path / "m")
    assert holding() == ["codebook.yaml"]
    model.save(tmp_path / "m", quotes=False)
    assert holding() == []
    again = CodingModel.load(tmp_path / "m", encoder)
    assert not again.changes(replace(study, codebook=book))
    assert [(s.code, s.probability) for s in again.suggest(study)] == [(s.code, s.probability) for s in model.suggest(study)]


@pytest.mark.row(11)
def test_loading_runs_no_code(model: CodingModel, tmp_path: Path) -> None:
    """No pickle is opened while a model is read: the interpreter's audit sees none."""
    model.save(tmp_path / "m")
    script = (
        "import sys, pathlib\n"
        "from autocode.model import saved\n"
        "seen = []\n"
        "sys.addaudithook(lambda e, a: seen.append(e) if e.startswith('pickle') else None)\n"
        "saved.read(pathlib.Path(sys.argv[1]))\n"
        "print(seen)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "m")], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.row(11)
@pytest.mark.parametrize("name", ["weights.safetensors", "precedents.jsonl", "config.toml", "codebook.yaml", "manifest.json"])
def test_a_changed_file_is_refused(name: str, model: CodingModel, tmp_path: Path, encoder: FakeEncoder) -> None:
    """Any file altered, cut or swapped for a pickle after saving is one clear error with the mend."""
    model.save(tmp_path / "m")
    whole = (tmp_path / "m" / name).read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"\x80\x04\x95pickle", whole.replace(b"a", b"b", 1)):
        (tmp_path / "m" / name).write_bytes(content)
        with pytest.raises(ModelError, match="autocode train"):
            CodingModel.load(tmp_path / "m", encoder)


def _resealed(folder: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Change a saved model's manifest and arrays, and adapt every hash, as a forger would."""
    weights, manifest = folder / "weights.safetensors", folder / "manifest.json"
    arrays, made = load_file(weights), json.loads(manifest.read_text())
    change(made, arrays)
    save_file(arrays, weights)
    made["files"]["weights.safetensors"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    made.pop("sha256")
    made["sha256"] = hashlib.sha256(json.dumps(made, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    manifest.write_text(json.dumps(made))


_FORGED: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
    "an array is missing": lambda made, arrays: arrays.pop("thresholds"),
    "codes reversed": lambda made, arrays: made.update(codes=made["codes"][::-1]),
    "a coder more": lambda made, arrays: made.update(coders=[*made["coders"], "eve"]),
    "weights that are no numbers": lambda made, arrays: arrays.update(dense_W=np.full_like(arrays["dense_W"], np.nan)),
    "evidence that is no numbers": lambda made, arrays: arrays.update(precedents=np.full_like(arrays["precedents"], np.inf)),
    "an empty array": lambda made, arrays: arrays.update(edge=np.zeros(0)),
    "another shape": lambda made, arrays: arrays.update(dense_b=np.zeros((1, 99))),
    "evidence of another shape": lambda made, arrays: arrays.update(precedents=np.zeros((3, 2, 2), np.float32)),
    "another format": lambda made, arrays: made.update(format=1),
}


@pytest.mark.row(11)
@pytest.mark.parametrize("what", _FORGED)
def test_a_forged_model_is_refused(what: str, model: CodingModel, tmp_path: Path, encoder: FakeEncoder) -> None:
    """Lists, numbers and shapes that do not fit one another are one clear error, even where all hashes were adapted."""
    model.save(tmp_path / "m")
    _resealed(tmp_path / "m", lambda made, arrays: None)
    CodingModel.load(tmp_path / "m", encoder)
    _resealed(tmp_path / "m", _FORGED[what])
    with pytest.raises(ModelError, match="autocode train"):
        CodingModel.load(tmp_path / "m", encoder)


@pytest.mark.row(11)
@pytest.mark.parametrize("name", ["manifest.json", "precedents.jsonl", "config.toml", "codebook.yaml"])
def test_a_deeply_nested_part_is_one_line(name: str, model: CodingModel, tmp_path: Path, encoder: FakeEncoder) -> None:
    """A hundred thousand brackets are refused as any damage is, with no exception of a parser."""
    model.save(tmp_path / "m")
    (tmp_path / "m" / name).write_text("[" * 100_000)
    manifest = tmp_path / "m" / "manifest.json"
    if name != "manifest.json":
        made = json.loads(manifest.read_text())
        made["files"][name] = hashlib.sha256(("[" * 100_000).encode()).hexdigest()
        made.pop("sha256")
        made["sha256"] = hashlib.sha256(json.dumps(made, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        manifest.write_text(json.dumps(made))
    with pytest.raises(ModelError, match="autocode train"):
        CodingModel.load(tmp_path / "m", encoder)


@pytest.mark.row(12)
def test_another_encoder_is_refused(model: CodingModel, tmp_path: Path) -> None:
    """A model loaded with another encoder names both and the command to train again."""
    model.save(tmp_path / "m")

    class Other(FakeEncoder):
        @property
        def identity(self):  # type: ignore[no-untyped-def]
            return replace(super().identity, name="other", sha256="f" * 64)

    with pytest.raises(ModelError, match="made with encoder .*, this is other .*autocode train"):
        CodingModel.load(tmp_path / "m", Other())


@pytest.mark.row(12)
def test_a_model_of_another_precision_is_used_and_says_so(model: CodingModel, tmp_path: Path) -> None:
    """Vectors of the same weights in bfloat16 are near enough: nobody is locked out, and the difference is named."""
    assert model.precision_note == ""
    model.save(tmp_path / "m")

    class Coarse(FakeEncoder):
        identity = replace(FakeEncoder.identity, precision="bfloat16")

    loaded = CodingModel.load(tmp_path / "m", Coarse())
    assert "made with float32 vectors, this computer makes bfloat16" in loaded.precision_note
    assert loaded.suggest(spoken(99)) == model.suggest(spoken(99))


def test_a_model_loads_its_encoder_in_its_own_precision(
    model: CodingModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this computer would take bfloat16, a model made in float32 still gets float32."""
    model.save(tmp_path / "m")
    asked = []
    monkeypatch.setattr("autocode.model.load_encoder", lambda name, precision: asked.append(precision) or FakeEncoder())
    CodingModel.load(tmp_path / "m")
    assert asked == ["float32"]


def test_a_document_is_judged_alike_alone_and_in_company(model: CodingModel) -> None:
    """Which other documents come with an interview moves no bit of its probabilities."""
    documents = tuple(spoken(n) for n in range(90, 99))
    together = model.suggest(Study(documents), everything=True)
    alone = [s for d in documents for s in model.suggest(d, everything=True)]
    assert together == alone


@pytest.mark.row(12)
def test_another_codebook_is_refused(model: CodingModel, study: Study) -> None:
    """Suggesting for a study with other codes names both codebooks, and the command that aligns them."""
    other = replace(study, codebook=Codebook((Code("A"), Code("B")), "Other"), codings=())
    with pytest.raises(ModelError, match=r"made with codebook \w+, the study has codebook \w+.*autocode align STUDY MODEL"):
        model.suggest(other)


@pytest.mark.row(12)
def test_a_changed_codebook_is_followed_code_by_code(model: CodingModel, study: Study) -> None:
    """Of a changed codebook, stale codes are asked about at most, gone ones are silent, the rest is as before."""
    before = model.suggest(study)
    codes = tuple(
        replace(c, definition="Another rule.") if c.path == "Work > Time" else c
        for c in study.codebook
        if c.path != "Learning > Recognition"
    )
    after = model.suggest(replace(study, codebook=Codebook((*codes, Code("New")), "Tiny"), codings=()))
    assert any(s.coded for s in before if s.code == "Work > Time")
    assert {(s.band, s.coded) for s in after if s.code == "Work > Time"} == {("ask", False)}
    assert not [s for s in after if s.code == "Learning > Recognition"]
    assert [s for s in after if s.code == "Work > Recognition"] == [s for s in before if s.code == "Work > Recognition"]


def test_training_again_keeps_the_versions(study: Study, encoder: FakeEncoder, tmp_path: Path) -> None:
    """The folder lists what each version was made from; saving the same version again adds nothing."""
    first, second = part(study, {"D0", "D1", "D2"}), study
    for taught in (first, second, second):
        CodingModel.from_config(Config(), encoder).fit(taught).save(tmp_path / "m")
    rows = [json.loads(line) for line in (tmp_path / "m/history.jsonl").read_text().splitlines()]
    assert [(r["version"], r["study"], r["documents"]) for r in rows] == [(1, first.sha256, 3), (2, second.sha256, 8)]
    card = (tmp_path / "m/README.md").read_text()
    assert "## Versions" in card
    assert f"| 2 | {second.sha256[:8]} |" in card
    assert CodingModel.load(tmp_path / "m", encoder).suggest(spoken(99))


def test_a_folder_that_is_no_model_is_left_alone(model: CodingModel, tmp_path: Path) -> None:
    """Saving over a folder of other files is refused."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("x")
    with pytest.raises(ModelError, match="is not a model"):
        model.save(tmp_path / "letters")
    assert [p.name for p in (tmp_path / "letters").iterdir()] == ["dear.txt"]


def test_a_saving_killed_between_its_renames_is_mended(model: CodingModel, tmp_path: Path, encoder: FakeEncoder) -> None:
    """Where only the old copy is left, loading puts it back."""
    model.save(tmp_path / "m")
    (tmp_path / "m").rename(tmp_path / ".m.old")
    assert CodingModel.load(tmp_path / "m", encoder).codes == model.codes


def test_a_missing_model_says_how_to_make_one(tmp_path: Path) -> None:
    """A folder that is not there names the train command."""
    with pytest.raises(ModelError, match="no such folder.*autocode train"):
        CodingModel.load(tmp_path / "none")


def test_an_unfitted_model_suggests_nothing(encoder: FakeEncoder) -> None:
    """Suggesting before learning is an error of ours."""
    with pytest.raises(ModelError, match="learnt nothing"):
        CodingModel.from_config(Config(), encoder).suggest(Document("d", "x"))


def test_one_document_is_not_enough(study: Study, encoder: FakeEncoder) -> None:
    """A study coded in one document cannot be checked on another, so it is refused."""
    only = replace(
        study,
        codings=tuple(c for c in study.codings if c.document == "D0"),
        readings=tuple(r for r in study.readings if r.document == "D0"),
    )
    with pytest.raises(StudyError, match="Code a second document"):
        CodingModel.from_config(Config(), encoder).fit(only)


def test_the_card_shows_what_each_code_is_worth(model: CodingModel, tmp_path: Path) -> None:
    """The model card carries the study's notice and a row of out-of-document figures for every code."""
    model.save(tmp_path / "m")
    card = (tmp_path / "m" / "README.md").read_text()
    assert "> Invented for tests." in card
    assert all(f"| {code} |" in card for code in model.codes)


def test_codes_of_a_bare_table_are_no_codebook(model: CodingModel, tmp_path: Path) -> None:
    """A new table that has codings but no codebook gets suggestions: its codes are nobody's codebook."""
    table = tmp_path / "t.csv"
    table.write_text("document_id,segment_id,order,speaker,text,coder,codes\nd,s1,1,R,my shift takes all the hours,a,Time\n")
    assert model.suggest(read(table), everything=True)
