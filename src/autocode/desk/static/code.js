"use strict";
/* The room of the code: what keys and buttons mean, and which segment they speak of. */
const list = $("#transcript"), pane = () => $("#pane"), current = () => document.getElementById(seen) || $("[aria-current=true]", list);
const place = () => ({ document: pane().dataset.document, unit: pane().dataset.unit, view: list.dataset.view });
here = place;
let touched = location.search.includes("at="), wanted = null, picked = 0, seen = "", moving = false, sent = new Set();
const act = (word, more) => write({ do: word, ...place(), ...more });
const BUSY = "The last decision is still being saved; this key does not count.";
/* A decision speaks of what is on the screen when its key is pressed. While one is on its way that leads to another segment, no key counts. */
function decide(word, row, more) {
  const name = row && `${pane().dataset.unit} ${row.dataset.suggested}`;
  if (moving || (row && sent.has(name))) return tell(BUSY);
  if (row === null) return tell("Nothing is suggested here.");
  if (row) { sent.add(name); choose(0); }
  moving = row ? picked === 0 : true;
  write({ do: word, ...place(), ...(row ? { suggested: row.dataset.suggested } : {}), ...more });
}
hooks.settled.push(() => { moving = false; sent.clear(); if (!picked) choose(0); });
hooks.shown.push((answer, body, inside) => {
  if (answer.error) return void (sent.clear(), choose(picked));
  for (const u of answer.shift ? $$(".unit", list) : []) if (+u.dataset.start > answer.shift[0]) u.dataset.start = +u.dataset.start + answer.shift[1];
  if (answer.parts && $("#words")) { restore($("#transcript")); ($("#losing button") || $("#words")).focus(); }
  if (answer.parts?.resting) $("#resting button").focus(); /* on Cancel: closing asks for another key than the one just pressed */
  if (answer.current !== undefined) go(answer.current, inside, body?.start >= 0 ? "nearest" : "center"); /* a passage selected is on the screen: nothing moves */
  if (answer.codes) { sessionStorage.setItem("made", body.text); again(); } /* said on the page that comes, with the way back */
});
function go(number, inside, block) {
  const unit = document.getElementById("u" + number);
  if (!unit) return again();
  current()?.removeAttribute("aria-current", (current().tabIndex = -1)); /* no search through thousands of segments */
  unit.setAttribute("aria-current", (unit.tabIndex = 0, "true"));
  if (unit.id !== seen) { unit.scrollIntoView({ block }); $(".right").scrollTop = 0; since = performance.now(); }
  seen = unit.id;
  choose(0);
  history.replaceState(null, "", `${location.pathname}?${list.dataset.view ? `view=${list.dataset.view}&` : ""}at=${encodeURIComponent(unit.dataset.unit)}`);
  if (![...document.body.children].some((e) => e.open) && !$("#words") && !document.activeElement?.closest(".left"))
    ((inside && $("#pane button")) || unit).focus({ preventScroll: true });
}
/* Which suggestion or coding the keys speak of: an open one first; none while all are on their way. */
function choose(n) {
  const rows = $$("#pane .row"), unit = pane().dataset.unit;
  const open = rows.findIndex((r) => r.classList.contains("suggestion") && !r.classList.contains("past") && !sent.has(`${unit} ${r.dataset.suggested}`));
  picked = n || (open >= 0 ? open : sent.size ? -1 : rows.length - 1) + 1;
  rows.forEach((r, i) => r.classList.toggle("picked", i + 1 === picked));
  if (picked > 1) rows[picked - 1]?.scrollIntoView({ block: "nearest" });
}
const chosenRow = (button) => (button && button.closest(".row")) || $("#pane .row.picked");
const suggestion = (button) => { const row = chosenRow(button); return row?.dataset.suggested ? row : null; };
/* The words of the transcript that are selected: {} for none, null where the selection holds no words of it. Offsets are code points. */
function selection() {
  const s = getSelection();
  if (!s.rangeCount || s.isCollapsed) return {};
  const r = s.getRangeAt(0), parts = [];
  for (const p of r.intersectsNode(list) ? $$(".t", list) : []) {
    if (p.tagName === "TEXTAREA" || !r.intersectsNode(p)) continue;
    const part = document.createRange();
    part.selectNodeContents(p);
    if (p.contains(r.startContainer)) part.setStart(r.startContainer, r.startOffset);
    if (p.contains(r.endContainer)) part.setEnd(r.endContainer, r.endOffset);
    if (part.toString().trim()) parts.push([p, part]);
  }
  if (!parts.length) return null;
  const at = (p, node, n) => Number(p.closest(".unit").dataset.start) + [...before(p, node, n)].length;
  const [first, last] = [parts[0], parts[parts.length - 1]];
  return { start: at(first[0], first[1].startContainer, first[1].startOffset), end: at(last[0], last[1].endContainer, last[1].endOffset),
    words: parts.map(([, part]) => part.toString()).join(" ").trim() };
}
const short = (words) => (words.length > 120 ? `${words.slice(0, 119)}…` : words);
const REFUSED = "The selection holds no words of the transcript. Select some words of it, or press Escape to code the segment.";
/* Move an edge of the selection by a word, within the current segment; `s` begins with its first word. */
function stretch(edge, by) {
  const p = $(".t", current()), words = [...p.textContent.matchAll(/\S+/g)], s = getSelection();
  const r = s.rangeCount ? s.getRangeAt(0) : null, held = r && !s.isCollapsed && p.contains(r.startContainer);
  if (!words.length) return;
  let first = held ? words.findIndex((w) => w.index + w[0].length > before(p, r.startContainer, r.startOffset).length) : 0;
  let last = held ? words.findLastIndex((w) => w.index < before(p, r.endContainer, r.endOffset).length) : 0;
  if (edge === "start") first = Math.max(0, Math.min(last, first + by));
  else if (edge === "end") last = Math.min(words.length - 1, Math.max(first, last + by));
  s.setBaseAndExtent(...pointIn(p, words[first].index), ...pointIn(p, words[last].index + words[last][0].length));
  say(s.toString());
}
const looking = (unit) => unit && { do: "look", document: list.dataset.document, view: list.dataset.view, unit: unit.dataset.unit };
const open = (unit) => queue("/pane", () => looking(unit));
const look = (n) => queue("/pane", () => { const units = $$(".unit", list); return looking(units[units.indexOf(current()) + n]); }); /* from where the key before it led */
const coding = (row) => (({ code = "", from = 0, to = 0 }) => ({ code, start: +from, end: +to }))(row?.dataset || {});
/* A coding that an earlier key of the same kind may still be moving: read when its turn has come, but never another one. */
function later(word, row, more) {
  const { unit } = pane().dataset, n = $$("#pane .row").indexOf(row), { code } = row.dataset;
  queue("/do", () => {
    const now = $$("#pane .row")[n];
    return pane().dataset.unit === unit && now?.dataset.code === code ? { do: word, ...place(), ...coding(now), ...more } : void tell(BUSY);
  });
}
const own = (b) => { const row = chosenRow(b); return row?.dataset.code ? row : void tell("Choose one of your codings first."); };
const spoken = (b) => { const u = b.closest(".unit"); return u ? { document: list.dataset.document, view: list.dataset.view, unit: u.dataset.unit } : place(); };
function give(body) {
  const span = selection();
  if (span === null) return tell(REFUSED);
  const { words, ...at } = span;
  body({ ...place(), ...at }, words || "");
}
Object.assign(does, {
  accept: (b) => decide("accept", suggestion(b)), reject: (b) => decide("reject", suggestion(b)),
  trim: (b) => give((at, words) => (words ? decide("trim", suggestion(b), { start: at.start, end: at.end }) : tell("Select the words first that the code is about."))),
  other: (b) => { const row = suggestion(b); if (moving || !row) return tell(row ? BUSY : "Nothing is suggested here.");
    ask({ do: "other", ...place(), suggested: row.dataset.suggested }, "instead of the suggestion"); },
  add: () => (moving ? say(BUSY) : give((at, words) => ask({ do: "add", ...at }, words ? `for: ${short(words)}` : `for the whole segment ${place().unit}`))),
  invivo: () => give((at, words) => (words ? ask({ do: "add", ...at }, `for: ${short(words)}`, words.slice(0, 63)) : tell("Select the words first that make the code."))),
  give: (b) => give((at) => { write({ do: "add", ...at, code: b.dataset.code }); getSelection().removeAllRanges(); }),
  remove: (b) => { const row = own(b); if (row) later("remove", row); },
  span: (b) => {
    const row = chosenRow(b), units = $$(".unit", list), at = units.indexOf(current()), said = row?.dataset.suggested;
    if (!said && !row?.dataset.code) return tell("Choose a suggestion or one of your codings first.");
    if (said && row.classList.contains("past")) return tell("That suggestion is decided. Choose the coding, or undo.");
    const near = (said ? [current()] : units.slice(Math.max(0, at - 8), at + 9)).map((u) => $("p.t", u)).filter(Boolean);
    openSpan(near, +row.dataset.from, +row.dataset.to, $("strong, h3", row).dataset.name, ({ start, end }) =>
      said ? decide("trim", row, { start, end }) : later("span", row, { first: start, last: end }));
  },
  move: (b) => { const row = own(b); if (row) later("move", row, { edge: b.dataset.edge, by: Number(b.dataset.by) }); },
  "memo-ask": (b) => { const row = own(b); wanted = { do: "memo", ...place(), ...coding(row) }; $("#coding-memo-text").value = row.dataset.memo; openDialog("coding-memo"); },
  "memo-coding": (b) => { write({ ...wanted, text: $("#coding-memo-text").value }); b.closest("dialog").close(); },
  "memo-document": (b) => { write({ do: "remark", document: list.dataset.document, text: $("#memo-text").value }); b.closest("dialog").close($("#memo-text").value = ""); },
  done: () => decide("done"), skip: () => decide("skip"), flag: () => act("flag"),
  "rest-ask": () => { queue("/preview", () => ({ do: "rest", document: list.dataset.document })); openDialog("rest"); },
  rest: (b) => { act("rest", { by: Number(b.dataset.by) }); b.closest("dialog").close(); },
  "bulk-ask": () => { $("#previewed").replaceChildren(); openDialog("bulk"); },
  edit: (b) => { if (b.dataset.edge !== "open") forget("correct"); queue("/edit", () => ({ do: "edit", ...spoken(b), edge: b.dataset.edge })); },
  correct: (b) => write({ do: "correct", ...spoken(b), text: $("#words").value, digest: b.dataset.digest || "" }),
  note: (b) => { b.closest("dialog").close(); act("note", { text: $("#comment").value }); $("#comment").value = ""; },
  step: (b) => look(Number(b.dataset.by)), next: () => queue("/next", () => ({ do: "next", ...place() })),
  unread: () => { const unit = $$(".unit.silent", list)[0]; if (unit) open(unit); },
  preview: () => queue("/preview", () => ({ do: "bulk", ...place(), least: Number($("#least").value), code: $("#only").value })),
  bulk: (b) => { act("bulk", { least: Number(b.dataset.least), code: b.dataset.only, digest: b.dataset.digest }); b.closest("dialog").close(); },
});
/* A button pressed with the mouse takes neither the keys from the segment nor the selection from its words. */
document.addEventListener("mousedown", (event) => { if (event.target.closest("#pane button")) event.preventDefault(); });
document.addEventListener("click", (event) => {
  const view = event.target.closest("[data-view][value]");
  if (view) return queue("/view", () => ({ ...place(), [view.dataset.view]: view.value }));
  if (event.target.closest("[data-do], dialog, a")) return;
  const row = event.target.closest("#pane .row"), unit = event.target.closest(".unit");
  if (row) return choose($$("#pane .row").indexOf(row) + 1);
  if (unit && getSelection().isCollapsed && unit !== current()) open(unit);
});
document.addEventListener("change", ({ target: t }) => { if (t.closest("#filters")) queue("/view", () => ({ ...place(), [t.name]: t.value })); });
document.addEventListener("keydown", (event) => {
  const t = event.target, words = t.id === "words" && ((event.key === " " && event.ctrlKey && "play") || (!event.shiftKey && { Enter: "correct", Escape: "edit" }[event.key]));
  if (words && !event.isComposing) { event.preventDefault(); return does[words](words === "play" ? null : $(`.editing [data-do=${words}]:not([data-digest])`)); }
  if (t.id === "q" && event.key === "Enter" && !event.isComposing) queue("/search", () => ({ do: "search", view: list.dataset.view, text: t.value }));
  const altgr = event.getModifierState("AltGraph") || (event.altKey && edges[event.key]);
  if (t.closest("input, textarea, select, dialog") || (!altgr && (event.ctrlKey || event.altKey)) || event.metaKey || !$("#keys").checked || event.isComposing) return;
  if (t.closest("button, summary, a") && (event.key === "Enter" || event.key === " ")) return;
  const key = keyOf(event);
  if (spanKey(event, key)) return;
  if (span) return void (key.length === 1 && tell("Store these words with Enter, or leave them with Escape, first.", event.preventDefault()));
  if (event.repeat && !/^[jk[\]{}]$/.test(key)) return event.preventDefault(); /* a held key decides once */
  if (event.key === "Escape") return getSelection().removeAllRanges();
  if ($("#words")) return void (key.length === 1 && tell("Save or cancel the words first.", $("#words").focus()));
  if (/^[1-9]$/.test(key)) return choose(Number(key));
  if (key === "/") { event.preventDefault(); return $("#q").focus(); }
  if (key === "s" || (edges[key] && selection()?.words)) { event.preventDefault(); return stretch(...(edges[key] || ["", 0])); }
  const wantedKey = `[data-key="${CSS.escape(key)}"]:not([hidden])`;
  const mine = edges[key] || key === "r" || key === "e" ? $$("#pane .row.own") : [];
  const button = $(`#pane .row.picked ${wantedKey}`) || (mine.length === 1 && $(wantedKey, mine[0])) || $(`#pane .actions ${wantedKey}`) || $(`.top ${wantedKey}, .middle ${wantedKey}`);
  if (button) { event.preventDefault(); button.click(); }
  else if (mine.length) tell("Choose one of your codings first, by its number.");
  else if ("axto".includes(key) && key.length === 1) tell(moving ? BUSY : "Nothing is suggested here.");
});
/* The model reads behind the page, and learns between interviews: what it says comes without moving anything. */
let listening = false;
async function listen() {
  const heard = await fetch(base + "/job").then((a) => a.json()).catch(() => null), model = heard?.reading, read = $("#reading"), learnt = $("#learnt");
  if (!heard) return void setTimeout(listen, 3000); /* the desk does not answer just now */
  listening = Boolean(read);
  if (!read) return;
  if (learnt) learnt.textContent = heard.learning ? "The model is learning from what was reviewed; you can go on." : heard.learnt;
  if (model?.fault) return void ([read.hidden, read.textContent, listening] = [false, model.fault, false]);
  if (model && +read.dataset.of !== model.of) [read.dataset.of, read.dataset.done] = [model.of, 0]; /* another model */
  if (model) read.textContent = `The ${model.whole ? "new " : ""}model is reading the documents: ${model.done} of ${model.total}.`;
  if (model && model.done > +read.dataset.done && (!model.whole || model.done === model.total) && !$("#words") && !span && !retrying) {
    await queue("/fresh", () => ({ do: "fresh", ...place(), edge: touched ? "" : "first" }));
    read.dataset.done = model.done;
  }
  read.hidden = !model || +read.dataset.done >= model.total; /* all that it has said is on the page */
  listening = heard.learning || !read.hidden;
  if (listening) setTimeout(listen, 1000);
}
hooks.shown.push((answer) => { if (answer.learning && !listening) setTimeout(listen, 500, (listening = true)); });
for (const kind of ["keydown", "pointerdown", "wheel"]) document.addEventListener(kind, () => { touched = true; }, { passive: true });
if ($("#reading:not([hidden]), #learnt[data-learning]")) setTimeout(listen, 400, (listening = true));
const made = sessionStorage.getItem("made");
if (made) {
  const told = Object.assign(document.createElement("p"), { className: "notice", id: "made" }), back = Object.assign(document.createElement("button"), { textContent: "Undo" });
  back.dataset.do = "undo";
  told.append(`“${made}” is a new code of the codebook, and given here. `, back);
  $("#pane .actions").after(told);
  say(told.textContent, sessionStorage.removeItem("made"));
}
choose(0);
seen = current()?.id;
$(".documents [aria-current]")?.scrollIntoView({ block: "nearest" }); /* first: where all stands in one column the segment has the last word */
current()?.scrollIntoView({ block: "center" });
current()?.focus({ preventScroll: true });
const half = Object.keys(sessionStorage).find((k) => k.startsWith(`draft ${location.pathname} words `)), halfUnit = half && $(`.unit[data-unit="${CSS.escape(half.split(" ").pop())}"]`, list);
if (halfUnit) { open(halfUnit); queue("/edit", () => ({ do: "edit", ...place(), edge: "open" })); }
/* A recording goes into the study's folder, and is played from there. */
async function attach(file) {
  const told = $("#recording-said");
  if (!file || !told) return;
  if (!$("dialog[open]")) openDialog("recording");
  if (file.size > 200 * 2 ** 20) return void (told.textContent = `${file.name} is larger than 200 MB. Save it as .mp3 or .m4a, which is smaller.`);
  told.textContent = `Copying ${file.name} …`;
  const headers = { "Content-Type": "application/octet-stream", "X-Document": $("#recording").dataset.number, "X-Name": encodeURIComponent(file.name) };
  const answer = await fetch(base + "/recording/upload", { method: "POST", headers, body: file }).then((a) => a.json()).catch(() => ({ error: `${file.name} could not be copied.` }));
  if (answer.error) told.textContent = answer.error; else location.reload();
}
Object.assign(does, {
  record: (b) => queue("/recording", () => ({ do: "attach", document: $("#recording").dataset.number, file: b.dataset.file })),
  unrecord: () => queue("/recording", () => ({ do: "remove", document: $("#recording").dataset.number })),
});
$("#recording-file")?.addEventListener("change", ({ target: t }) => attach(t.files[0]));
hooks.dropped = (files) => attach(files[0]);
