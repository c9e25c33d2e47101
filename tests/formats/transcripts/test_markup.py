"""Tests of `formats.transcripts.markup`: XML in which speech is marked, as editors and archives write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.errors import InputError
from autocode.formats import read_all
from autocode.formats.receipt import Receipt
from autocode.study import Document


def read(folder: Path, name: str, content: str, encoding: str = "utf-8") -> tuple[Document, list[Receipt]]:
    """A file with this content read as a transcript, and its receipts."""
    path = folder / name
    path.write_bytes(content.encode(encoding))
    study, receipts = read_all([path])
    return study.documents[0], receipts


def said(document: Document) -> list[tuple[str, str]]:
    """Speaker and words of every turn."""
    return [(t.speaker, document.text_of(t)) for t in document.turns]


TURNS = [("INT", "How did you get there?"), ("KM", "On foot. It took two hours."), ("INT", "Alone?"), ("KM", "With my aunt.")]


def test_tei_utterances_point_to_people(tmp_path: Path) -> None:
    """Ids that say something stay; roles come from the header; notes and pauses are no words; descriptions are in brackets."""
    xml = """<?xml version="1.0"?><TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title>T</title></titleStmt>
    </fileDesc><profileDesc><particDesc><person xml:id="AB" role="interviewer"/>
    <person xml:id="KM"><persName>Kim</persName></person>
    </particDesc></profileDesc></teiHeader><text><body><head>Morning</head>
    <u who="#AB">How did you <unclear>get</unclear> there?</u>
    <u who="#KM">On foot.<note>laughs at the cat</note> <vocal><desc>laughs</desc></vocal> It took <pause/>two hours.</u>
    <u who="#AB">Alone?</u><u who="#KM">With my aunt.</u></body></text></TEI>"""
    document, receipts = read(tmp_path, "t.xml", xml)
    assert said(document) == [
        ("AB", "How did you get there?"),
        ("KM", "On foot. (laughs) It took two hours."),
        ("AB", "Alone?"),
        ("KM", "With my aunt."),
    ]
    assert document.interviewers == ("AB",)
    assert "1 word around the turns (headings, notes) left out" in receipts[0].notes


def test_tei_speeches_name_their_speakers(tmp_path: Path) -> None:
    """An element `speaker` names whoever speaks, and is none of the words; an utterance of several paragraphs is one turn."""
    xml = "<TEI><text><body>" + "".join(
        f"<sp><speaker>{who}.</speaker><p>{words}</p></sp>\n" for who, words in [*TURNS, ("INT", "So</p><p>that was that?")]
    )
    document, _ = read(tmp_path, "t.xml", xml + "</body></text></TEI>")
    assert said(document) == [*TURNS, ("INT", "So that was that?")]


def test_iso_tei_of_words_and_a_time_line(tmp_path: Path) -> None:
    """Words and punctuation of their own become a sentence; annotations below are left out; the time line gives times."""
    block = (
        '<annotationBlock who="{}" start="#T{}" end="#T{}"><u><seg>{}</seg></u>'
        '<spanGrp type="pos"><span from="a" to="b">NN</span></spanGrp></annotationBlock>'
    )
    words = [
        "<w>Where</w><w>was</w><w>it</w><pc>?</pc>",
        "<w>In</w><w>Ulm</w><pc>.</pc>",
        "<w>When</w><pc>?</pc>",
        "<w>Later</w><pc>.</pc>",
    ]
    blocks = "".join(block.format(("AN", "BO")[n % 2], n, n + 1, w) for n, w in enumerate(words))
    line = "".join(f'<when xml:id="T{n}" interval="{1.5 * (n > 0)}" since="#T{n - 1}"/>' for n in range(5))
    document, _ = read(tmp_path, "t.xml", f"<TEI><text><timeline>{line}</timeline><body>{blocks}</body></text></TEI>")
    assert said(document) == [("AN", "Where was it?"), ("BO", "In Ulm."), ("AN", "When?"), ("BO", "Later.")]
    assert [t.start_ms for t in document.turns] == [0, 1500, 3000, 4500]


def test_chat_in_xml_ends_its_sentences(tmp_path: Path) -> None:
    """CHAT's XML keeps words and signs apart; its participants have roles; morphology is left out."""
    xml = """<CHAT xmlns="http://www.talkbank.org/ns/talkbank"><Participants><participant id="INV" role="Investigator"/>
    <participant id="PAR" role="Participant"/></Participants>
    <u who="INV"><w>what<mor>pro</mor></w> <w>happened</w> <t type="q"/></u><u who="PAR"><w>nothing</w><t type="p"/></u>
    <u who="INV"><w>nothing</w><t type="q"/></u><u who="PAR"><w>nothing</w> <w>much</w><t type="p"/></u></CHAT>"""
    document, _ = read(tmp_path, "t.xml", xml)
    assert said(document) == [("INV", "what happened?"), ("PAR", "nothing."), ("INV", "nothing?"), ("PAR", "nothing much.")]
    assert document.interviewers == ("INV",)


