"use strict";
/* The second look: a passage a key, and the passages of a meeting. */
const passage = () => $("#passage"), articles = () => $$("article.talk");
let talking = "", busy = false;
const WAIT = "The last decision is still being saved; this key does not count.";
const place = (a) => ({ document: a.dataset.document, unit: a.dataset.unit });
const currentTalk = () => document.getElementById(talking) || articles().find((a) => a.classList.contains("differs")) || articles()[0];
function once(body) {
  if (busy) return tell(WAIT);
  busy = true;
  write(body);
}
hooks.settled.push(() => { busy = false; });
function look(article) {
  if (!article) return;
  currentTalk()?.removeAttribute("aria-current");
  talking = article.id;
  article.setAttribute("aria-current", "true");
  article.focus({ preventScroll: true });
  article.scrollIntoView({ block: "nearest" });
}
const step = (by) => look(articles()[articles().indexOf(currentTalk()) + by]);
function agree(article, codes) {
  const text = $(".reason input", article).value.trim() || "Agreed in the meeting.";
  once({ do: "agree", view: "meeting", edge: article.id, ...place(article), codes, text });
}
function talked(article, choice) {
  const [one, two] = $$("[data-codes]:not(button)", article).map((ul) => JSON.parse(ul.dataset.codes));
  if (one) agree(article, { 1: one, 2: two, 3: [...new Set([...one, ...two])], 0: [] }[choice]);
}
hooks.shown.push((answer, body) => {
  if (answer.error || !body) return;
  if (passage() && answer.parts?.again) passage().focus({ preventScroll: true });
  if (body.do === "agree") {
    sessionStorage.removeItem(`draft ${location.pathname} talk ${body.document} ${body.unit}`);
    const n = articles().findIndex((a) => a.id === body.edge);
    look(articles().slice(n + 1).find((a) => a.classList.contains("differs")) || articles()[n]);
  }
  if (body.do === "vote") document.getElementById(body.edge)?.setAttribute("aria-current", "true");
  if (/^(agree|vote)$/.test(body.do)) { restore($("main")); queue("/since", () => ({})); }
});
Object.assign(does, {
  begin: () => queue("/again", () => ({ do: "begin" })),
  "again-say": (b) => once({ do: "look-again", view: "again", start: Number(passage().dataset.number), by: Number(b.dataset.by) }),
  "again-later": () => queue("/again", () => ({ do: "look", start: Number(passage().dataset.number) })),
  "again-undo": () => once({ do: "undo", view: "again" }),
  adopt: (b) => once({ do: "adopt", view: "again", start: Number(b.closest("article").dataset.number) }),
  print: () => window.print(),
  talked: (b) => { look(b.closest("article")); talked(b.closest("article"), b.dataset.choice); },
  settle: (b) => { look(b.closest("article")); agree(b.closest("article"), JSON.parse(b.dataset.codes)); },
  vote: (b) => {
    const article = b.closest("article"), group = $$("[data-do=vote]", b.closest(".vote"));
    const on = (x) => (x === b ? b.getAttribute("aria-pressed") !== "true" : x.getAttribute("aria-pressed") === "true");
    look(article);
    const codes = b.dataset.code ? group.filter((x) => x.dataset.code && on(x)).map((x) => x.dataset.code) : [];
    once({ do: "vote", view: "meeting", edge: article.id, ...place(article), code: b.dataset.voter, codes });
  },
  "keep-note": (b) => {
    const field = $("textarea", b.closest(".note"));
    write({ do: "remark", code: b.closest(".point").dataset.code, text: field.value });
    sessionStorage.removeItem(slot(field));
  },
  divide: (b) => {
    const rule = b.closest(".rule"), field = $("textarea", rule), { definition, include, example } = rule.dataset;
    write({ do: "code-define", code: rule.parentElement.dataset.code, codes: [definition, include, field.value, example] });
    sessionStorage.removeItem(slot(field));
  },
});
document.addEventListener("click", (event) => { const a = event.target.closest("article.talk"); if (a && !event.target.closest("button, input, a")) look(a); });
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const digit = /^(?:Digit|Numpad)([0-3])$/.exec(event.code)?.[1] ?? (/^[0-3]$/.test(event.key) ? event.key : null);
  const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
  if (event.repeat && !/^[jk]$/.test(letter || "")) return void ((digit || event.key === " ") && passage() && event.preventDefault());
  if (letter === "u" && !event.shiftKey && ($("#just") || articles().length)) return once({ do: "undo", view: passage() || $("#just") ? "again" : "meeting" });
  if (passage()) {
    const later = event.key === " " && !event.target.closest("button, summary, a") && $("#passage [data-do=again-later]");
    const button = digit === "1" || digit === "0" ? $(`#passage [data-do=again-say][data-by="${digit}"]`) : later;
    if (button) { event.preventDefault(); button.click(); }
  } else if (articles().length) {
    if (digit !== null && !event.shiftKey) { event.preventDefault(); talked(currentTalk(), digit); }
    else if (letter === "a") $("[data-do=settle]", currentTalk())?.click();
    else if (letter === "j" || letter === "k") step(letter === "j" ? 1 : -1);
  }
});
if (passage()) passage().focus({ preventScroll: true });
if ($("#since")) queue("/since", () => ({}));
