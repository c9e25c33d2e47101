"""The server: who may come in, what is refused, and that nothing leaks."""

from __future__ import annotations

import json
import re
import socket
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autocode.desk import coding, server
from autocode.desk.advice import ReviewSession, read_one, unread
from autocode.desk.guard import Auth
from autocode.desk.rooms import HOME as HOME_POSTS
from autocode.desk.server import PAGES, POSTS, Server, answers, listen
from autocode.desk.session import Desk
from autocode.desk.studies import Reading
from autocode.errors import InputError
from autocode.store import load
from autocode.store.backups import backups
from autocode.store.ledger import entries
from autocode.store.records import attach, recordings
from autocode.study import Study
from tests.desk.desks import desk, first, learnt, opened

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

STATIC = Path(server.__file__).parent / "static"
PORT = 4321
HOME = f"http://127.0.0.1:{PORT}"
BASE = "/s/1"
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": HOME}


class Page:
    """A browser at the server, without a screen."""

    def __init__(self, found: Desk, share: float = 0.0) -> None:
        """Serve a desk."""
        self.desk = found
        self.said: list[str] = []
        self.door = Auth(PORT, self.said.append)
        self.all, self.study = opened(found, share)
        self.app = Server(self.all, self.door).app
        self.client = self.browser()

    def browser(self) -> TestClient:
        """Another browser, with no cookie."""
        return TestClient(self.app, base_url=HOME, raise_server_exceptions=False)

    def enter(self, name: str = "eve", blind: bool = False) -> str:
        """Come in by the token, log in, and return the page of the code."""
        assert self.client.get(f"/?token={self.door.token}").status_code == 200
        body = {"coder": name} | ({"blind": "on"} if blind else {})
        return self.client.post(f"{BASE}/login", data=body, headers=SAME).text

    def look(self, document: str = "D6", **query: str) -> str:
        """The page of a document."""
        return self.client.get(f"{BASE}/code/{self.study.number_of(document)}", params=query).text

    def room(self, name: str) -> str:
        """The page of another room."""
        return self.client.get(f"{BASE}/{name}").text

    def do(self, path: str = "/do", **body: Any) -> Any:
        """A request as the page's script sends it."""
        answer = self.client.post(BASE + path, content=json.dumps(body), headers=SAME)
        return answer.status_code, answer.json()

    def accept(self) -> dict[str, Any]:
        """The body that accepts the first suggestion."""
        item = first(self.desk)
        return {"do": "accept", "document": "D6", "unit": item.segment.id, "suggested": item.suggestions[0].code}


@pytest.fixture
def page(study: Study, tmp_path: Path) -> Page:
    """A page on a study with two new interviews."""
    return Page(desk(study, tmp_path, learnt(study)))


