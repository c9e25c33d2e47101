"use strict";
/* The server draws everything; this sends what a person does, one request after another, and shows the answers. */
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
const badge = $("#saved"), live = $("#live"), list = $("#transcript");
let line = Promise.resolve(), retrying = false, since = performance.now(), wanted = null, picked = 0, seen = "";
const pane = () => $("#pane"), current = () => document.getElementById(seen) || (list && $("[aria-current=true]", list));
const place = () => pane() ? { document: pane().dataset.document, unit: pane().dataset.unit } : {};
const say = (words) => { live.textContent = ""; live.textContent = words; };
function mark(words, kind) { badge.textContent = words; badge.className = "saved " + kind; }
/* Send until an answer comes: the request's name lets the server see that it was written before. */
async function send(path, body) {
  const text = JSON.stringify(body), headers = { "Content-Type": "application/json" };
  for (let slow = 250; ; slow = Math.min(slow * 2, 4000)) {
    try {
      const answer = await (await fetch(path, { method: "POST", headers, body: text })).json();
      return (retrying = false, answer);
    } catch { await new Promise((go) => setTimeout(go, slow, (retrying = true), mark("not saved, retrying", "bad"))); }
  }
}
/* `make` runs when its turn has come, so that it speaks of what is on the screen then. */
function queue(path, make) {
  if (retrying) return say("The last decision is not saved yet; this key does not count.");
  if (path && path !== "/edit" && $("#words") && make().do !== "correct") return say("Save or cancel the words first.", $("#words").focus());
  line = line.then(async () => {
    const body = make();
    if (!body) return;
    const more = path === "/do" ? { request: crypto.randomUUID(), seconds: (performance.now() - since) / 1000 } : {};
    await show(await send(path, { ...body, ...more }));
  }).catch(() => say("That did not work here. Reload the page if it happens again."));
}
/* Draw the page again; what was typed meanwhile spoke of the old one and does not count. */
const again = () => new Promise(() => location.reload());
const write = (body) => queue("/do", () => body); /* what was on the screen at the click, not what is there later */
const act = (word, more) => write({ do: word, ...place(), ...more });
function show(answer) {
  if (answer.saved) mark("saved " + answer.saved, "ok");
  if (answer.error) return say(answer.error, mark(answer.error, "bad"));
  if (answer.reload) return again();
  for (const u of answer.shift ? $$(".unit") : []) if (+u.dataset.start > answer.shift[0]) u.dataset.start = +u.dataset.start + answer.shift[1];
  const inside = pane() && pane().contains(document.activeElement);
  for (const [id, html] of Object.entries(answer.parts || {})) /* drawn and escaped by our own server */
    if (document.getElementById(id)) document.getElementById(id).outerHTML = html;
  if (answer.say) say(answer.say);
  if (answer.parts && $("#words")) ($("#losing button") || $("#words")).focus();
  return answer.current === undefined ? undefined : go(answer.current, inside);
}
function go(number, inside) {
  const unit = document.getElementById("u" + number);
  if (!unit) return again();
  current()?.removeAttribute("aria-current", (current().tabIndex = -1)); /* no search through thousands of segments */
  unit.setAttribute("aria-current", (unit.tabIndex = 0, "true"));
  if (unit.id !== seen) { unit.scrollIntoView({ block: "center" }); $(".right").scrollTop = 0; }
  [seen, since] = [unit.id, performance.now()];
  choose(0);
  if (![...document.body.children].some((e) => e.open)) ((inside && $("#pane button")) || unit).focus({ preventScroll: true });
}
/* Which suggestion or coding the keys speak of: an open one first. */
function choose(n) {
  const rows = $$("#pane .row"), open = rows.findIndex((r) => r.classList.contains("suggestion") && !r.classList.contains("past"));
  picked = n || (open >= 0 ? open : rows.length - 1) + 1;
  rows.forEach((r, i) => r.classList.toggle("picked", i + 1 === picked));
  if (picked > 1) rows[picked - 1]?.scrollIntoView({ block: "nearest" });
}
const chosenRow = (button) => (button && button.closest(".row")) || $("#pane .row.picked");
function before(p, node, at) { const range = document.createRange(); return (range.setStart(p, 0), range.setEnd(node, at), range.toString()); }
/* Offsets are code points of the document, as the study counts them. */
function offset(node, at) {
  const p = node.nodeType === 3 ? node.parentElement.closest(".t") : node.closest && node.closest(".t");
  if (!p || !list || !list.contains(p)) return null;
  return Number(p.closest(".unit").dataset.start) + [...before(p, node, at)].length;
}
function selection() {
  const s = getSelection();
  if (!s.rangeCount || s.isCollapsed) return {};
  const r = s.getRangeAt(0), start = offset(r.startContainer, r.startOffset), end = offset(r.endContainer, r.endOffset);
  return start === null || end === null ? {} : { start, end, words: s.toString() };
}
/* Move an edge of the selection by a word, within the current segment; `s` begins with its first word. */
function stretch(edge, by) {
  const p = $(".t", current()), words = [...p.textContent.matchAll(/\S+/g)], s = getSelection();
  const r = s.rangeCount ? s.getRangeAt(0) : null, held = r && !s.isCollapsed && p.contains(r.startContainer);
  if (!words.length) return;
  let first = held ? words.findIndex((w) => w.index + w[0].length > before(p, r.startContainer, r.startOffset).length) : 0;
  let last = held ? words.findLastIndex((w) => w.index < before(p, r.endContainer, r.endOffset).length) : 0;
  if (edge === "start") first = Math.max(0, Math.min(last, first + by));
  else if (edge === "end") last = Math.min(words.length - 1, Math.max(first, last + by));
  const point = (at) => {
    for (let n, walk = document.createTreeWalker(p, 4); (n = walk.nextNode()); at -= n.length) if (at <= n.length) return [n, at];
    return [p, p.childNodes.length];
  };
  s.setBaseAndExtent(...point(words[first].index), ...point(words[last].index + words[last][0].length));
  say(s.toString());
}
/* The window that asks for a code: fuzzy, the best match first. */
function rank(text, typed) {
  let at = ((text = text.toLowerCase()), -1);
  if (!typed || text.startsWith(typed)) return 0;
  return text.includes(typed) ? 1 : [...typed].every((c) => (at = text.indexOf(c, at + 1)) >= 0) ? 2 : 9;
}
function narrow() {
  const typed = $("#code").value.trim().toLowerCase(), found = $$("#options li").map((li) => [rank(li.dataset.code.split(" > ").pop(), typed), li]);
  for (const pair of found) pair[1].hidden = pair[0] === 9 && (pair[0] = rank(pair[1].dataset.code, typed) + 1) > 9;
  found.sort((a, b) => a[0] - b[0]).forEach(([, li]) => $("#options").append(li));
  point($("#options li:not([hidden])"));
}
function point(option) {
  for (const li of $$("#options li")) li.setAttribute("aria-selected", li === option);
  $("#code").setAttribute("aria-activedescendant", option ? option.id : "");
  if (option) option.scrollIntoView({ block: "nearest" });
}
function ask(body, title) {
  [wanted, $("#codes-for").textContent, $("#code").value] = [body, title, ""];
  narrow($("#codes").showModal());
}
function take() {
  const option = $("#options [aria-selected=true]:not([hidden])");
  if (option) write({ ...wanted, code: option.dataset.code }, $("#codes").close(getSelection().removeAllRanges()));
}
const edges = { "[": ["end", -1], "]": ["end", 1], "{": ["start", -1], "}": ["start", 1] };
const open = (unit) => queue("/pane", () => ({ do: "look", document: list.dataset.document, unit: unit.dataset.unit }));
const look = (n) => { const units = $$(".unit", list), unit = units[units.indexOf(current()) + n]; if (unit) open(unit); };
const near = (button) => button.closest("[data-code]") || { dataset: {} };
const field = (button, name) => $(`[data-field=${name}]`, near(button)).value;
const recode = (button, more) => write({ do: button.dataset.do, code: near(button).dataset.code, ...more });
const suggested = (b) => ({ suggested: chosenRow(b)?.dataset.suggested || "" });
const does = {
  accept: (b) => act("accept", suggested(b)), reject: (b) => act("reject", suggested(b)),
  other: (b) => ask({ do: "other", ...place(), ...suggested(b) }, "instead of the suggestion"),
  add: () => { const { words = "", ...span } = selection();
    ask({ do: "add", ...place(), ...span }, words ? `for: ${words.slice(0, 120)}` : "for the whole segment"); },
  remove: (b) => act("remove", coding(b)),
  move: (b) => act("move", { ...coding(b), edge: b.dataset.edge, by: Number(b.dataset.by) }),
  done: () => act("done"), skip: () => act("skip"), flag: () => act("flag"), rest: () => act("rest"),
  undo: () => act("undo"), redo: () => act("redo"), edit: (b) => queue("/edit", () => ({ do: "edit", ...spoken(b), edge: b.dataset.edge })),
  correct: (b) => write({ do: "correct", ...spoken(b), text: $("#words").value, digest: b.dataset.digest || "" }),
  play: () => heard(current()), loop: (b) => keepSound(b, { loop: b.getAttribute("aria-pressed") === "false" }),
  rate: (b) => keepSound(b, { rate: Math.min(1.25, Math.max(0.5, $("#audio").playbackRate + +b.dataset.by)) }),
  note: () => { $("#note").close(); act("note", { text: $("#comment").value }); $("#comment").value = ""; },
  step: (b) => look(Number(b.dataset.by)), next: () => queue("/next", () => ({ do: "next", ...place() })),
  dialog: (b) => $("#" + b.dataset.dialog).showModal(), close: (b) => b.closest("dialog").close(), take, logout: () => queue("/logout", () => ({})),
  preview: () => queue("/preview", () => ({ do: "bulk", ...place(), least: Number($("#least").value), code: $("#only").value })),
  bulk: (b) => act("bulk", { least: Number(b.dataset.least), code: b.dataset.only, digest: b.dataset.digest }),
  agree: (b) => { const a = b.closest("article"), more = $("select", a).value, text = $("textarea", a).value;
    const codes = [...$$("input:checked", a).map((i) => i.value), ...(more ? [more] : [])];
    write({ do: "agree", document: a.dataset.document, unit: a.dataset.unit, codes, text }); },
  "code-add": () => write({ do: "code-add", code: $("#new-parent").value, text: $("#new-name").value }),
  "code-define": (b) => recode(b, { text: field(b, "define") }), "code-rename": (b) => recode(b, { text: field(b, "name") }),
  "code-split": (b) => recode(b, { text: field(b, "name") }), "code-move": (b) => recode(b, { suggested: field(b, "other") }),
  "code-merge": (b) => recode(b, { suggested: field(b, "other") }),
};
/* The recording: one segment from its beginning, again and again where asked; pace and loop outlive a reload. */
const spoken = (b) => { const u = b.closest(".unit"); return u ? { document: list.dataset.document, unit: u.dataset.unit } : place(); };
const sound = () => ({ rate: 1, loop: false, ...JSON.parse(sessionStorage.getItem("sound")) });
let playing = {};
function heard(unit) {
  const a = $("#audio");
  if (!a || !unit?.dataset.at) return say("This segment has no time, or no recording.");
  if (!a.paused && playing.unit === unit.dataset.unit) return a.pause();
  a.currentTime = +(playing = { ...unit.dataset }).at;
  a.play().catch(() => say("The recording cannot be played. Attach it again."));
}
function keepSound(button, change) {
  const now = { ...sound(), ...change };
  [$("#audio").playbackRate, $("#rate").textContent] = [now.rate, now.rate.toFixed(2) + "×"];
  $("#loop").setAttribute("aria-pressed", now.loop);
  sessionStorage.setItem("sound", JSON.stringify(now));
}
const coding = (b) => (({ code = "", from = 0, to = 0 }) => ({ code, start: +from, end: +to }))(chosenRow(b)?.dataset || {});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]"), view = event.target.closest("[data-view]");
  if (button) return void does[button.dataset.do](button);
  if (view) return queue("/view", () => ({ [view.dataset.view]: view.value }));
  const option = event.target.closest("#options li"), row = event.target.closest("#pane .row"), unit = event.target.closest(".unit");
  if (option) return take(point(option));
  if (row) return choose($$("#pane .row").indexOf(row) + 1);
  if (unit && getSelection().isCollapsed && unit !== current()) open(unit);
});
document.addEventListener("change", ({ target: t }) => { if (t.closest("#filters")) queue("/view", () => ({ [t.name]: t.value })); });
document.addEventListener("keydown", (event) => {
  if (event.target.id === "code") {
    const shown = $$("#options li:not([hidden])"), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by || event.key === "Enter") event.preventDefault();
    if (by) point(shown[shown.indexOf($("#options [aria-selected=true]")) + by] || shown[0]);
    if (event.key === "Enter") take();
  }
  const words = event.target.id === "words" && ((event.key === " " && event.ctrlKey && "play") || (!event.shiftKey && { Enter: "correct", Escape: "edit" }[event.key]));
  if (words) { event.preventDefault(); does[words](words === "play" ? null : $(`.editing [data-do=${words}]:not([data-digest])`)); }
  const typing = event.target.closest("input, textarea, select, dialog"), on = $("#keys");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !pane() || !on.checked) return;
  if (event.target.closest("button, summary") && (event.key === "Enter" || event.key === " ")) return;
  if (/^[1-9]$/.test(event.key)) return choose(Number(event.key));
  if (event.key === "s" || (edges[event.key] && selection().words)) { event.preventDefault(); return stretch(...(edges[event.key] || ["", 0])); }
  const key = `[data-key="${CSS.escape(event.key)}"]:not([hidden])`;
  const button = () => $(`#pane .row.picked ${key}`) || $(`#pane ${key}`) || $(key);
  if (button()) { event.preventDefault(); queue("", () => { button()?.click(); }); }
});
document.addEventListener("input", (event) => { if (event.target.id === "code") narrow(); });
$("#audio")?.addEventListener("timeupdate", ({ target: a }) => { if (playing.to && sound().loop && a.currentTime >= +playing.to) a.currentTime = +playing.at; });
if ($("#audio")) keepSound(null, {});
if (list) { choose(0); seen = current()?.id; current()?.scrollIntoView({ block: "center" }); current()?.focus({ preventScroll: true }); }