EAF = """<ANNOTATION_DOCUMENT><HEADER/><TIME_ORDER>{slots}</TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>"""


def _eaf_tier(head: str, pieces: list[tuple[int, str]]) -> str:
    body = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{head[9:12]}a{n}" TIME_SLOT_REF1="ts{n}" TIME_SLOT_REF2="ts{n + 1}">'
        f"<ANNOTATION_VALUE>{words}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
        for n, words in pieces
    )
    return f"<TIER {head}>{body}</TIER>"


def test_elan_tiers_of_people_and_of_others(tmp_path: Path) -> None:
    """Where tiers have participants, those without are notes; a tier that hangs on another is a translation."""
    slots = "".join(f'<TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{n * 2000}"/>' for n in range(6))
    asker = _eaf_tier('TIER_ID="one" PARTICIPANT="INT"', [(0, TURNS[0][1]), (2, TURNS[2][1])])
    other = _eaf_tier('TIER_ID="two" PARTICIPANT="KM"', [(1, TURNS[1][1]), (3, TURNS[3][1])])
    notes = _eaf_tier('TIER_ID="cam"', [(4, "the camera falls")])
    ref = (
        '<TIER TIER_ID="tra" PARENT_REF="two" PARTICIPANT="KM"><ANNOTATION>'
        '<REF_ANNOTATION ANNOTATION_ID="r1" ANNOTATION_REF="x">'
        "<ANNOTATION_VALUE>Zu Fuß.</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>"
    )
    document, receipts = read(tmp_path, "t.eaf", EAF.format(slots=slots, tiers=asker + other + notes + ref))
    assert said(document) == TURNS
    assert [t.start_ms for t in document.turns] == [0, 2000, 4000, 6000]
    assert "2 tiers of notes or translations left out" in receipts[0].notes


def test_elan_sentences_below_numbered_references(tmp_path: Path) -> None:
    """As field linguists keep it: the upper tier counts, the one below it holds the words, a third one translates them."""
    slots = "".join(f'<TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{n * 2000}"/>' for n in range(6))

    def below(tier: str, parent: str, pairs: list[tuple[int, str]]) -> str:
        body = "".join(
            f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{tier}{n}" ANNOTATION_REF="{parent[:3]}a{n}">'
            f"<ANNOTATION_VALUE>{words}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
            for n, words in pairs
        )
        return f'<TIER TIER_ID="{tier}" PARENT_REF="{parent}">{body}</TIER>'

    own = {who: [(n, words) for n, (w, words) in enumerate(TURNS) if w == who] for who in ("INT", "KM")}
    tiers = ""
    for who, pairs in own.items():
        tiers += below(f"tx@{who}", f"ref@{who}", pairs)  # before the tier that it hangs on
        tiers += _eaf_tier(f'TIER_ID="ref@{who}"', [(n, f"{n:03}") for n, _ in pairs])
        tiers += below(f"ft@{who}", f"ref@{who}", [(n, "in another tongue") for n, _ in pairs])
    document, _ = read(tmp_path, "t.eaf", EAF.format(slots=slots, tiers=tiers))
    assert said(document) == TURNS


