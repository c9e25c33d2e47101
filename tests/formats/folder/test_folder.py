"""The open study folder, and the bundled study in it."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from autocode.agreement import agree
from autocode.config import Config
from autocode.errors import CodebookError, InputError
from autocode.formats import ReadOptions, read, read_all, write
from autocode.formats.tables.codebooks import codebook_yaml, read_codebook
from autocode.study import Study
from autocode.study.matrix import coding_matrix
from tests.conftest import BUNDLED
from tests.formats.exchanged import exchanged

PUBLISHED = {
    "Learner Factors": {
        "Motivation": 15,
        "Time constraint": 3,
        "Ineffectiveness": 2,
        "Increased Workload": 1,
        "Procrastination": 1,
    },
    "Developer Factors": {
        "Lack Proper Training": 4,
        "Lack of Recognition": 2,
        "Intellectual Property": 2,
        "Non-Expert Leadership": 2,
        "Complex Subject Matter": 1,
        "Limitations of Freemiums Software": 1,
    },
    "Institutional Factors": {
        "Readiness": 16,
        "Awareness": 12,
        "Support & Motivation": 12,
        "Recognition & Publicity": 10,
        "Accreditation & Guidelines": 3,
        "Time Consuming Nature": 3,
        "Cost Considerations": 3,
        "Low Completion Rate": 1,
        "Resource Intensity": 1,
        "Infrastructure Limitations": 1,
    },
    "Industry Factors": {
        "Recognition": 12,
        "Company Policy & Flexibility": 6,
        "Conflict & Prioritization": 5,
        "Niche Skill Considerations": 3,
        "Guideline Ambiguity & Skill Mapping": 3,
    },
    "Technology Factors": {
        "Lack technical skills": 13,
        "Reward Integration": 6,
        "Rigid MC Template": 4,
        "Lack Engagement Element": 3,
        "User Interface (UI) complexity": 2,
        "Security": 1,
        "Platform Scalability & Reliability": 1,
    },
}


@pytest.mark.row(17)
@settings(max_examples=100, deadline=None)
@given(exchanged())
def test_any_study_reads_back_equal(study: Study) -> None:
    """read(write(study)) == study in any script, whatever its ids, every field of every noun."""
    with tempfile.TemporaryDirectory() as folder:
        write(study, Path(folder) / "s")
        assert read(Path(folder) / "s") == study


def test_a_codebook_survives_a_round_trip(bundled: Study, tmp_path: Path) -> None:
    """The YAML of a codebook reads back equal, texts and order included."""
    path = tmp_path / "codebook.yaml"
    path.write_text(codebook_yaml(bundled.codebook), encoding="utf-8")
    assert read_codebook(path) == bundled.codebook


def test_the_agreed_coding_has_the_published_counts(bundled: Study) -> None:
    """Every code of the bundled study is given exactly as often as the paper says."""
    counts = Counter(c.code for c in bundled.codings if c.coder == bundled.agreed)
    assert counts == {f"{theme} > {code}": n for theme, codes in PUBLISHED.items() for code, n in codes.items()}


def test_the_two_coders_agree_as_real_ones_do(bundled: Study) -> None:
    """Pooled agreement on segments lies between .60 and .80."""
    pooled = agree(coding_matrix(bundled, Config(), bundled.humans)).overall("human-human")
    assert pooled is not None
    assert pooled.kappa.value is not None
    assert 0.60 <= pooled.kappa.value <= 0.80


def test_every_code_is_explained(bundled: Study) -> None:
    """Each of the 33 codes has a definition, both rules and an example."""
    codes = [c for c in bundled.codebook if not bundled.codebook.is_theme(c.path)]
    assert len(codes) == 33
    assert all(c.definition and c.include and c.exclude and c.example for c in codes)


def test_no_example_is_taken_from_a_transcript(bundled: Study) -> None:
    """Codebook examples share no run of six words with an interview: they teach no answers."""
    spoken = set().union(*(_grams(d.text) for d in bundled.documents))
    assert not [c.path for c in bundled.codebook if _grams(c.example) & spoken]


def test_interviews_do_not_repeat_each_other() -> None:
    """Less than 1 % of the six-word runs of all 24 interviews occur in more than one."""
    paths = [*(BUNDLED / "transcripts").glob("*.txt"), *(BUNDLED / "new").glob("*.txt")]
    grams = [_grams(re.sub(r"(?m)^\w+: ", "", p.read_text(encoding="utf-8"))) for p in paths]
    counts = Counter(itertools.chain.from_iterable(grams))
    assert len(paths) == 24
    assert sum(n > 1 for n in counts.values()) / len(counts) < 0.01


def test_interviews_have_the_length_of_an_excerpt(bundled: Study) -> None:
    """Every interview has 900 to 2,000 words, and both speakers take turns."""
    for d in bundled.documents:
        assert 900 <= len(d.text.split()) <= 2000, d.id
        assert {t.speaker for t in d.turns} == {"Interviewer", d.id}


def _grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[\w'’]+", text.lower())
    return set(zip(*(words[i:] for i in range(6)), strict=False))


def _folder(tmp_path: Path, codings: str, codebook: str = "codes:\n- name: x\n") -> Path:
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "codings").mkdir()
    (tmp_path / "transcripts" / "D.txt").write_text("R: one two three two\n", encoding="utf-8")
    (tmp_path / "codings" / "ana.csv").write_text(codings, encoding="utf-8")
    (tmp_path / "codebook.yaml").write_text(codebook, encoding="utf-8")
    return tmp_path


def test_a_coding_that_moved_is_found_by_its_words(tmp_path: Path) -> None:
    """Where the offsets do not fit the words, the words decide, if they occur once."""
    rows = "document,start,end,code,text\nD,0,3,x,three\nD,0,3,x,two\nD,3,6,x,one\nE,0,1,x,\nD,3,99,x,\n"
    study, receipts = read_all([_folder(tmp_path, rows)])
    assert [(c.start, c.end) for c in study.codings] == [(11, 16), (3, 6)]
    assert str(receipts[-1]) == (
        "ana.csv: in 5 codings = kept 2 + skipped 3 (2 not located in the text, 1 for a document that is not there)"
    )


def test_a_code_that_is_not_in_the_codebook_is_refused(tmp_path: Path) -> None:
    """A coding with a code of no codebook entry names the code."""
    with pytest.raises(CodebookError, match="code 'y'"):
        read_all([_folder(tmp_path, "document,start,end,code\nD,3,6,y\n")])


@pytest.mark.parametrize(
    ("codings", "codebook", "said"),
    [
        ("document,start,code\nD,0,x\n", "codes:\n- name: x\n", "missing column end; I saw: document, start, code"),
        ("document,start,end,code\nD,a,3,x\n", "codes:\n- name: x\n", "line 2: start, end and weight must be whole numbers"),
        ("document,start,end,code\nD,0,3,x\n", "codes: 3\n", "it is no codebook"),
        ("document,start,end,code\nD,0,3,x\n", "codes:\n- definition: nameless\n", "it is no codebook"),
        ("document,start,end,code\nD,0,3,x\n", "{[", "it is no codebook"),
    ],
)
def test_a_bad_folder_is_one_clear_line(codings: str, codebook: str, said: str, tmp_path: Path) -> None:
    """Each fault of an open folder names the file and the mend."""
    with pytest.raises(InputError, match=said) as caught:
        read_all([_folder(tmp_path, codings, codebook)])
    assert "\n" not in str(caught.value)


def test_the_study_file_wins_unless_the_open_files_are_asked_for(study: Study, tmp_path: Path) -> None:
    """A folder with a study file is read from it; importing the folder reads the open files."""

    from autocode.store import STORE, update

    write(study, tmp_path)
    update(tmp_path / STORE, lambda _: replace(study, name="stored"))
    assert read(tmp_path).name == "stored"
    assert read_all([tmp_path], ReadOptions(open_files=True))[0].name == "tiny"
