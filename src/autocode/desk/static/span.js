"use strict";
/* The words of a coding: its two edges are moved by keys, by buttons, by clicking words and by dragging their marks. What is marked is the browser's own selection. */
let span = null; /* { words, first, last, keep }: the words it may stretch over, which of them it holds, and what to do with them */
const wordsOf = (paragraphs) => paragraphs.flatMap((p) => [...p.textContent.matchAll(/\S+/g)].map((m) => ({ p, from: m.index, to: m.index + m[0].length })));
/* A place in the text nodes of a paragraph. */
function pointIn(p, at) {
  for (let n, walk = document.createTreeWalker(p, 4); (n = walk.nextNode()); at -= n.length) if (at <= n.length) return [n, at];
  return [p, p.childNodes.length];
}
/* Where a word begins or ends in its document, in code points. */
const offset = (w, edge) => +w.p.closest("[data-start]").dataset.start + [...w.p.textContent.slice(0, w[edge])].length;
function boxOf(w) { const r = document.createRange(); return (r.setStart(...pointIn(w.p, w.from)), r.setEnd(...pointIn(w.p, w.to)), r); }
function openSpan(paragraphs, from, to, title, keep) {
  const words = wordsOf(paragraphs), first = words.findIndex((w) => offset(w, "to") > from), last = words.findLastIndex((w) => offset(w, "from") < to);
  if (first < 0 || last < first) return tell("Its words are not on the page.");
  span = { words, first, last, keep };
  $("#span-of").textContent = title;
  $("#spanning").hidden = false;
  words[first].p.closest("[tabindex]")?.focus({ preventScroll: true }); /* or Enter would press the button once more */
  boxOf(words[first]).startContainer.parentElement.scrollIntoView({ block: "nearest" });
  markSpan();
}
function markSpan() {
  const [a, b] = [span.words[span.first], span.words[span.last]];
  getSelection().setBaseAndExtent(...pointIn(a.p, a.from), ...pointIn(b.p, b.to));
  for (const [edge, w, side] of [["first", a, "left"], ["last", b, "right"]]) {
    const holder = w.p.parentElement, grip = $(`.grip[data-grip=${edge}]`) || Object.assign(document.createElement("div"), { className: "grip" });
    const boxes = boxOf(w).getClientRects(), box = boxes[edge === "first" ? 0 : boxes.length - 1], ground = holder.getBoundingClientRect();
    grip.dataset.grip = edge;
    holder.append(grip); /* within its unit, so that it scrolls with the words */
    const rtl = getComputedStyle(w.p).direction === "rtl", x = box[rtl ? { left: "right", right: "left" }[side] : side];
    Object.assign(grip.style, { left: `${x - ground.left}px`, top: `${box.top - ground.top}px`, height: `${box.height}px` });
  }
  say(getSelection().toString());
}
function closeSpan() {
  if (!span) return;
  span = null;
  $("#spanning").hidden = true;
  $$(".grip").forEach((g) => g.remove());
  getSelection().removeAllRanges();
}
const spanPlace = () => ({ start: offset(span.words[span.first], "from"), end: offset(span.words[span.last], "to") });
/* Move an edge to a word; the other edge stays where it is. */
function setEdge(edge, n) {
  if (n < 0 || n >= span.words.length) return;
  if (edge === "first" ? n > span.last : n < span.first) return;
  span[edge] = n;
  markSpan();
  $(`.grip[data-grip=${edge}]`).scrollIntoView({ block: "nearest" });
}
function wordAt(x, y) {
  const at = document.caretPositionFromPoint ? document.caretPositionFromPoint(x, y) : document.caretRangeFromPoint?.(x, y);
  const [node, n] = at ? [at.offsetNode || at.startContainer, at.offset ?? at.startOffset] : [];
  const p = node && span.words.find((w) => w.p.contains(node))?.p;
  return p ? span.words.findLastIndex((w) => w.p === p && w.from <= Math.max(before(p, node, n).length, span.words.find((v) => v.p === p).from)) : -1;
}
function before(p, node, at) { const range = document.createRange(); return (range.setStart(p, 0), range.setEnd(node, at), range.toString()); }
/* Whether a key belongs to the words that are being set. */
function spanKey(event, key) {
  if (!span) return false;
  const [edge, by] = { "]": ["last", 1], "[": ["last", -1], "}": ["first", 1], "{": ["first", -1],
    ArrowRight: [event.shiftKey ? "first" : "last", 1], ArrowLeft: [event.shiftKey ? "first" : "last", -1] }[key] || [];
  if (edge) setEdge(edge, span[edge] + by);
  else if (key === "Enter" && !event.repeat && span.keep) does["span-keep"]();
  else if (key === "Escape") closeSpan();
  else return false;
  event.preventDefault();
  return true;
}
Object.assign(does, {
  "span-edge": (b) => span && setEdge(b.dataset.grip, span[b.dataset.grip] + Number(b.dataset.by)),
  "span-keep": () => { const { keep } = span, at = spanPlace(); closeSpan(); keep(at); },
  "span-close": closeSpan,
});
let gripped = "";
document.addEventListener("pointerdown", (event) => {
  gripped = span ? event.target.dataset?.grip && event.target.classList.contains("grip") ? event.target.dataset.grip : "" : "";
  document.body.toggleAttribute("data-dragging", Boolean(gripped)); /* marks let the pointer through meanwhile */
  if (gripped) event.preventDefault();
});
document.addEventListener("mousedown", (event) => { if (gripped) event.preventDefault(); }); /* or the browser would select anew */
document.addEventListener("pointermove", (event) => { const n = gripped && span ? wordAt(event.clientX, event.clientY) : -1; if (n >= 0) setEdge(gripped, n); });
document.addEventListener("pointerup", () => { gripped = ""; document.body.removeAttribute("data-dragging"); });
/* A click on a word moves the nearer edge to it; words selected with the mouse are the new ones. */
document.addEventListener("click", (event) => {
  if (!span || !span.words.some((w) => w.p.contains(event.target))) return;
  event.stopPropagation();
  const s = getSelection(), r = s.rangeCount && !s.isCollapsed ? s.getRangeAt(0) : null;
  const within = (box) => box.compareBoundaryPoints(Range.START_TO_END, r) > 0 && box.compareBoundaryPoints(Range.END_TO_START, r) < 0;
  const held = r ? span.words.filter((w) => r.intersectsNode(w.p) && within(boxOf(w))) : [];
  const n = held.length ? -1 : wordAt(event.clientX, event.clientY);
  if (held.length) [span.first, span.last] = [span.words.indexOf(held[0]), span.words.indexOf(held[held.length - 1])];
  else if (n >= 0) span[Math.abs(n - span.first) < Math.abs(n - span.last) ? "first" : "last"] = n;
  markSpan();
}, true);
hooks.shown.push((answer) => { if (span && (answer.current !== undefined || !span.words[span.first].p.isConnected)) closeSpan(); });
addEventListener("resize", () => { if (span) markSpan(); });