def test_exmaralda_events_that_touch_are_one_piece(tmp_path: Path) -> None:
    """A word cut by the time line is whole again; tiers of descriptions are left out; speakers have their abbreviations."""
    line = "".join(f'<tli id="T{n}" time="{n}.0"/>' for n in range(6))
    xml = f"""<?xml version="1.0" encoding="UTF-8"?><basic-transcription><head><speakertable>
    <speaker id="SPK0"><abbreviation>INT</abbreviation></speaker><speaker id="SPK1"><abbreviation>KM</abbreviation></speaker>
    </speakertable></head><basic-body><common-timeline>{line}</common-timeline>
    <tier id="A" speaker="SPK0" category="v" type="t"><event start="T0" end="T1">How did you get the</event>
    <event start="T1" end="T2">re? </event><event start="T3" end="T4">Alone? </event></tier>
    <tier id="B" speaker="SPK1" category="v" type="t"><event start="T2" end="T3">On foot. It took two hours. </event>
    <event start="T4" end="T5">With my aunt. </event></tier>
    <tier id="C" speaker="SPK1" category="nv" type="d"><event start="T2" end="T3">nods</event></tier>
    </basic-body></basic-transcription>"""
    document, receipts = read(tmp_path, "t.exb", xml)
    assert said(document) == TURNS
    assert "1 tier of notes or translations left out" in receipts[0].notes


def test_transcriber_with_its_document_type_and_two_at_once(tmp_path: Path) -> None:
    """The document type that Transcriber always writes is passed over; each of two who speak at once has their own words."""
    xml = """<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE Trans SYSTEM "trans-14.dtd">\n<Trans scribe="x"><Speakers>
    <Speaker id="spk1" name="Enquêtrice"/><Speaker id="spk2" name="Zoé"/></Speakers><Episode><Section type="report">
    <Turn speaker="spk1" startTime="0" endTime="2.5"><Sync time="0"/>\nVous êtes née où ?\n</Turn>
    <Turn speaker="spk2" startTime="2.5" endTime="6"><Sync time="2.5"/>\nÀ Pau,\n<Sync time="4"/>\nen hiver.\n</Turn>
    <Turn speaker="spk1 spk2" startTime="6" endTime="8"><Sync time="6"/>
    <Who nb="1"/>\nEn quelle année ?\n<Who nb="2"/>\nEn 51.\n</Turn>
    </Section></Episode></Trans>"""
    document, _ = read(tmp_path, "t.trs", xml, "latin-1")
    assert said(document) == [
        ("Enquêtrice", "Vous êtes née où ?"),
        ("Zoé", "À Pau, en hiver."),
        ("Enquêtrice", "En quelle année ?"),
        ("Zoé", "En 51."),
    ]
    assert document.turns[1].start_ms == 2500


def test_folker_contributions(tmp_path: Path) -> None:
    """Contributions refer to speakers and to points of time."""
    line = "".join(f'<timepoint timepoint-id="TLI_{n}" absolute-time="{n}.5"/>' for n in range(5))
    parts = "".join(
        f'<contribution speaker-reference="{who}" start-reference="TLI_{n}" end-reference="TLI_{n + 1}">'
        f"<unparsed>{words}</unparsed>"
        "</contribution>"
        for n, (who, words) in enumerate(TURNS)
    )
    people = '<speakers><speaker speaker-id="INT"><name>a</name></speaker><speaker speaker-id="KM"/></speakers>'
    xml = f"<folker-transcription><head/>{people}<timeline>{line}</timeline>{parts}</folker-transcription>"
    document, _ = read(tmp_path, "t.fln", xml)
    assert said(document) == TURNS
    assert document.turns[1].start_ms == 1500


@pytest.mark.parametrize("element", ['turn speaker="{}"', 'utterance spk="{}" start="0:01"', 'line participant="{}"'])
def test_elements_of_an_unknown_program_that_name_who_speaks(tmp_path: Path, element: str) -> None:
    """Whatever an element is called: one that names who speaks holds a turn."""
    rows = "".join(f"<{element.format(who)}>{words}</{element.split()[0]}>\n" for who, words in TURNS)
    document, _ = read(tmp_path, "t.xml", f"<transcript><title>Talk</title>{rows}</transcript>")
    assert said(document) == TURNS


