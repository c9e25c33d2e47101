"""Label Studio, doccano, WebAnno and INCEpTION: spans at their words, every one counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read_all
from autocode.study import Study

TEXT = "It was 😀 hard. I had no time."


def _spans(study: Study) -> list[tuple[str, str, str]]:
    return [(study.by_id[c.document].text_of(c), c.code, c.coder) for c in study.codings]


def test_label_studio_gives_codings_of_each_person(tmp_path: Path) -> None:
    """Offsets count as a browser does; a choice for the whole text is counted as left out."""
    hard = len(TEXT[: TEXT.index("hard")].encode("utf-16-le")) // 2
    result = [
        {"type": "labels", "value": {"start": hard, "end": hard + 4, "text": "hard", "labels": ["Mood"]}},
        {"type": "choices", "value": {"choices": ["sad"]}},
    ]
    tasks = [{"id": 7, "data": {"text": TEXT}, "annotations": [{"completed_by": {"email": "ana@x.org"}, "result": result}]}]
    (tmp_path / "p.json").write_text(json.dumps(tasks))
    study, receipts = read_all([tmp_path / "p.json"])
    assert _spans(study) == [("hard", "Mood", "ana@x.org")]
    assert receipts[1].skipped == {"that are not spans of a text": 1, "doubled": 0}


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1, "text": TEXT, "label": [[16, 29, "Time"]]},
        {"id": 1, "text": TEXT, "entities": [{"id": 3, "label": "Time", "start_offset": 16, "end_offset": 29}]},
        {"id": 1, "data": TEXT, "label": [[15, 28, "Time"]]},
    ],
)
def test_doccano_in_all_its_shapes(tmp_path: Path, row: dict[str, object]) -> None:
    """Triples or objects, one JSON object a line; code points."""
    (tmp_path / "p.jsonl").write_text(json.dumps(row) + "\n")
    study, _ = read_all([tmp_path / "p.jsonl"])
    assert [(c.code, len(study.by_id[c.document].text_of(c))) for c in study.codings] == [("Time", 13)]


def test_webanno_values_over_several_tokens_are_one_span(tmp_path: Path) -> None:
    """A number in brackets joins tokens; a value without one stands over its token alone."""
    lines = ["#FORMAT=WebAnno TSV 3.3", "#T_SP=custom.Span|value", "", "", "#Text=I had no time .", "1-1\t0-1\tI\t_\t"]
    lines += ["1-2\t2-5\thad\t_\t", "1-3\t6-8\tno\tTime[1]\t", "1-4\t9-13\ttime\tTime[1]\t", "1-5\t14-15\t.\tEnd\t", ""]
    (tmp_path / "p.tsv").write_text("\n".join(lines))
    study, _ = read_all([tmp_path / "p.tsv"])
    assert sorted(_spans(study)) == [(".", "End", "coder"), ("no time", "Time", "coder")]


def test_what_is_damaged_is_one_line_without_its_words(tmp_path: Path) -> None:
    """A label without an end names the file and what to do."""
    (tmp_path / "p.jsonl").write_text(json.dumps({"text": "secret", "label": [[1]]}) + "\n")
    with pytest.raises(InputError, match="damaged") as found:
        read_all([tmp_path / "p.jsonl"])
    assert "secret" not in str(found.value)
