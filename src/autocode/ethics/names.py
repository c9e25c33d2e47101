"""Names among capitalised words, by what stands around them and by what the study shows of the word.

A word that stands in lower case elsewhere in the study is a common word; a title, a kin word, a
place word or a verb of speech beside a name says what it names. Each name gets a certainty: sure
(its surroundings name it), likely (they point to it), perhaps (a capitalised word and no more).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autocode.study import Document


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


TITLES = _words(
    "Mr Mrs Ms Mx Dr Prof Professor Sir Dame Madam Madame Miss Mister Lord Lady Father Sister Brother Pastor Rabbi Imam",
    "Datuk Dato Dato' Datin Tun Tan-Sri Encik Puan Cik Tuan Haji Hajah Ustaz Ustazah Cikgu Kak Abang Bang Adik Pak Mak",
    "Tok Makcik Pakcik Uncle Auntie Aunty Aunt Grandma Grandpa Ibu Bapak Bu Mas Mbak Herr Frau Monsieur Mademoiselle",
    "Señor Señora Sr Sra Don Doña Signor Signora Chef Captain Inspector Sergeant Nurse Coach Teacher",
)
"""Words before a name; by themselves they are none."""

SHORT_TITLES = _words("Mr Mrs Ms Mx Dr Prof Sr Sra St")
"""Titles that take a full stop without ending a sentence."""

KIN = _words(
    "wife husband partner son daughter brother sister cousin nephew niece uncle aunt auntie mother father mum mom dad",
    "grandmother grandfather friend boss colleague supervisor manager neighbour neighbor teacher student lecturer dean",
    "girlfriend boyfriend assistant secretary roommate coursemate classmate",
)
"""After "my", "our", "his" or "her", and before a name."""

PEOPLE = KIN | _words(
    "woman man girl boy lady guy person kid child fellow chap colleague colleagues friends brothers sisters sons daughters",
    "technician technicians nurse officer clerk driver trainer trainers staff worker workers manager managers students",
)
"""Before "called" or a comma and a name."""

SPEECH = _words(
    "said says told asked asks replied answered laughed smiled cried thinks thought wanted wants knows knew came went",
    "called phoned wrote sent showed helped taught left moved married died retired joined explained complained sighed",
)
"""What people do, in the word after a name."""

WHERE = _words("in from near outside around across toward towards beyond between via throughout dekat di dari")
"""Before a place."""

TRAVEL = _words(
    "moved move moving drive drove driving go going went came come travel travelled flew fly back close closer",
    "near nearer posted transferred sent relocated returned return commute commuting balik pergi",
)
"""Before "to" and a place."""

PLACE_LAST = _words(
    "Street Road Avenue Lane Square Boulevard Highway Drive Close Crescent Terrace Bridge Station Airport Hospital",
    "Heights Park Garden Gardens Valley Hill Hills Beach Bay Island Lake River County Village Town City Strasse Platz",
)
PLACE_FIRST = _words(
    "Jalan Lorong Taman Kampung Kampong Bandar Bukit Kuala Kota Batu Sungai Pulau Pantai Teluk Tanjung Padang Ulu Port",
    "Seri Alor Petaling Shah Johor Rue Calle Plaza Via Piazza Avenida San Santa Santo São Saint Sankt Bad Fort Mount",
    "Lake North South East West New Los Las Le La El",
)
ORG_LAST = _words(
    "University College Institute School Academy Polytechnic Bank Berhad Bhd Ltd Limited Inc Corp Corporation Company GmbH",
    "AG Hotel Clinic Group Holdings Foundation Council Union Airlines Consulting Solutions Industries Associates Society",
    "Supermarket Restaurant Bakery Pharmacy Church Mosque Association Agency Ministry Department",
)
ORG_FIRST = _words(
    "University Universiti Universität Université Universidad Institute Institut Bank Ministry Kementerian",
    "Politeknik Kolej Sekolah Syarikat Hotel Hospital Klinik Lycée Gymnasium Pasar Masjid",
)
WORK = _words("at for with joined left by")
"""Before a firm, where the word before is one of `WORKED` or it is `joined`."""
WORKED = _words("work works worked working job employed hired interned internship trained contract")

PARTICLES = _words("bin binti bte a/l a/p s/o d/o van von der den de del della da dos al ibn ben bint abu ter zu")
"""Between the parts of a name."""

GIVEN = _words(
    "Aisha Aishah Ahmad Ahmed Aida Aiman Alex Ali Alice Amina Aminah Amir Amirah Ana Andrea Andrew Angela Anil Anis Anita",
    "Anna Anne Anthony Antonio Arjun Aroha Arun Azlan Azman Azura Bala Barbara Beatriz Ben Brian Carlos Carmen Caroline",
    "Catherine Charlotte Chloe Chris Christina Claire Daniel David Deepa Devi Diego Divya Dominic Elena Elizabeth Emily",
    "Emma Eric Faisal Faizal Farah Farhan Farid Fatima Fatimah Fauzi Fiona Francis Françoise Gary George Giulia Gopal Hafiz",
    "Haslina Hassan Helen Hui Ibrahim Indra Irene Isabel Ismail Ivan Jack James Jane Jason Javier Jeffry Jenny Jessica Joan",
    "John Jonas Jorge José Joseph Juan Julia Kamal Karen Karthik Kavita Kevin Khalid Krishna Kumar Laura Leila Lena Li Linda",
    "Lisa Lucas Lucía Luis Luke Maria María Marie Mariam Martin Mary Matthew Mei Melissa Michael Michelle Miguel Mike Ming",
    "Mohamed Mohammad Mohd Muhammad Murugan Nadia Nancy Natalie Nicole Noor Nor Norliza Nur Nurul Olivia Omar Pablo Patricia",
    "Paul Paula Peter Pierre Priya Rachel Rahim Rahman Raj Raju Ramesh Ravi Rebecca Richard Robert Rohan Rosa Roslan Ruth",
    "Safiah Sam Samuel Sandra Sara Sarah Sean Segar Selvi Shanti Sharifah Simon Siti Sofia Stefan Stephen Steven Sunita",
    "Suresh",
    "Susan Syed Thomas Tom Steve Hakim Vikram Izzat Uma Valentina Vijay Wei Wendy Yusof Yusuf Zainab Zara Zul",
)
"""Given names that are no other word; a start, and no census."""

NEVER = _words(
    "I I'm I'll I've I'd OK Okay Yes No Well So And But Or Because Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "January February March April May June July August September October November December Ramadan Raya Aidilfitri Eid",
    "Deepavali Diwali Christmas Easter Ash Thaipusam Gawai Kaamatan Merdeka Maghrib Isyak Isha Fajr Subuh Zuhr Zohor Asar",
    "Standard Scopus English Malay Mandarin Chinese Tamil Hindi Urdu Arabic Cantonese Hokkien Bahasa Spanish French German",
    "Portuguese Italian Dutch Russian Japanese Korean Swiss Irish Scottish Welsh Czech Polish Turkish Greek Marwari Punjabi",
    "Bengali Gujarati Telugu Islamic Jain Sikh Hakka Teochew Jawi Iban Dusun Kadazan Bidayuh Sabahan Sarawakian Indonesian",
    "Indian Filipino Filipina British American European African Asian Australian Malaysian Singaporean Thai Muslim",
    "Christian Hindu Buddhist Jewish Catholic God Allah Jesus Quran Bible Alhamdulillah InshaAllah Insya Internet Google",
    "Facebook WhatsApp YouTube Instagram TikTok Twitter LinkedIn Telegram Zoom Teams Excel Word PowerPoint Outlook Windows",
    "Microsoft Apple iPhone Android Moodle Canvas Blackboard Coursera Udemy edX Canva Kahoot Padlet Quizizz Netflix",
    "Wikipedia Gmail Chrome Photoshop Python Java Grab Shopee Lazada Milo Nescafé Maggi Covid COVID Corona MOOC MOOCs PhD",
    "PhDs Master's Masters Bachelor's Diploma Level Module Week Unit Chapter Appendix Section Grade Form Year Internet",
    "Wi-Fi Wifi Interviewer Moderator Participant Respondent Later Then Now Also After Before When While If Once Since",
    "Until Though Although However Actually Maybe Perhaps Sometimes Yesterday Today Tomorrow Again Still Even Only Just",
    "Here There This That These Those It Its He She They We You My Our His Her Their Your Who What Where Why How Which",
    "Every Everybody Everyone Nobody Somebody Anybody Someone All Some Most Many Few Both Each Another Other One Two Three",
    "Four Five Six Seven Eight Nine Ten The A An In On At By For From To Of With Without As Like Not Never Always Please",
    "Thanks Thank Sorry Hello Hi Yeah Ah Oh Eh Um Uh Right Sure Good Fine Great Honestly Basically Anyway Especially",
    "Because Than Do Does Did Can Could Would Should Will Is Are Was Were Have Has Had",
)
"""Capitalised words that name nobody in a study: days, feasts, languages, peoples, software, brands."""

COUNTRIES = _words(
    "Malaysia Singapore Indonesia Thailand Vietnam Philippines India China Japan Korea Australia England Scotland Wales",
    "Ireland Britain France Germany Spain Portugal Italy Netherlands Belgium Switzerland Austria Poland Sweden Norway",
    "Denmark Finland Greece Turkey Russia Ukraine Egypt Nigeria Kenya Ghana Brazil Mexico Argentina Chile Colombia Peru",
    "Canada America Europe Asia Africa UK USA US EU Pakistan Bangladesh Nepal Lanka Myanmar Cambodia Taiwan Brunei Bahrain",
    "Qatar Kuwait Iran Iraq Israel Morocco",
)
"""Countries seldom tell who someone is: they are proposed only among what is perhaps a name."""

ROLES = _words("interviewer moderator facilitator speaker participant respondent interviewee unknown researcher i q a r p")
"""Speakers who are no names."""

SAID_OF = {
    "name": "person",
    "respondent name": "person",
    "full name": "person",
    "first name": "person",
    "surname": "person",
    "pseudonym of": "person",
    "employer": "organisation",
    "organisation": "organisation",
    "organization": "organisation",
    "company": "organisation",
    "school": "organisation",
    "university": "organisation",
    "institution": "organisation",
    "city": "place",
    "town": "place",
    "village": "place",
    "place": "place",
    "address": "place",
    "e-mail": "e-mail",
    "email": "e-mail",
    "phone": "phone",
}
"""Variables of a participant whose values tell who someone is, and of what kind they are."""


CERTAINTIES = ("sure", "likely", "perhaps")
"""How certain a proposal is, the surest first."""

_WORD = re.compile(r"(?:[as]/[lpo]\b)|d/o\b|[^\W\d_][\w'’-]*[^\W_]|[^\W\d_]")
_END = re.compile(r"[.!?:;\"“”‘…\n\u2014\[\]]")  # between two words: the second one begins a sentence
_ADDRESS = re.compile(r"\S*@\S+|(?:https?://|www\.)\S+")  # the name in an address is in lower case, and no common word
_MIN = 2  # letters of a name
_ACRONYM = 6  # letters of a word in capitals that is no name but an abbreviation


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a transcript: where it stands, and whether it begins a sentence."""

    text: str
    begins: bool
    joined: bool  # one space, and nothing else, parts it from the word before
    apposed: bool = False  # a comma parts it from the word before

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


