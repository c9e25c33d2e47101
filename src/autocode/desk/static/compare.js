"use strict";
/* Disagreements, one key each; nothing jumps, and a half-written reason outlives a reload. */
const list = $("#resolving"), pair = $("#left")?.dataset.pairIds || "", rows = () => $$("article.resolve", list), open = () => rows().filter((a) => a.classList.contains("differs"));
let at = "", sending = false;
const currentRow = () => document.getElementById(at) || open()[0] || rows()[0];
function look(article) {
  currentRow()?.removeAttribute("aria-current");
  if (!article) return;
  at = article.id;
  article.setAttribute("aria-current", "true");
  article.focus({ preventScroll: true });
  article.scrollIntoView({ block: "nearest" });
}
function resolve(article, choice) {
  if (!article || sending) return tell("The last resolution is still being saved; this key does not count.");
  const [one, two] = $$("[data-codes]", article).map((ul) => JSON.parse(ul.dataset.codes)), other = $("select", article).value;
  if (choice === "other" && !other) return tell("Choose a code first.");
  const codes = { 1: one, 2: two, 3: [...new Set([...one, ...two])], 0: [], other: [other] }[choice];
  sending = true;
  const held = span && article.contains(span.words[0].p) ? spanPlace() : {};
  closeSpan();
  write({ ...held, do: "agree", document: list.dataset.document, unit: article.dataset.unit, codes, text: $(".reason input", article).value, edge: pair });
}
hooks.settled.push(() => { sending = false; });
hooks.shown.push((answer) => { const a = answer.parts?.answer && list && currentRow(); if (a?.offsetHeight < innerHeight) a.scrollIntoView({ block: "nearest" }); }); /* the answer above it has come */
hooks.shown.push((answer, body) => {
  if (answer.error || !body || body.do !== "agree") return;
  sessionStorage.removeItem(`draft ${location.pathname} reason ${body.unit}`);
  const here = $("#where").selectedOptions[0], gone = here.dataset.open - answer.left; /* the counts go along */
  here.textContent = here.textContent.replace(/\d+(?= open\)$)/, (here.dataset.open = answer.left));
  for (const [id, by] of [["#left strong", -gone], ["#settled", gone]]) $(id).textContent = +$(id).textContent + by;
  const n = rows().findIndex((a) => a.dataset.unit === body.unit);
  look(rows().slice(n + 1).find((a) => a.classList.contains("differs")) || open()[0] || rows()[n]);
  if (!open()[0]) $("#next-open")?.scrollIntoView({ block: "nearest" });
});
const reasoned = (article, words) => $$("[data-do=reason]", article).forEach((b) => b.setAttribute("aria-pressed", b.textContent === words));
Object.assign(does, {
  reason: (b) => { /* pressed once more it is taken away; nothing stands there that nobody chose */
    const article = b.closest("article"), field = $(".reason input", article);
    look(article);
    field.value = field.value === b.textContent ? "" : b.textContent;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  },
  span: (b) => {
    const article = b.closest("article"), p = $("p.t", article), { from, to } = article.dataset;
    look(article);
    openSpan([p], +from, +to, "what you agree on", null);
  },
  resolve: (b) => { look(b.closest("article")); resolve(b.closest("article"), b.dataset.choice); },
  "agree-all": (b) => { const [code, suggested] = pair.split("\n"); write({ do: "agree-all", code, suggested, by: Number(b.dataset.by) }); },
});
document.addEventListener("click", (event) => { const a = event.target.closest("article.resolve"); if (a && !event.target.closest("button, input, select, summary")) look(a); });
document.addEventListener("input", ({ target: t }) => { if (t.matches(".reason input")) reasoned(t.closest("article"), t.value); });
document.addEventListener("change", ({ target: t }) => {
  if (t.matches("[data-pair]") || t.id === "where") leave(`${base}/compare/${$("#where").value}?a=${$("#first").value}&b=${$("#second").value}`);
});
document.addEventListener("keydown", (event) => {
  const held = (event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph") && !edges[event.key];
  if (event.target.closest("input, textarea, select, dialog") || held || event.metaKey || (event.repeat && !span)) return;
  const digit = /^(?:Digit|Numpad)([0-3])$/.exec(event.code)?.[1] ?? (/^[0-3]$/.test(event.key) ? event.key : null);
  const key = keyOf(event);
  if (spanKey(event, key)) return;
  if (key === "e" && currentRow()) return void (event.preventDefault(), does.span($("[data-do=span]", currentRow())));
  const step = { j: 1, k: -1 }[event.key.toLowerCase()] || { KeyJ: 1, KeyK: -1 }[event.code];
  if (digit !== null && !event.shiftKey && !event.repeat && list) { event.preventDefault(); resolve(currentRow(), digit); }
  else if (step) look(rows()[rows().indexOf(currentRow()) + step]);
});
if ($("#answer")) queue("/answer", () => ({}));
if (list && open()[0]) look(open()[0]);
if (currentRow()?.offsetHeight > innerHeight) [$("main").scrollTop, document.scrollingElement.scrollTop] = [0, 0]; /* a small screen begins with the answer */
