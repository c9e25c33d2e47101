"""The door for people who script: tables in and out, functions of their own, nothing shown that a notebook should not keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import autocode as ac
from autocode.config import configs_folder
from autocode.errors import ConfigError, EncoderError, InputError, StudyError
from autocode.evaluate import hold_out
from autocode.formats import write
from autocode.model.prepared import Trial
from autocode.study import Document, Study
from tests.conftest import ROOT
from tests.fake_encoder import FakeEncoder

pandas = pytest.importorskip("pandas")


def vectors(texts: Sequence[str]) -> list[list[float]]:
    """Texts as vectors, by a function of one's own."""
    return [[float(word in text) for word in ("badge", "shift", "university", "rain", "cat", "bus")] + [1.0] for text in texts]


def lines(document: Document) -> list[tuple[int, int]]:
    """The lines of a document as its units."""
    return [m.span() for m in re.finditer(r"[^\n]+", document.text)]


@pytest.fixture
def model(study: Study) -> ac.CodingModel:
    """A model of the small study."""
    return ac.CodingModel.from_config(encoder=FakeEncoder()).fit(study)


def test_a_study_comes_as_five_tables(study: Study) -> None:
    """Documents, segments, codings, codes and readings have a row for each, with what belongs to it."""
    assert list(study.to_frame("documents")["document"]) == [d.id for d in study.documents]
    codings = study.to_frame("codings")
    assert len(codings) == len(study.codings)
    first = study.codings[0]
    assert (codings["text"][0], codings["theme"][0]) == (study.by_id[first.document].text_of(first), "Work")
    assert study.to_frame("codes")["ana"].sum() == sum(c.coder == "ana" for c in study.codings)
    assert len(study.to_frame("readings")) == len(study.readings)
    segments = study.to_frame("segments")
    assert len(segments) == sum(len(d.turns) for d in study.documents)
    assert segments["text"][0] == study.documents[0].text_of(study.documents[0].turns[0])
    with pytest.raises(StudyError, match="Did you mean 'codings'"):
        study.to_frame("coding")


def test_variables_become_columns(study: Study) -> None:
    """Each variable of the participants is a column; one that is called as ours is told apart."""
    documents = tuple(replace(d, variables={"role": "nurse", "kind": "x"}) for d in study.documents)
    frame = replace(study, documents=documents).to_frame("documents")
    assert (set(frame["role"]), set(frame["variable: kind"]), set(frame["kind"])) == ({"nurse"}, {"x"}, {"interview"})