@dataclass
class Evidence:
    """How often a name stands, and how often in which surroundings."""

    kind: str = ""
    sure: int = 0
    seen: Counter[str] = field(default_factory=Counter)


def words_of(text: str) -> list[Word]:
    """The words of a text in order."""
    found: list[Word] = []
    last = 0
    for match in _WORD.finditer(text):
        gap = text[last : match.start()]
        after_title = found and found[-1].text in SHORT_TITLES and gap in (". ", " ")
        begins = not found or (bool(_END.search(gap)) and not after_title)
        found.append(Word(_bare(match.group()), begins, gap == " " or bool(after_title), gap == ", "))
        last = match.end()
    return found


def _bare(word: str) -> str:
    """The word without a possessive s."""
    return re.sub(r"['’]s?$", "", word) or word


def find_names(documents: Sequence[Document]) -> Iterator[tuple[str, str, str]]:
    """Names in documents as (kind, text, certainty): person, place, organisation, or "perhaps a name"."""
    texts = [words_of(_ADDRESS.sub(" . ", d.text)) for d in documents]
    common = Counter(w.text for words in texts for w in words if not w.capital)
    found: dict[str, Evidence] = {}
    for words in texts:
        for start, end in _runs(words):
            _weigh(words, start, end, common, found)
    for text, evidence in found.items():
        kind, certainty = judged(text, evidence)
        if kind:
            yield kind, text, certainty


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Stretches of capitalised words, particles between them included, as (start, end)."""
    at = 0
    while at < len(words):
        end = at + 1
        if words[at].capital:
            while end < len(words) and words[end].joined and not words[end].begins and _goes_on(words, end):
                end += 1
            yield at, end
        at = end


def _goes_on(words: Sequence[Word], at: int) -> bool:
    if words[at].text in TITLES and words[at - 1].text not in TITLES:
        return False  # "Later Encik Hamid": the title begins a name of its own
    following = at + 1 < len(words) and words[at + 1].joined and words[at + 1].capital
    particle = words[at].text in PARTICLES or (words[at].text == "of" and words[at - 1].text in ORG_FIRST)
    return words[at].capital or (particle and following)


def _weigh(words: Sequence[Word], start: int, end: int, common: Counter[str], found: dict[str, Evidence]) -> None:
    """Add what one stretch of capitalised words says to the evidence for the names in it."""
    titled = False
    while start < end and (words[start].text in TITLES or words[start].text.rstrip(".") in TITLES):
        titled, start = True, start + 1
    while start < end and _is_common(words[start], common) and not titled and not _opens(words, start, end, common):
        start += 1
    kept = _trimmed(words, start, end, common, titled)
    if kept <= start:
        return
    text = " ".join(w.text for w in words[start:kept])
    evidence = found.setdefault(text, Evidence())
    if titled:
        evidence.kind, evidence.sure = "person", evidence.sure + 1
    elif named := _by_affix([w.text for w in words[start:kept]]):
        evidence.kind, evidence.sure = named, evidence.sure + 1
    evidence.seen.update(_surroundings(words, start, kept))


def _trimmed(words: Sequence[Word], start: int, end: int, common: Counter[str], titled: bool) -> int:
    """The end of a name: words that are common ones are no part of it, but for those that end a place or firm."""
    lasts = PLACE_LAST | ORG_LAST
    for at in range(start, end):
        affix = at > start and words[at].text in lasts
        inside = words[at].text in PARTICLES or words[at].text == "of"
        opens = at == start and _opens(words, start, end, common)
        if not (affix or inside or opens or titled) and _is_common(words[at], common):
            return at
    return end


def _opens(words: Sequence[Word], start: int, end: int, common: Counter[str]) -> bool:
    """Whether a word that opens the name of a place or firm is followed by a word that is no common one."""
    first = words[start].text in PLACE_FIRST | ORG_FIRST
    return first and start + 1 < end and (words[start + 1].text == "of" or not _is_common(words[start + 1], common))


def _is_common(word: Word, common: Counter[str]) -> bool:
    """Whether a word is one like others: on a list, an ordinal of a list, or in lower case elsewhere."""
    text = word.text
    bare = text.rstrip("s")
    if text in NEVER or bare in NEVER or text in TITLES:
        return True
    parts = re.split("['’-]", text)
    return len(text) < _MIN or common[text.lower()] > 0 or all(common[p.lower()] > 0 or len(p) < _MIN for p in parts)


def _by_affix(words: Sequence[str]) -> str:
    """What the first or last word of a name, or a particle in it, says that it names."""
    if len(words) < 2:
        return ""
    if words[-1] in ORG_LAST or words[0] in ORG_FIRST:
        return "organisation"
    if words[-1] in PLACE_LAST or words[0] in PLACE_FIRST:
        return "place"
    return "person" if any(w in PARTICLES for w in words) else ""


def _surroundings(words: Sequence[Word], start: int, end: int) -> Iterator[str]:
    """What stands before and after a name, as the names of the rules that it meets."""
    begins = words[start].begins
    before = [w.text.lower() for w in words[max(0, start - 3) : start]] if not begins else []
    after = words[end].text.lower() if end < len(words) and words[end].joined else ""
    yield "start" if begins else "middle"
    if any(w in GIVEN for w in (words[start].text, words[end - 1].text)):
        yield "given"
    yield from _person(before, words[start].apposed)
    if after in SPEECH:
        yield "acts"
    if before[-1:] and (before[-1] in WHERE or (before[-1] == "to" and set(before[:-1]) & TRAVEL)):
        yield "where"
    if before and before[-1] in WORK and (before[-1] == "joined" or set(before[:-1]) & WORKED):
        yield "work"


def _person(before: Sequence[str], apposed: bool) -> Iterator[str]:
    """What words before a name say that it is a person's."""
    last, one_before = ("", *before)[-1], ("", "", *before)[-2]
    if last in KIN and one_before in ("my", "our", "his", "her", "their", "your"):
        yield "kin"
    if (one_before, last) in (("name", "is"), ("name", "was"), ("call", "me"), ("named", "after")) or last == "named":
        yield "named"
    if last == "called" and one_before in PEOPLE:
        yield "named"
    if apposed and last in PEOPLE:
        yield "apposed"


