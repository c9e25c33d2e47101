"use strict";
/* What all rooms share. The server draws everything; this sends what a person does, one request after another, and shows the answers. */
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
const badge = $("#saved"), live = $("#live"), base = document.body.dataset.base || "";
const does = {}, hooks = { shown: [], settled: [], dropped: null }; /* each room adds what its buttons do, and what it does after an answer */
let line = Promise.resolve(), retrying = false, pending = 0, since = performance.now();
const say = (words) => { if (live) { live.textContent = ""; live.textContent = words; } }; /* read aloud; for the eye the page itself has changed */
/* Where nothing else on the page tells of it, as when an act is refused: read aloud, and for a while above all else on the screen, open windows too. */
const told = Object.assign(document.createElement("p"), { id: "told", popover: "manual", ariaHidden: "true" });
let untold = 0;
function tell(words) {
  say(words);
  document.body.append(told);
  told.textContent = words;
  if (told.matches(":popover-open")) told.hidePopover();
  told.showPopover(clearTimeout(untold));
  untold = setTimeout(() => told.hidePopover(), Math.max(5000, 90 * words.length)); /* long enough to be read twice */
}
/* Nothing is on its way, and every key is heard: said on the page, for those who drive it. */
const ready = (yes) => document.body.toggleAttribute("data-ready", yes);
document.addEventListener("DOMContentLoaded", () => { if (!pending) ready(true); });
function mark(words, kind) { if (badge) { badge.textContent = words; badge.className = "saved " + kind; } }
/* Send until an answer comes: the request's name lets the server see that it was written before. */
async function send(path, body) {
  const text = JSON.stringify(body), headers = { "Content-Type": "application/json" }, keepalive = text.length < 15000; /* it arrives though the page is left; 64 KiB at most */
  for (let slow = 250; ; slow = Math.min(slow * 2, 4000)) {
    try {
      const answer = await (await fetch(path, { method: "POST", headers, body: text, keepalive })).json();
      return (retrying = false, answer);
    } catch { await new Promise((go) => setTimeout(go, slow, (retrying = true), mark("not saved, retrying", "bad"))); }
  }
}
/* `make` runs when its turn has come; what it gives is sent, and nothing where it gives nothing. */
function queue(path, make) {
  if (retrying) return tell("The last decision is not saved yet; this key does not count.");
  ready(!++pending);
  return (line = line.then(async () => {
    const body = make();
    if (!body) return;
    const more = path === "/do" ? { request: crypto.randomUUID(), seconds: (performance.now() - since) / 1000 } : {};
    await show(await send(base + path, { ...body, ...more }), body);
  }).catch(() => tell("That did not work here. Reload the page if it happens again."))
    .finally(() => { if (!--pending) hooks.settled.forEach((hook) => hook(), ready(true)); }));
}
/* Who leaves while something is on its way waits for it: nothing that was done is lost by going. */
let leaving = "";
function leave(href) {
  if (!pending) return location.assign(href);
  [leaving, line] = [href, line.then(() => location.assign(leaving))];
  say("One moment: what you did is being saved.");
}
/* Draw the page again, or go where the person wants to; what was typed meanwhile spoke of the old one and does not count. */
const again = () => new Promise(() => (leaving ? location.assign(leaving) : location.reload()));
const write = (body) => queue("/do", () => body); /* what was on the screen at the click, not what is there later */
function show(answer, body) {
  if (answer.saved) mark("saved " + answer.saved, "ok");
  if (answer.error) return say(answer.error, mark(answer.error, "bad"), restore(), hooks.shown.forEach((hook) => hook(answer, body)));
  if (body && body.do) forget(body.do);
  if (answer.told && (answer.go || answer.reload)) sessionStorage.setItem("told", answer.told); /* said on the page that comes */
  if (answer.go && !leaving) return new Promise(() => (answer.go === location.pathname + location.search ? location.reload() : location.assign(answer.go)));
  if (answer.reload || answer.go) return again();
  const inside = document.activeElement?.closest("#pane") ? "pane" : "";
  for (const [id, html] of Object.entries(answer.parts || {})) /* drawn and escaped by our own server */
    if (document.getElementById(id)) document.getElementById(id).outerHTML = html;
  if (answer.say) say(answer.say);
  if (answer.told) tell(answer.told);
  for (const hook of hooks.shown) hook(answer, body, inside);
}
/* What is half written outlives a reload; it is forgotten when it is kept or given up. */
const drafts = "textarea[id], input[data-draft]", slot = (field) => `draft ${location.pathname} ${field.dataset.draft || field.id}`;
function restore(root = document) {
  for (const field of $$(drafts, root)) {
    const kept = sessionStorage.getItem(slot(field));
    if (kept !== null && kept !== field.value) [field.value, field.dataset.restored] = [kept, "1"];
  }
}
function forget(word) {
  for (const [id, words] of Object.entries({ comment: "note", words: "correct", "memo-text": "remark", "coding-memo-text": "memo" }))
    if (words === word) for (const key of Object.keys(sessionStorage)) if (key.startsWith(`draft ${location.pathname} ${id}`)) sessionStorage.removeItem(key);
}
document.addEventListener("input", ({ target: t }) => { if (t.matches(drafts)) sessionStorage.setItem(slot(t), t.value); });
const edges = { "[": ["end", -1], "]": ["end", 1], "{": ["start", -1], "}": ["start", 1] };
/* What a key means on any keyboard: its letter; where it has none of ours, the letter at its place. Capitals mean the shift key, not the lock. */
function keyOf(event) {
  const bracket = { BracketLeft: "[{", BracketRight: "]}" }[event.code], letter = /^Key([A-Z])$/.exec(event.code);
  if (edges[event.key]) return event.key;
  if (bracket && !event.altKey) return bracket[+event.shiftKey];
  const key = /^[a-z]$/i.test(event.key) ? event.key : letter && !/^[ -~]$/.test(event.key) ? letter[1] : event.key;
  return key.length > 1 || key.toLowerCase() === key.toUpperCase() ? key : event.shiftKey ? key.toUpperCase() : key.toLowerCase();
}
const openDialog = (id) => { const d = document.getElementById(id); if (d && !d.open) d.showModal(); return d; };
Object.assign(does, {
  called: (b) => { $("#coder").value = b.dataset.name; $("#coder").focus(); },
  dialog: (b) => openDialog(b.dataset.dialog), close: (b) => b.closest("dialog").close(),
  undo: () => write({ do: "undo", ...here() }), redo: () => write({ do: "redo", ...here() }), logout: () => queue("/logout", () => ({})),
});
/* Which document, segment and view this tab looks at; the room of the code gives more. */
let here = () => ({ edge: "page" });
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && does[button.dataset.do]) { event.preventDefault(); does[button.dataset.do](button); }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]"), apart = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (pending && link && !apart && !event.defaultPrevented && !link.hasAttribute("download")) leave(link.href, event.preventDefault());
});
for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); /* a file dropped anywhere must not open in the page's stead */
  if (kind !== "drop") return;
  if (hooks.dropped) hooks.dropped(event.dataTransfer.files);
  else tell(base ? "Files are dropped in the room Bring in; a recording in the room Code." : "Open or make a study first, then drop the files there.");
});
restore();
if (sessionStorage.getItem("told")) tell(sessionStorage.getItem("told"), sessionStorage.removeItem("told"));
$("input[autofocus]")?.select(); /* who types over a name that stands there replaces it */
$(".top [aria-current=page]")?.scrollIntoView({ inline: "center", block: "nearest" }); /* where the rooms have no place side by side */