def test_the_token_lets_one_browser_in_once(page: Page) -> None:
    """The printed address works once; the next one is announced; the cookie is HttpOnly and strict."""
    token = page.door.token
    answer = page.client.get(f"/?token={token}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert page.browser().get(f"/?token={token}").status_code == 403
    assert page.said == [page.door.token]
    assert page.browser().get(f"/?token={page.said[0]}").status_code == 200


@pytest.mark.row(10)
@pytest.mark.parametrize("cookie", ["", "wrong", "%C3%A9"])
def test_nobody_without_the_cookie_sees_or_does_anything(page: Page, cookie: str) -> None:
    """Every route refuses a stranger and shows nothing of the study."""
    page.enter()
    stranger = page.browser()
    stranger.headers["Cookie"] = f"{page.door.cookie}={cookie}"
    for path in ("/", *(BASE + p.format(document=1, code=1, name="x") for p in PAGES)):
        answer = stranger.get(path)
        assert answer.status_code == 403
        assert "manager" not in answer.text
        assert "tiny" not in answer.text
    for path in (*HOME_POSTS, *(BASE + p for p in POSTS)):
        answer = stranger.post(path, content=json.dumps(page.accept()), headers=SAME)
        assert answer.status_code == 403, path
    assert entries(page.desk.path) == []


@pytest.mark.row(10)
@pytest.mark.parametrize("host", ["evil.com", "evil.com:4321", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.com:4321", ""])
def test_a_foreign_host_is_refused(page: Page, host: str) -> None:
    """A name that resolves to this computer from elsewhere (DNS rebinding) gets nothing."""
    page.enter()
    assert page.client.get("/", headers={"Host": host}).status_code == 400
    for path in (*HOME_POSTS, *(BASE + p for p in POSTS)):
        assert page.client.post(path, content="{}", headers={**SAME, "Host": host}).status_code == 400


@pytest.mark.row(10)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.com"},
        {"Origin": "null"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
        {"Origin": "http://127.0.0.1:80"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.com"},
        {},
    ],
)
def test_a_post_from_another_page_is_refused(page: Page, headers: dict[str, str]) -> None:
    """Cross-site, sandboxed and origin-less requests write nothing, cookie or not."""
    page.enter()
    for path in (*HOME_POSTS, *(BASE + p for p in POSTS)):
        answer = page.client.post(path, content=json.dumps(page.accept()), headers=headers)
        assert answer.status_code == 403, path
    assert entries(page.desk.path) == []


def test_an_old_browser_without_fetch_metadata_may_work(page: Page) -> None:
    """Our own origin is enough where Sec-Fetch-Site is missing."""
    page.enter()
    answer = page.client.post(f"{BASE}/do", content=json.dumps(page.accept()), headers={"Origin": HOME})
    assert answer.status_code == 200


@pytest.mark.row(10)
@pytest.mark.parametrize(
    ("room", "then"), [("compare", "compare"), ("codes", "codes"), ("memos", "memos"), ("second", "second")]
)
def test_who_logs_in_comes_to_the_room_that_was_asked_for(page: Page, room: str, then: str) -> None:
    """A room that needs a name asks for it and then opens; an address from elsewhere is not followed."""
    page.client.get(f"/?token={page.door.token}")
    page.client.post(f"{BASE}/logout", content="{}", headers=SAME)
    asked = page.client.get(f"{BASE}/{room}", follow_redirects=False).headers["location"]
    assert asked == f"{BASE}/login?to={room}"
    assert f'name="to" value="{room}"' in page.client.get(asked).text
    for to, place in ((room, then), ("//elsewhere.example", "code")):
        answer = page.client.post(f"{BASE}/login", data={"coder": "Eve", "to": to}, headers=SAME, follow_redirects=False)
        assert answer.headers["location"] == f"{BASE}/{place}"


@pytest.mark.parametrize("path", [*HOME_POSTS, *(BASE + p for p in POSTS if p != "/login")])
def test_no_get_writes(page: Page, path: str) -> None:
    """A GET of a writing route is refused, with query or without; a GET of any page leaves the study file as it is."""
    page.enter()
    body, before = page.accept(), load(page.desk.path)
    assert page.client.get(path, params=body).status_code == 405
    for address in ("/", *(BASE + p.format(document=1, code=1, name="x") for p in PAGES)):
        page.client.get(address, params=body)
    assert entries(page.desk.path) == []
    assert load(page.desk.path) == before


@pytest.mark.row(10)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(page: Page, method: str) -> None:
    """Only GET, HEAD and POST are known."""
    assert page.client.request(method, "/").status_code == 405


@pytest.mark.row(10)
def test_large_bodies_are_refused(page: Page) -> None:
    """Whether the size is said or not, a body over the limit writes nothing and is not kept in memory."""
    page.enter()
    big = json.dumps({**page.accept(), "text": "x" * 100_000}).encode()
    assert page.client.post(f"{BASE}/do", content=big, headers=SAME).status_code == 413
    pieces = (big[i : i + 5000] for i in range(0, len(big), 5000))
    assert page.client.post(f"{BASE}/do", content=pieces, headers=SAME).status_code == 413
    assert page.client.post(f"{BASE}/do", content=b"", headers={**SAME, "Content-Length": "-5"}).status_code in (400, 413)
    assert entries(page.desk.path) == []


@pytest.mark.row(10)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"[" * 50_000, b"\xff\xfe", b'{"do":["accept"]}', b'{"do":"accept","x":1}']
)
def test_a_body_that_is_no_request_is_one_clear_error(page: Page, body: bytes) -> None:
    """Broken JSON, deep JSON and unknown fields are refused without a traceback."""
    page.enter()
    answer = page.client.post(f"{BASE}/do", content=body, headers=SAME)
    assert answer.status_code in (400, 413)
    assert "Traceback" not in answer.text


def test_every_answer_is_dressed(page: Page) -> None:
    """Policy, no sniffing, no caching, no framing: on pages, parts, errors and files alike."""
    page.enter()
    answers_ = [
        page.client.get("/"),
        page.client.get("/nowhere"),
        page.client.get("/static/desk.js"),
        page.client.post(f"{BASE}/do", content="{", headers=SAME),
        page.client.get("/", headers={"Host": "x"}),
    ]
    for answer in answers_:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.row(9)
def test_the_page_keeps_to_its_own_policy(page: Page) -> None:
    """No inline script or style, no foreign address and no handler attribute is in any page."""
    html = page.enter()
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?://", html)


def test_static_files_stay_in_their_folder(page: Page) -> None:
    """No path leads out of the folder of static files."""
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static//etc/passwd"):
        assert page.browser().get(path).status_code == 404


def test_a_decision_is_saved_before_the_answer(page: Page) -> None:
    """When the answer says saved, the entry is in the file; sent twice, it is written once."""
    page.enter()
    body = {**page.accept(), "request": "r1", "seconds": 3.5}
    status, answer = page.do(**body)
    assert status == 200
    assert re.fullmatch(r"\d\d:\d\d:\d\d", answer["saved"])
    (entry,) = entries(page.desk.path)
    assert (entry.decision.action, entry.decision.coder, entry.decision.seconds) == ("accept", "eve", 3.5)
    assert entry.decision.model == page.desk.advice.model != ""
    assert page.do(**body)[0] == 200
    assert len(entries(page.desk.path)) == 1


def test_a_refused_decision_says_why(page: Page) -> None:
    """An error names what is wrong, and no word of the transcript."""
    page.enter()
    status, answer = page.do(**{**page.accept(), "suggested": "Work"})
    assert status == 409
    assert "does not suggest that code here" in answer["error"]
    assert "manager" not in answer["error"]


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\nb", "Agreed", "agreed", "\u202eevil"])
def test_a_name_that_is_none_is_refused(page: Page, name: str) -> None:
    """Empty, long, control-laden and machine names cannot log in."""
    page.client.get(f"/?token={page.door.token}")
    answer = page.client.post(f"{BASE}/login", data={"coder": name}, headers=SAME)
    assert answer.status_code == 409


@pytest.mark.row(14)
def test_nothing_of_the_study_is_in_an_address(page: Page) -> None:
    """Documents, codes, filters and groups are numbers and random words in every address of every page."""
    page.enter()
    _, answer = page.do("/view", view="", document="D7", code="Work > Time")
    assert re.fullmatch(rf"{BASE}/code/\d+\?view=[\w-]+", answer["go"])
    texts = [page.client.get(answer["go"]).text, page.look()]
    texts += [page.room(r) for r in ("codes", "memos", "compare", "second", "model", "dossier", "send", "bring")] + [
        page.room("")
    ]
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', "".join(texts)):
        assert re.fullmatch(r"/|/static/\w+\.\w+|/s/1(/[a-z]+(/[\w-]+)?)?(\?(view|at)=[\w-]+(&amp;at=\d+)?)?", address), address
    only = texts[0]
    assert "Only segments that pass the filters" in only
    assert "Only segments that pass the filters" not in page.look("D7")  # another tab has its own view


def _traces(study: Study) -> list[str]:
    """Words that would betray a suggestion, its evidence, or another coder's work."""
    return ["machine", "likely", "possible", "similarity", "coded by", "Nearest", "Closest", "Ana</", "Ben</"]


def test_blind_mode_never_shows_a_suggestion(page: Page, study: Study) -> None:
    """In the source of every page and every answer, before and after deciding, there is no trace of one."""
    seen = [page.enter(blind=True)]
    for document in page.desk.advice.items:
        seen.append(page.look(document))
        for item in page.desk.items(document):
            seen.append(json.dumps(page.do("/pane", do="look", document=document, unit=item.segment.id)))
            if not item.context:
                seen.append(json.dumps(page.do(do="done", document=document, unit=item.segment.id)))
                seen.append(json.dumps(page.do("/next", do="next", document=document, unit=item.segment.id)))
    seen += [page.look(), page.room("memos")]
    status, refused = page.do("/preview", do="bulk", document="D6", least=0.0)
    assert status == 409
    codes = page.room("codes")
    assert set(re.findall(r'<span class="soft">(\d+)</span></li>', codes)) == {"0"}  # not a count of others' work either
    for number in re.findall(rf"{BASE}/codes/(\d+)", codes):
        seen.append(page.room(f"codes/{number}"))
        assert "0 passages" in seen[-1]
    assert page.do("/answer")[0] == 409
    seen += [codes, page.room("compare"), json.dumps(refused)]
    for text in seen:
        assert not [w for w in _traces(study) if w in text]
    assert page.do(**page.accept())[0] == 409


def test_blind_pages_are_the_same_with_and_without_a_model(study: Study, tmp_path: Path) -> None:
    """Byte for byte: nothing about the model can be read from a blind coder's pages."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with_model, without = Page(desk(study, tmp_path / "a", learnt(study))), Page(desk(study, tmp_path / "b", None))
    texts = []
    for each in (with_model, without):
        each.enter(blind=True)
        found = []
        for document in sorted(each.desk.advice.items):
            body = each.look(document)
            found += re.findall(r'<div id="transcript".*?</ol>\s*</div>|<section id="pane".*?</section>', body, re.S)
        assert len(found) == 2 * len(each.desk.advice.items)
        texts.append(found)
    assert texts[0] == texts[1]


def test_a_hidden_segment_shows_nothing_until_it_is_decided(study: Study, tmp_path: Path) -> None:
    """With all segments under control, suggestions appear only after the decision."""
    page = Page(desk(study, tmp_path, learnt(study)), share=1.0)
    item = first(page.desk)
    html = page.enter()
    assert "machine" not in html
    answer = page.do("/pane", do="look", document="D6", unit=item.segment.id)[1]
    assert item.suggestions[0].evidence[0].text not in answer["parts"]["pane"]
    answer = page.do(do="done", document="D6", unit=item.segment.id)[1]
    assert item.suggestions[0].evidence[0].text in answer["parts"]["pane"]


def test_filters_do_not_betray_hidden_suggestions(study: Study, tmp_path: Path) -> None:
    """Filtering by a suggested code or band lists no segment whose suggestions are hidden."""
    page = Page(desk(study, tmp_path, learnt(study)), share=1.0)
    page.enter()
    for wanted in ({"code": "Work > Time"}, {"band": "likely"}, {"theme": "Work"}, {"disagree": "1"}):
        _, answer = page.do("/view", view="", document="D6", **wanted)
        rows = re.findall(r'<li id="u\d+"', page.client.get(answer["go"]).text)
        assert len(rows) <= 1  # the current one alone


class _Live(HTMLParser):
    """Finds what would run: foreign scripts, elements that load or run something, handlers, scripted addresses."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        super().__init__()
        self.live: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        own = tag == "script" and re.fullmatch(r"/static/[a-z]+\.js", said.get("src") or "") and set(said) <= {"src", "defer"}
        if tag in ("script", "img", "svg", "iframe", "object", "embed", "base", "style") and not own:
            self.live.append(tag)
        self.live += [
            n
            for n, v in attrs
            if n.startswith("on")
            or n in ("style", "srcdoc")
            or ("script:" in (v or "") and n in ("href", "src", "action", "formaction"))
        ]
        self.words += f" {said.get('value') or ''} "

    def handle_data(self, data: str) -> None:
        self.words += data

    @classmethod
    def found_in(cls, text: str) -> list[str]:
        """What would run in a text."""
        parser = cls()
        parser.feed(text)
        return parser.live

    @classmethod
    def words_of(cls, text: str) -> str:
        """What a reader would see."""
        parser = cls()
        parser.feed(text)
        return parser.words


PAYLOADS = [
    template.format(inner)
    for inner in ("alert(1)", "parent.hit=1", "fetch('//evil.com')", "document.title='hit'", "import('//evil.com')")
    for template in (
        "<script>{}</script>",
        "<img src=x onerror={}>",
        "<svg onload={}>",
        '"><script>{}</script>',
        "' onmouseover={} x='",
        "javascript:{}",
        "</textarea><script>{}</script>",
        "</option><iframe srcdoc={}>",
        "{{{{{}}}}}",
        "{{%{}%}}",
        "<!--<script>{}</script>",
        "]]><script>{}</script>",
    )
]


@pytest.mark.row(9)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_type_comes_back_as_words(page: Page, payload: str) -> None:
    """A coder's name, a comment, a code name, a definition and a reason are shown, never obeyed."""
    page.enter(payload[:80])
    item = first(page.desk)
    where = {"document": "D6", "unit": item.segment.id}
    texts = [json.dumps(page.do(do="note", text=payload, **where)[1]), page.look()]
    page.do(do="code-add", code="", text=payload.replace(">", "")[:60])
    page.do(do="code-define", code="Work", codes=[payload, payload, payload, payload])
    page.do(do="remark", text=payload)
    page.do(do="remark", text=payload, document="D6")
    page.do(do="remark", text=payload, code="Work")
    page.do(do="new", text=payload.replace(">", "")[:60], **where)
    page.do(do="agree", text=payload, codes=["Work"], document="D1", unit=page.desk.items("D1")[1].segment.id)
    texts.append(json.dumps(page.do("/search", do="search", text=payload)[1]))
    texts.append(json.dumps(page.do("/record", sampling=payload, setting=payload)[1]))
    texts += [page.room(r) for r in ("codes", "memos", "compare", "model", "dossier", "send", "bring", "")] + [page.look()]
    work = next(c for c in page.desk.study.codebook if c.name == "Work")
    texts.append(page.room(f"codes/{page.study.number_of(f'code {work.identifier}')}"))
    page.do("/logout")
    texts.append(page.room("login"))
    for text in texts:
        parts = json.loads(text).get("parts", {}).values() if text.startswith("{") else [text]
        for part in parts:
            assert not _Live.found_in(part)
    assert payload in "".join(_Live.words_of(text) for text in texts if not text.startswith("{"))


@pytest.mark.row(10)
def test_the_socket_is_on_the_loopback_alone() -> None:
    """The server listens on 127.0.0.1; a taken or impossible port is one clear error."""
    bound = listen(0)
    try:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert answers(bound.getsockname()[1])
        with pytest.raises(InputError, match="cannot be used"):
            listen(bound.getsockname()[1])
    finally:
        bound.close()
    assert isinstance(bound, socket.socket)


def _recorded(page: Page) -> str:
    """Attach a recording to D6, come in, and give the address under which the page plays it."""
    file = page.desk.path.with_name("talk.wav")
    file.write_bytes(bytes(range(256)) * 4)
    attach(page.desk.path, "D6", file)
    (address,) = re.findall(r'<audio[^>]* src="([^"]+)"', page.enter())
    assert "D6" not in address
    return str(address)


def test_a_recording_is_played_in_parts_and_only_by_the_page(page: Page) -> None:
    """Range requests, the right type, the guards; a stranger, a guessed name and a path out get nothing."""
    address = _recorded(page)
    whole = page.client.get(address)
    assert (whole.status_code, whole.headers["content-type"], len(whole.content)) == (200, "audio/wav", 1024)
    assert "media-src 'self'" in whole.headers["content-security-policy"]
    part = page.client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert page.client.get(address, headers={"Range": "bytes=5000-"}).status_code == 416
    assert page.browser().get(address).status_code == 403
    assert page.client.post(address, headers=SAME).status_code == 405
    for wrong in (
        "audio/x",
        "audio/..%2f..%2fstudy.sqlite",
        "audio/study.sqlite",
        "audio/",
        "file/x",
        "file/..%2fstudy.sqlite",
    ):
        assert page.client.get(f"{BASE}/{wrong}").status_code == 404


def _sent(page: Page, name: str, sound: bytes, document: str = "D6") -> tuple[int, Any]:
    """Drop a recording at a document."""
    headers = {**SAME, "X-Name": name, "X-Document": str(page.study.number_of(document))}
    answer = page.client.post(f"{BASE}/recording/upload", content=sound, headers=headers)
    return answer.status_code, answer.json()


def test_a_recording_is_attached_taken_away_and_attached_again_from_the_page(page: Page) -> None:
    """It is copied into the study's folder; another of its name does not take its place; what is taken away can come back."""
    page.enter()
    folder, number = page.desk.path.parent / "recordings", page.study.number_of("D6")
    assert _sent(page, "talk.wav", bytes(range(256))) == (200, {"reload": True})
    (address,) = re.findall(r'<audio[^>]* src="([^"]+)"', page.look())
    assert page.client.get(address).content == bytes(range(256))
    assert _sent(page, "talk.wav", b"another", "D7")[0] == 200
    assert _sent(page, "talk.wav", bytes(range(256)))[0] == 200  # the same once more is no second copy
    assert sorted(p.name for p in folder.iterdir()) == ["talk (2).wav", "talk.wav"]
    assert recordings(page.desk.path)["D7"].path == "recordings/talk (2).wav"
    assert page.do("/recording", do="remove", document=number) == (200, {"reload": True})
    assert "<audio" not in page.look()
    assert 'data-file="talk.wav">Attach it' in page.look()
    assert 'data-file="talk (2).wav"' not in page.look()  # it has its document
    assert page.do("/recording", do="attach", document=number, file="talk.wav")[0] == 200
    assert "<audio" in page.look()
    (folder / "talk.wav").unlink()
    gone = page.look()
    assert "is not where it was when it was attached" in gone
    assert "Attach it again …" in gone
    assert _sent(page, "talk.wav", bytes(range(256)))[0] == 200
    assert "<audio" in page.look()


@pytest.mark.row(10)
@pytest.mark.parametrize("name", ["talk.exe", "talk", "..", "", "../../study.sqlite", "talk.html"])
def test_what_is_no_recording_is_refused_and_leaves_nothing(page: Page, name: str) -> None:
    """Neither by its ending nor by a path does another file come into the study's folder, or out of it."""
    page.enter()
    (page.desk.path.parent / "recordings").mkdir()
    before = sorted(p.name for p in page.desk.path.parent.rglob("*"))
    assert _sent(page, name, b"x")[0] == 400
    number = page.study.number_of("D6")
    assert page.do("/recording", do="attach", document=number, file=name)[0] == 400
    assert page.do("/recording", do="attach", document="999", file="talk.wav")[0] == 409
    assert sorted(p.name for p in page.desk.path.parent.rglob("*")) == before
    assert recordings(page.desk.path) == {}


@pytest.mark.row(10)
def test_a_path_in_the_name_of_a_recording_leads_nowhere(page: Page) -> None:
    """Only the last part of a name counts."""
    page.enter()
    assert _sent(page, "..%2F..%2Ftalk.mp3", b"sound")[0] == 200
    assert recordings(page.desk.path)["D6"].path == "recordings/talk.mp3"
    assert not page.desk.path.parent.with_name("talk.mp3").exists()


def test_a_recording_that_changed_is_not_played(page: Page) -> None:
    """Other bytes of the same length, or none: nothing is given out, and a page drawn later says why."""
    address = _recorded(page)
    file = page.desk.path.with_name("talk.wav")
    file.write_bytes(bytes(1024))
    assert page.client.get(address).status_code == 404
    file.unlink()
    assert "is not where it was" in page.look()


def test_words_are_corrected_and_a_loss_is_asked_for(page: Page) -> None:
    """The field holds the words; a correction that loses a coding lists it and is stored only when agreed to."""
    page.enter()
    unit, start = {"document": "D6", "unit": page.accept()["unit"]}, first(page.desk).segment.start
    page.do(do="add", code="Work > Time", start=start, end=start + len("my manager"), **unit)
    _, opened = page.do("/edit", do="edit", edge="open", **unit)
    assert "<textarea" in json.dumps(opened)
    _, closed = page.do("/edit", do="edit", edge="close", **unit)
    assert "<textarea" not in json.dumps(closed)
    _, asked = page.do(do="correct", text="the employer values it", **unit)
    assert "loses its words" in asked["parts"]["losing"]
    assert len(entries(page.desk.path)) == 1
    (digest,) = re.findall(r'data-digest="([0-9a-f]{64})"', asked["parts"]["losing"])
    _, stored = page.do(do="correct", text="the employer values it", digest=digest, **unit)
    assert "Set aside" in stored["parts"]["pane"]
    assert stored["shift"][1] != 0
    assert [e.decision.action for e in entries(page.desk.path)] == ["add", "correct"]


def test_what_is_undone_can_be_done_again(page: Page) -> None:
    """Redo brings the last undone decision back, as a row; after a new decision there is nothing to redo."""
    page.enter()
    page.do(**page.accept())
    before = page.desk.study.codings
    page.do(do="undo")
    assert page.do(do="redo")[0] == 200
    assert page.desk.study.codings == before
    assert page.do(do="redo")[0] == 409
    assert [e.decision.action for e in entries(page.desk.path)] == ["accept", "undo", "redo"]


def test_a_copy_is_made_before_a_mass_act(page: Page) -> None:
    """Before many segments are decided by one key, the study is copied as it stood; not before a single decision."""
    page.enter()
    page.do(**page.accept())
    assert backups(page.desk.path) == []
    silent = page.desk.progress("D6", ReviewSession("eve", share=0.0)).silent
    assert page.do(do="rest", document="D6", by=silent)[0] == 200
    (kept,) = backups(page.desk.path)
    assert kept.why == "mass-act"
    assert len(entries(kept.path)) == 1


def test_the_scripts_are_short_and_by_hand() -> None:
    """Each script has at most 250 lines, none longer than a screen is wide, and evaluates nothing."""
    scripts = list(STATIC.glob("*.js"))
    assert len(scripts) > 4
    for script in scripts:
        lines = script.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 250
        assert max(map(len, lines)) <= 210
        assert not re.search(r"\beval\b|new Function|https?://", script.read_text(encoding="utf-8"))


def test_the_code_opens_where_it_was_left_while_the_model_reads(study: Study, tmp_path: Path) -> None:
    """What waits in an interview is not known before the model has read it: nobody is led elsewhere meanwhile."""
    page = Page(desk(study, tmp_path, None))
    page.enter()
    page.do(do="add", document="D6", unit="3", code="Work > Time")
    assert 'data-document="D7" data-view' in page.room("code")  # nothing asks in the one, and nobody has coded the other
    page.study.reading = Reading(8)
    assert 'data-document="D6" data-view' in page.room("code")


def test_a_page_that_is_made_while_the_model_speaks_is_of_one_moment(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the model says of the document while the page is made comes with the next answer, never half onto this page."""
    page = Page(desk(study, tmp_path, None))
    page.enter()
    page.study.reading = reading = Reading(8)
    model, whole = learnt(study), coding.tree

    def meanwhile(found: Desk, *more: Any) -> Any:
        about = unread(found.study, model, "tiny")
        reading.heard.put(("D6", read_one(found.study, found.study.by_id["D6"], model, about), about))
        reading.done = 1
        return whole(found, *more)

    monkeypatch.setattr(coding, "tree", meanwhile)
    made = page.room("code/1")
    assert 'data-document="D6" data-view' in made
    assert re.search(r'id="reading"[^>]*data-done="0"(?![^>]*hidden)', made)  # the page asks for the rest
    assert 'class="unit asked"' not in made
    monkeypatch.setattr(coding, "tree", whole)
    later = page.room("code/1")
    assert re.search(r'id="reading"[^>]*data-done="1"', later)
    assert 'class="unit asked"' in later


def test_a_new_code_is_given_beside_a_model_without_a_fault(page: Page) -> None:
    """Where a model is there to be trained again, a new code and its coding are saved, and the answer is no error."""
    folder = page.study.model
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    page.study.named = False  # the study's own, which learns between interviews
    page.enter()
    unit = first(page.desk).segment.id
    status, answer = page.do(do="new", document="D6", unit=unit, text="Waiting", request="n1")
    assert status == 200, answer
    assert answer["codes"]
    assert [e.decision.action for e in entries(page.desk.path)] == ["codebook", "add"]