def test_a_frame_is_read_as_its_file_would_be(tmp_path: Path) -> None:
    """A long table in memory gives the study of the same table on disk."""
    rows = [("d", f"s{i}", i, "R", f"text {i}", "ana", "x|y" if i else "") for i in range(3)]
    frame = pandas.DataFrame(rows, columns=["document_id", "segment_id", "order", "speaker", "text", "coder", "codes"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    here, there = ac.read(frame), ac.read(tmp_path / "t.csv")
    assert (here.documents[0].segments, here.codings, here.coders) == (there.documents[0].segments, there.codings, there.coders)
    with pytest.raises(InputError, match="no column text"):
        ac.read(pandas.DataFrame({"a": [1]}))


def test_codes_of_a_frame_are_in_its_codebook() -> None:
    """Codes that only a DataFrame names are known to the study, as those of a file are, and can be compared."""
    rows = [(d, f"{d} words {n}", c, code) for d in "ab" for n, code in enumerate(("C", "", "C > E")) for c in ("ana", "ben")]
    study = ac.read(pandas.DataFrame(rows, columns=["document", "text", "coder", "code"]))
    assert {code.path for code in study.codebook} == {"C", "C > E"}
    assert ac.agree(study).codes == ("C", "C > E")
    with pytest.raises(ac.AutocodeError, match="type NoneType is not a coding matrix"):
        ac.agree(None)


@pytest.mark.parametrize("nothing", [[], [""], pandas.DataFrame({"text": []})])
def test_of_nothing_nothing_is_suggested(nothing: object, model: ac.CodingModel) -> None:
    """Texts without a word, or none at all, give no suggestion and no fault."""
    assert len(model.suggest(nothing)) == 0


def test_a_model_takes_whatever_a_script_has(model: ac.CodingModel) -> None:
    """Texts, a DataFrame, a Dataset, documents and a study are suggested for alike; the result is a list and a table."""
    import datasets

    texts = ["my shift at work takes all the hours", "my cat sleeps on the sofa"]
    frame = pandas.DataFrame({"document": ["p", "q"], "text": texts})
    asked = [
        texts,
        frame,
        datasets.Dataset.from_pandas(frame),
        [Document("1", texts[0]), Document("2", texts[1])],
        Study((Document("1", texts[0]), Document("2", texts[1]))),
    ]
    found = [model.suggest(source, everything=True) for source in asked]
    assert len({tuple((s.code, s.probability) for s in said) for said in found}) == 1
    table = found[1].to_frame()
    assert list(table["document"].unique()) == ["p", "q"]
    assert set(table["text"]) == set(texts)
    assert len(table) == len(found[1]) == 2 * 3
    with pytest.raises(InputError, match="ac.read"):
        model.suggest("interview.txt")


def test_rows_of_one_document_are_its_units(model: ac.CodingModel) -> None:
    """A table with several rows a document keeps them as given units, with their ids and speakers."""
    frame = pandas.DataFrame(
        {
            "document": ["p", "p"],
            "segment": ["a", "b"],
            "speaker": ["Ann", "Bo"],
            "text": ["the rain was heavy", "my shift is long"],
        }
    )
    said = model.suggest(frame, everything=True).to_frame()
    assert list(dict.fromkeys(zip(said["segment"], said["speaker"], strict=True))) == [("a", "Ann"), ("b", "Bo")]


def test_a_report_comes_as_a_table(model: ac.CodingModel, study: Study) -> None:
    """One row for each row of the report, with intervals beside the coefficients."""
    report = ac.evaluate(model, study)
    frame = report.to_frame()
    assert len(frame) == len(report.rows)
    assert {"code", "kind", "first", "second", "kappa", "kappa_low", "kappa_high", "percent"} <= set(frame.columns)


@pytest.mark.parametrize("given", [vectors, "tests.test_library_scripts:vectors", "object"])
def test_a_function_from_texts_to_vectors_is_an_encoder(given: object, study: Study, tmp_path: Path) -> None:
    """As a function, by its name in a config, or as an object with `encode`; a saved model knows it again."""
    if isinstance(given, str) and ":" in given:
        (tmp_path / "own.toml").write_text(f'[encode]\nmodel = "{given}"\n', encoding="utf-8")
        made = ac.CodingModel.from_config(tmp_path / "own.toml")
    elif given == "object":
        made = ac.CodingModel.from_config(encoder=type("Own", (), {"encode": staticmethod(vectors)})())
    else:
        made = ac.CodingModel.from_config(encoder=given)
    model = made.fit(study)
    assert model.encoder.identity.dimension == 7
    assert "Work > Time" in {s.code for s in model.suggest(["my shift at work takes all the hours and no evening is left"])}
    model.save(tmp_path / "m")
    again = ac.CodingModel.load(tmp_path / "m", encoder=vectors)
    assert [s.probability for s in again.suggest(["a shift"], everything=True)] == [
        s.probability for s in model.suggest(["a shift"], everything=True)
    ]


@pytest.mark.parametrize("bad", [lambda texts: np.zeros(3), lambda texts: np.full((len(texts), 2), np.nan), 7])
def test_what_gives_no_vectors_is_refused(bad: object) -> None:
    """The error says what shape came instead."""
    with pytest.raises(EncoderError):
        ac.CodingModel.from_config(encoder=bad)


def test_a_segmenter_of_ones_own_finds_the_units(study: Study, tmp_path: Path) -> None:
    """A function in Python, or its name in a config, gives the units that are coded; a saved model remembers its name."""
    made = ac.CodingModel.from_config(encoder=FakeEncoder(), segmenter=lines)
    (tmp_path / "own.toml").write_text('[segment]\nsegmenter = "tests.test_library_scripts:lines"\n', encoding="utf-8")
    named = ac.CodingModel.from_config(tmp_path / "own.toml", encoder=FakeEncoder())
    assert made.config.to_toml() == named.config.to_toml()
    model = made.fit(study)
    said = model.suggest(Document("n", "my shift is long\nthe rain\nmy cat"), everything=True)
    assert {(s.segment.start, s.segment.end) for s in said} == {(0, 16), (17, 25), (26, 32)}
    model.save(tmp_path / "m")
    assert (
        ac.CodingModel.load(tmp_path / "m", encoder=FakeEncoder()).config.segment.segmenter
        == "tests.test_library_scripts:lines"
    )


@pytest.mark.parametrize("spans", [[(0, 4), (2, 6)], [(0, 999)], [(3, 3)], [(-1, 2)], [5], 5, [(1, 2, 3)], [("a", "b")]])
def test_spans_that_are_none_are_refused(spans: object) -> None:
    """Overlapping, empty and outside spans are named, without a word of the text."""
    made = ac.CodingModel.from_config(encoder=FakeEncoder(), segmenter=lambda document: spans)
    with pytest.raises(InputError, match="the segmenter") as error:
        ac.coding_matrix(Study((Document("d", "secret words"),)), made.config, ())
    assert "secret" not in str(error.value)


def test_a_segmenter_that_is_not_there_is_said() -> None:
    """The config names what cannot be imported."""
    config = replace(ac.Config(), segment=replace(ac.Config().segment, segmenter="nowhere:nothing"))
    study = Study((Document("d", "words"),))
    with pytest.raises(ConfigError, match="cannot be imported"):
        ac.coding_matrix(study, config, ())


def test_what_a_notebook_shows_holds_no_word_of_a_transcript(study: Study, model: ac.CodingModel) -> None:
    """repr of study, document, model, suggestions and one suggestion has counts only."""
    said = model.suggest(study)
    shown = " ".join(map(repr, (study, study.documents[0], model, said, said[0], hold_out(model, study))))
    assert "Study('tiny': 8 documents, 5 codes, 3 coders," in shown
    assert "3 codes from 2 coders" in shown
    spoken, book = " ".join(d.text for d in study.documents), " ".join(c.definition for c in study.codebook)
    words = set(re.findall(r"[a-z]{5,}", spoken.lower())) - set(re.findall(r"[a-z]+", book.lower()))
    assert len(words) > 10
    assert not {w for w in words if re.search(rf"\b{w}\b", shown)}


def test_settings_that_come_with_autocode_are_found_by_name() -> None:
    """default is what the defaults are, and the wheel takes the folder along."""
    assert ac.load_config("default") == ac.Config()
    assert ac.load_config("quick").classify.folds == 3
    assert {p.stem for p in configs_folder().glob("*.toml")} == {"default", "multilingual", "quick"}
    assert '"configs" = "autocode/configs"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_written_dataset_is_loaded_from_disk(study: Study, tmp_path: Path) -> None:
    """`load_from_disk` opens what .hf holds, part by part, and reading it gives the study back; twice the same bytes."""
    import datasets

    write(study, tmp_path / "s.hf")
    found = datasets.load_from_disk(str(tmp_path / "s.hf"))
    assert len(found["codings"]) == len(study.codings)
    assert found["documents"]["text"][0] == study.documents[0].text
    assert sorted(ac.read(tmp_path / "s.hf").codings) == sorted(study.codings)
    write(study, tmp_path / "t.hf")
    files = [sorted(p.relative_to(tmp_path / n) for p in (tmp_path / n).rglob("*") if p.is_file()) for n in ("s.hf", "t.hf")]
    assert files[0] == files[1]
    assert all((tmp_path / "s.hf" / p).read_bytes() == (tmp_path / "t.hf" / p).read_bytes() for p in files[0])


def test_the_version_is_there() -> None:
    """The library says its version."""
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", ac.__version__)


def test_evaluate_starts_from_the_settings_as_given(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the effort full chose in fit stands beside the settings, not in them, so that evaluate chooses anew."""
    monkeypatch.setattr(Trial, "kept", property(lambda trial: True))
    default = ac.Config()
    more = ("tests.test_library_scripts:vectors",)
    config = replace(
        default, classify=replace(default.classify, effort="full"), encode=replace(default.encode, more=more, minutes=0)
    )
    own = FakeEncoder()
    fitted = ac.CodingModel.from_config(config, encoder=own).fit(study)
    assert fitted.config == config
    assert fitted.working.encode.model == f"default + {more[0]}"
    assert fitted.encoder.identity.dimension == 32 + 7
    assert fitted.given == (config, own)
    assert fitted.suggest(["my shift at work"], everything=True)
    blank = ac.CodingModel.from_config(config, encoder=own)
    assert ac.evaluate(fitted, study).to_json() == ac.evaluate(blank, study).to_json()
