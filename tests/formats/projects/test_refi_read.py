"""REFI-QDA as other tools write it: nothing is lost unsaid, nothing unknown is fatal."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import ReadOptions, read, read_all
from autocode.formats.receipt import Receipt
from tests.conftest import shared
from tests.formats.projects_made import ANA, BEN, code, coding, guid, project, qdpx, selection, source

TEXT = "I: hello there.\nR: it was hard, you know.\n"
HARD = (TEXT.index("it was"), TEXT.index(", you"))


def _one(folder: Path, inner: str, text: str | bytes = TEXT, codes: str = code(1, "c"), rest: str = "") -> Path:
    return qdpx(folder, project(codes, source(5, "Interview", inner), rest), {"5.txt": text})


def _receipt(receipts: list[Receipt], what: str) -> Receipt:
    return next(r for r in receipts if r.what == what)


def test_a_selection_becomes_a_coding_of_its_user(tmp_path: Path) -> None:
    """Words, code, coder, date and memo arrive."""
    inner = selection(*HARD, "<Description>says so</Description>" + coding(7, 1, BEN), name="it was hard")
    study, receipts = read_all([_one(tmp_path, inner)])
    (found,) = study.codings
    assert (study.documents[0].text_of(found), found.code, found.coder, found.memo) == (
        "it was hard",
        "c",
        "Ben",
        "says so",
    )
    assert "1 of 1 quotes" in str(_receipt(receipts, "codings"))


def test_a_coder_is_taken_to_have_read_the_documents_with_codings(tmp_path: Path) -> None:
    """A document without a coding of hers was not seen, which is not the same as not coded."""
    xml = project(code(1, "c"), source(5, "A", selection(0, 2, coding(7, 1))) + source(6, "B"))
    study = read(qdpx(tmp_path, xml, {"5.txt": TEXT, "6.txt": TEXT}))
    assert [(r.document, r.coder) for r in study.readings] == [("A", "Ana")]


@pytest.mark.parametrize(("users", "coder"), [("coding", "Ana"), ("selection", "Ben")])
def test_where_coding_and_selection_disagree_the_caller_chooses(tmp_path: Path, users: str, coder: str) -> None:
    """NVivo rewrites one of the two on import; both are told, one is taken."""
    path = _one(tmp_path, selection(*HARD, coding(7, 1, ANA), user=BEN))
    study, receipts = read_all([path], ReadOptions(users=users))
    assert [c.coder for c in study.codings] == [coder]
    assert "1 coding names another user than the selection" in str(_receipt(receipts, "coders"))


def test_two_coders_on_one_selection_stay_two(tmp_path: Path) -> None:
    """One selection may hold the codings of two users."""
    study = read(_one(tmp_path, selection(*HARD, coding(7, 1, ANA) + coding(8, 1, BEN), user=ANA)))
    assert sorted(c.coder for c in study.codings) == ["Ana", "Ben"]


def test_a_coding_without_a_user_goes_to_the_coder_named_in_the_options(tmp_path: Path) -> None:
    """MAXQDA and others may name nobody."""
    path = _one(tmp_path, selection(*HARD, coding(7, 1, "")))
    assert [c.coder for c in read(path, ReadOptions(coder="Zoe")).codings] == ["Zoe"]
    assert "1 coding without a user" in str(_receipt(read_all([path])[1], "coders"))


def test_a_code_on_a_whole_document_covers_all_of_it(tmp_path: Path) -> None:
    """A coding right under the source has no positions."""
    (found,) = read(_one(tmp_path, coding(7, 1))).codings
    assert (found.start, found.end) == (0, len(TEXT))


def test_faulty_codings_are_listed_and_the_rest_is_kept(tmp_path: Path) -> None:
    """An unknown code, a reversed range, positions that are no numbers and a doubled coding are no reason to stop."""
    inner = "".join(
        [
            selection(0, 2, coding(7, 1)),
            selection(0, 2, coding(7, 1)),
            selection(0, 2, coding(8, 99)),
            selection(9, 3, coding(9, 1)),
            selection("x", 3, coding(10, 1)),
            selection(40, 999, coding(11, 1)),
        ]
    )
    study, receipts = read_all([_one(tmp_path, inner)])
    receipt = _receipt(receipts, "codings")
    assert receipt.skipped | {} == {
        "on pictures, page areas or recordings": 0,
        "whose positions are not numbers": 1,
        "of an unknown code": 1,
        "with an impossible range": 1,
        "doubled": 1,
    }
    assert receipt.given == 6
    assert "cut there" in str(receipt)
    assert guid(99) in str(receipt)
    assert max(c.end for c in study.codings) == len(TEXT)


def test_texts_that_are_missing_or_empty_are_listed(tmp_path: Path) -> None:
    """NVivo for Mac writes one byte for a text that it lost."""
    sources = source(5, "There") + source(6, "Gone", coding(7, 1)) + source(7, "Empty", coding(8, 1))
    study, receipts = read_all([qdpx(tmp_path, project(code(1, "c"), sources), {"5.txt": TEXT, "7.txt": "\n"})])
    assert [d.id for d in study.documents] == ["There"]
    told = str(_receipt(receipts, "documents"))
    assert "Gone" in told
    assert "Empty" in told
    assert _receipt(receipts, "codings").skipped["in documents without a text"] == 2


@pytest.mark.row(7)
@pytest.mark.parametrize(
    "path",
    [
        "absolute:///etc/hostname",
        "relative:///../x.txt",
        "/etc/hostname",
        "C:\\x.txt",
        "file:///etc/hostname",
        "internal://../../../../etc/hostname",
    ],
)
def test_no_path_leads_out_of_the_container(tmp_path: Path, path: str) -> None:
    """An address outside is recorded as a missing text and never opened."""
    study, receipts = read_all([qdpx(tmp_path, project("", source(5, "A", path=path)), {})])
    assert not study.documents
    assert "not in the file" in str(_receipt(receipts, "documents"))


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ("sources/A.TXT", "internal://a.txt"),
        ("Sources\\a.txt", "internal://A.txt"),
        ("sources/a.txt", "a.txt"),
        ("a.txt", "internal://a.txt"),
        ("sources/a.txt", "internal:///sources/a.txt"),
    ],
)
def test_texts_are_found_whatever_the_case_and_the_slash(tmp_path: Path, member: str, path: str) -> None:
    """NVivo writes Sources, qc no scheme, Windows backslashes."""
    assert read(qdpx(tmp_path, project("", source(5, "A", path=path)), {member: TEXT})).documents[0].text == TEXT


def test_the_project_may_be_called_otherwise_but_be_only_one(tmp_path: Path) -> None:
    """ATLAS.ti names it after the study; two would leave open which counts."""
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("Trial.QDE", project("", source(5, "A")))
        zipped.writestr("sources/5.txt", TEXT)
    assert read(path).documents[0].id == "A"
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr("Other.qde", project())
    with pytest.raises(InputError, match="2 projects"):
        read(path)


def test_inline_text_representations_and_transcripts_are_texts_too(tmp_path: Path) -> None:
    """The text within the XML, of a PDF, and of a recording with its synchronised selections."""
    sources = (
        f'<TextSource guid="{guid(5)}" name="Inline"><PlainTextContent>hello there</PlainTextContent>'
        f"{selection(0, 5, coding(20, 1))}</TextSource>"
        f'<PDFSource guid="{guid(6)}" name="Pdf" path="internal://x.pdf">'
        f'<PDFSelection guid="{guid(7)}" page="0" firstX="0" '
        f'firstY="0" secondX="1" secondY="1">{coding(21, 1)}</PDFSelection><Representation guid="{guid(8)}" '
        f'plainTextPath="internal://r.txt">{selection(0, 5, coding(22, 1))}</Representation></PDFSource>'
        f'<AudioSource guid="{guid(10)}" name="Talk" path="internal://x.mp3"><Transcript guid="{guid(11)}" '
        f'plainTextPath="internal://t.txt"><SyncPoint guid="{guid(12)}" timeStamp="0" position="0"/><SyncPoint '
        f'guid="{guid(13)}" timeStamp="9" position="5"/>'
        f'<TranscriptSelection guid="{guid(14)}" fromSyncPoint="{guid(12)}" '
        f'toSyncPoint="{guid(13)}">{coding(23, 1)}</TranscriptSelection></Transcript></AudioSource>'
        f'<PictureSource guid="{guid(15)}" name="Photo" path="internal://p.png"/>'
    )
    study, receipts = read_all(
        [qdpx(tmp_path, project(code(1, "c"), sources), {"r.txt": "other words", "t.txt": "spoken words"})]
    )
    assert [(d.id, d.text_of(c)) for d in study.documents for c in study.codings if c.document == d.id] == [
        ("Inline", "hello"),
        ("Pdf", "other"),
        ("Talk", "spoke"),
    ]
    assert _receipt(receipts, "documents").skipped == {"that are not text": 1}
    assert _receipt(receipts, "codings").skipped["on pictures, page areas or recordings"] == 1


def test_cases_variables_groups_and_memos_become_what_is_known_of_a_document(tmp_path: Path) -> None:
    """Values come from the source or from its case; a set of sources is a document group."""
    variables = f'<Variables><Variable guid="{guid(30)}" name="Age" typeOfVariable="Integer"/></Variables>'
    value = f'<VariableValue><VariableRef targetGUID="{guid(30)}"/><IntegerValue>{{}}</IntegerValue></VariableValue>'
    rest = (
        f'{variables}<Cases><Case guid="{guid(31)}" name="Mary">{value.format(40)}'
        f'<SourceRef targetGUID="{guid(5)}"/></Case>'
        f'<Case guid="{guid(32)}"><SourceRef targetGUID="{guid(6)}"/></Case></Cases>'
        f'<Notes><Note guid="{guid(33)}" name="m"><PlainTextContent>a note</PlainTextContent></Note></Notes>'
        f'<Sets><Set guid="{guid(34)}" name="Wave 1"><MemberSource targetGUID="{guid(5).upper()}"/></Set></Sets>'
    )
    sources = source(5, "A", f'<NoteRef targetGUID="{guid(33)}"/>') + source(6, "B", value.format(50))
    study = read(qdpx(tmp_path, project("", sources, rest), {"5.txt": TEXT, "6.txt": TEXT + "x"}))
    a, b = study.documents
    assert a.variables == {"Age": "40", "Case": "Mary", "Memo": "a note"}
    assert a.groups == ("Wave 1",)
    assert b.variables == {"Age": "50"}


def test_a_note_with_codings_is_a_field_note(tmp_path: Path) -> None:
    """Notes are texts of the same kind; one that was coded is data."""
    inner = selection(0, 5, coding(7, 1))
    note = f'<Notes><Note guid="{guid(33)}" name="Diary" plainTextPath="internal://n.txt">{inner}</Note></Notes>'
    study = read(qdpx(tmp_path, project(code(1, "c"), "", note), {"n.txt": "today I saw"}))
    assert [(d.id, d.kind) for d in study.documents] == [("Diary", "field note")]


def test_sources_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """MAXQDA allows it; the document group or a number makes the ids differ."""
    group = f'<Sets><Set guid="{guid(34)}" name="G2"><MemberSource targetGUID="{guid(6)}"/></Set></Sets>'
    sources = source(5, "A") + source(6, "A") + source(7, "A")
    xml = project("", sources, group)
    study = read(qdpx(tmp_path, xml, {"5.txt": "one", "6.txt": "two", "7.txt": "three"}))
    assert [(d.id, d.name) for d in study.documents] == [("A", "A"), ("A (G2)", "A"), ("A (2)", "A")]


def test_two_document_groups_are_two_coders_as_in_maxqda(tmp_path: Path) -> None:
    """The same text in two groups, coded in both by one user, is one document coded by two."""
    groups = "".join(
        f'<Set guid="{guid(40 + n)}" name="Coder {n}"><MemberSource targetGUID="{guid(n)}"/></Set>' for n in (5, 6)
    )
    sources = source(5, "A", selection(0, 2, coding(7, 1))) + source(6, "A", selection(3, 5, coding(8, 1)))
    path = qdpx(tmp_path, project(code(1, "c"), sources, f"<Sets>{groups}</Sets>"), {"5.txt": TEXT, "6.txt": TEXT})
    study, receipts = read_all([path])
    assert [d.groups for d in study.documents] == [("Coder 5", "Coder 6")]
    assert [(c.document, c.coder, c.start) for c in study.codings] == [("A", "Coder 5", 0), ("A", "Coder 6", 3)]
    assert study.humans == ("Coder 5", "Coder 6")
    assert "the groups are the coders" in str(_receipt(receipts, "documents"))


def test_positions_that_fit_no_words_come_with_a_warning(tmp_path: Path) -> None:
    """Where most selections cut words, the receipt asks to look at them before going on."""
    marks = "".join(selection(a, a + 2, coding(20 + a, 1)) for a in range(1, 26, 5))
    _, receipts = read_all([qdpx(tmp_path, project(code(1, "c"), source(5, "I", marks)), {"5.txt": "abcd " * 6})])
    assert any("look at some codings before you go on" in note for r in receipts for note in r.notes)


def test_positions_of_nvivo_on_windows_are_read_right() -> None:
    """UTF-16 units, CRLF as two, a mark that does not count: all 97 selections start and end on words."""
    study, receipts = read_all([shared("formats", "samples", "nvivo", "nvivo12win_97codings.qdpx")])
    assert len(study.codings) == 97
    assert "UTF-16 units, end exclusive" in str(_receipt(receipts, "codings"))
    assert "97 of 97" in str(_receipt(receipts, "codings"))


@pytest.mark.parametrize(
    ("sample", "documents", "codes", "coders", "codings"),
    [
        ("nvivo/nvivo12win_97codings.qdpx", 1, 60, 1, 97),
        ("nvivo/nvivo12mac_297codings.qdpx", 2, 152, 1, 297),
        ("nvivo/nvivo15mac_nocodings.qdpx", 0, 262, 0, 0),
        ("qc/qc132_205codings_bare_paths.qdpx", 2, 262, 1, 205),
        ("atlasti/atlas23win_blank.qdpx", 0, 0, 0, 0),
        ("atlasti/atlas84mac_spec_annexA2.qde", 0, 14, 0, 0),
        ("maxqda/maxqda24_codebook_10sources.qdpx", 10, 307, 0, 0),
        ("other/qdapy_handmade_two_coders.qdpx", 2, 4, 2, 6),
        ("constructed/constructed_two_coders.qdpx", 1, 2, 2, 3),
    ],
)
def test_every_sample_is_read_to_its_last_code(sample: str, documents: int, codes: int, coders: int, codings: int) -> None:
    """Documents with a text, codes, coders and codings of each real project, by count."""
    study = read(shared("formats", "samples", *sample.split("/")))
    counts = (len(study.documents), len(study.codebook), len(study.coders), len(study.codings))
    assert counts == (documents, codes, coders, codings)