def judged(text: str, evidence: Evidence) -> tuple[str, str]:
    """The kind of a name and its certainty; ("", "") where nothing speaks for a name."""
    seen, middle = evidence.seen, evidence.seen["middle"]
    if evidence.sure:
        return evidence.kind, "sure"
    if seen["kin"] or seen["named"]:
        return "person", "sure"
    if text in COUNTRIES:
        return "place", "perhaps"
    if text.isupper() and len(text) <= _ACRONYM:
        return ("organisation", "perhaps") if middle else ("", "")
    if seen["given"] or seen["apposed"]:
        return "person", "likely"
    if seen["work"] and seen["work"] >= seen["where"]:
        return "organisation", "likely"
    if seen["acts"] and middle and not seen["where"]:
        return "person", "likely"
    if middle and 3 * seen["where"] >= middle:
        return "place", "likely"
    return ("perhaps a name", "perhaps") if middle else ("", "")


_FILES = _words("interview interviews transcript transcription transcribed recording audio notes fieldnotes memo diary survey")
_FILES |= _words("focus group session round wave pilot final draft clean copy version edited anonymised coded part new old")


def called(documents: Sequence[Document]) -> Iterator[tuple[str, str, str]]:
    """Names that documents go by, such as Ana Lim in "Interview Ana Lim 2": words that no text has in lower case.

    One in lower case ("ana_lim") is told where texts or speakers have it with a capital; an underscore stands for a
    space. Where a digit touches a name ("AnaLim2"), the whole of what the document is called is told.
    """
    said = {w.text for d in documents for w in words_of("\n".join((d.text, *dict.fromkeys(t.speaker for t in d.turns))))}
    no_names = {w for w in said if w.islower()} | ROLES | _FILES | {w.casefold() for w in NEVER | COUNTRIES | TITLES}
    for title in (d.id for d in documents):
        every = [w for w in re.finditer(r"[^\W\d_]+(?:['’][^\W\d_]+)*", title) if w[0].casefold() not in no_names]
        kept = [w for w in every if len(w[0]) >= _MIN and not (w[0].isupper() and len(w[0]) < _ACRONYM)]
        if kept and all(w[0][0].isupper() or w[0].capitalize() in said for w in kept):
            name = title[kept[0].start() : kept[-1].end()]
            inside = re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", title)
            yield "person", name.replace("_", " ") if inside else title, "likely"


def speakers(documents: Iterable[Document]) -> Iterator[tuple[str, str, str]]:
    """Speakers who are called by a name, and what participants' variables say outright."""
    for d in documents:
        for speaker in dict.fromkeys(t.speaker for t in d.turns):
            plain = re.sub(r"[\d_ .-]+$", "", speaker)
            coded = re.fullmatch(r"[A-Z]{1,3}[\s_-]?\d+|[A-Z_]+[\s_-]?\d+", speaker)  # R03, SPEAKER_00
            if len(plain) > _MIN and plain[0].isupper() and plain.casefold() not in ROLES and not coded:
                yield "person", speaker, "sure"
        for name, value in d.variables.items():
            kind = SAID_OF.get(" ".join(name.casefold().replace("_", " ").split()), "")
            if kind and value.strip():
                yield kind, value.strip(), "sure"