def test_records_of_an_unknown_program(tmp_path: Path) -> None:
    """A speaker and the words in elements of their own are a turn too."""
    rows = "".join(f"<row><Speaker>{who}</Speaker><text>{words}</text></row>" for who, words in TURNS)
    document, _ = read(tmp_path, "t.xml", f"<rows>{rows}</rows>")
    assert said(document) == TURNS


def test_timed_text_with_agents(tmp_path: Path) -> None:
    """Captions in XML are read as subtitles are: pieces of one agent that follow one another are one turn."""
    xml = """<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"><head/><body><div>
    <p begin="00:00:01.000" end="00:00:02.000" ttm:agent="INT">How did you</p>
    <p begin="2s" end="3s" ttm:agent="INT">get there?</p>
    <p begin="3s" end="4s" ttm:agent="KM">On foot.<br/>It took two hours.</p></div></body></tt>"""
    document, _ = read(tmp_path, "t.ttml", xml)
    assert said(document) == TURNS[:2]
    assert document.turns[1].start_ms == 3000


def test_tei_without_utterances_is_read_as_a_text(tmp_path: Path) -> None:
    """Where only the words of paragraphs name who speaks, they are read as those of any text."""
    lines = "".join(f"<p>{who}: {words}</p>" for who, words in TURNS * 2)
    document, _ = read(tmp_path, "t.xml", f"<TEI><text><body><head>A talk</head>{lines}</body></text></TEI>")
    assert said(document) == TURNS * 2


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ('<!DOCTYPE a [<!ENTITY x "y">]><a><u who="I">&x;</u></a>', "document type"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><u who="I">&x;</u></a>', "document type"),
        ("<a>" * 300 + "</a>" * 300, "levels"),
        ('<u who="I">cut', "damaged"),
        ("<recipe><step>Boil it.</step></recipe>", "nothing says who speaks"),
    ],
)
def test_unsafe_or_foreign_xml_is_one_line(tmp_path: Path, xml: str, why: str) -> None:
    """Declared entities, depth, damage and XML of another kind are refused in one line that quotes nothing."""
    with pytest.raises(InputError, match=why) as refused:
        read(tmp_path, "t.xml", xml)
    assert "\n" not in str(refused.value)
    assert "Boil" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "talk.srv1",
            '<transcript><text start="0.5" dur="2">One &amp;amp; two.</text><text start="3" dur="1">Three.</text></transcript>',
        ),
        (
            "talk.srv3",
            '<timedtext format="3"><head><ws id="0"/></head><body><w t="0" id="1"/><p t="500" d="900" w="1"><s>One</s>'
            '<s t="300"> &amp;</s><s t="600"> two.</s></p><p t="2000" d="10">\n</p>'
            '<p t="3000" d="900"><s>Three.</s></p></body></timedtext>',
        ),
    ],
)
def test_captions_that_name_nobody_keep_their_times(name: str, text: str, tmp_path: Path) -> None:
    """YouTube's captions as XML: a caption is a piece with its time, in seconds or in milliseconds."""
    (tmp_path / name).write_text(text)
    document = read_all([tmp_path / name])[0].documents[0]
    said = [(t.speaker, " ".join(document.text_of(t).replace("&amp;", "&").split()), t.start_ms) for t in document.turns]
    assert said == [("", "One & two.", 500), ("", "Three.", 3000)]


def test_a_transcript_as_plain_text_in_one_element_is_read(tmp_path: Path) -> None:
    """Where one element holds most words of a file, as lines, they are read as any text; a file of short values is refused."""
    path = tmp_path / "a.xml"
    talk = "VOSS: Who built\nthe boat?\n\nHOLM: My uncle did.\n\nVOSS: Did it float?\n\nHOLM: One summer, yes.\n"
    path.write_text(f"<record><title>Boats</title><transcript>{talk}</transcript></record>", encoding="utf-8")
    study, _ = read_all([path])
    assert [t.speaker for t in study.documents[0].turns] == ["VOSS", "HOLM"] * 2
    path.write_text("<record><title>Boats</title><place>Ely, Cambridgeshire</place></record>", encoding="utf-8")
    with pytest.raises(InputError):
        read_all([path])
