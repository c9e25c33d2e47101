"use strict";
/* The window that asks for a code: exact names first, then the likeliest here and the latest given; a new code where there is none. */
const options = $$("#options li"), likely = () => JSON.parse($("#pane")?.dataset.near || "[]"), recent = JSON.parse($("#options")?.dataset.recent || "[]");
let chosen = null;
function rank(name, path, typed) {
  let at = -1;
  const [n, p] = [name.toLowerCase(), path.toLowerCase()], words = typed.toLowerCase();
  if (n === words || p === words) return 0;
  if (n.startsWith(words)) return 1;
  if (n.includes(words)) return 2;
  if (p.includes(words)) return 3;
  return [...words].every((c) => (at = p.indexOf(c, at + 1)) >= 0) ? 4 : 9;
}
function narrow() {
  const typed = $("#code").value.trim(), first = likely();
  const found = options.map((li, n) => {
    const { code, name } = li.dataset, near = first.indexOf(code), last = recent.indexOf(code);
    const usual = near >= 0 ? near : last >= 0 ? 20 + last : 100 + n;
    $(".digit", li).textContent = !typed && last >= 0 ? last + 1 : "";
    $(".why", li).textContent = near >= 0 ? "likely here" : "";
    return [typed ? rank(name, code, typed) : 5, usual, li];
  });
  for (const [r, , li] of found) li.hidden = r === 9;
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).forEach(([, , li]) => $("#options").append(li));
  const exact = found.some(([r]) => r === 0);
  $("#fresh-line").hidden = !typed || exact;
  $("#fresh-name").textContent = typed;
  point(typed ? $("#options li:not([hidden])") : null); /* nothing is chosen until something is said */
}
function point(option) {
  for (const li of options) li.setAttribute("aria-selected", li === option);
  $("#code").setAttribute("aria-activedescendant", option ? option.id : "");
  $("#meaning").textContent = option?.title || "";
  if (option) option.scrollIntoView({ block: "nearest" });
}
function ask(body, title, typed = "") {
  [chosen, $("#codes-for").textContent, $("#code").value] = [body, title, typed];
  openDialog("codes");
  narrow();
  if (typed) point(null);
}
/* Where a decision gives a code instead of a suggestion it counts as one; else it is written at once. */
function given(body) {
  $("#codes").close();
  getSelection().removeAllRanges();
  if (body.do === "other") return decide("other", $(`#pane .row[data-suggested="${CSS.escape(body.suggested)}"]`), { ...body });
  write(body);
}
Object.assign(does, {
  take: () => {
    const option = $("#options [aria-selected=true]:not([hidden])");
    if (option) given(chosen.do === "recode" ? { ...chosen, suggested: option.dataset.code } : { ...chosen, code: option.dataset.code });
    else if ($("#code").value.trim() && !$("#fresh-line").hidden) does["fresh-code"]();
    else say("Type a part of a code's name, or choose one.");
  },
  "fresh-code": () => {
    if (chosen.do !== "add") return say("A new code is given to words; choose one of the codes here.");
    given({ ...chosen, do: "new", text: $("#code").value.trim(), suggested: $("#fresh-parent").value });
  },
});
document.addEventListener("click", (event) => { const option = event.target.closest("#options li"); if (option) does.take(point(option)); });
document.addEventListener("input", (event) => { if (event.target.id === "code") narrow(); });
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "code" || event.isComposing) return;
  const shown = $$("#options li:not([hidden])"), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by || event.key === "Enter") event.preventDefault();
  if (by) point(shown[shown.indexOf($("#options [aria-selected=true]")) + by] || shown[by > 0 ? 0 : shown.length - 1]);
  if (event.key === "Enter" && !event.repeat) does[event.shiftKey && !$("#fresh-line").hidden ? "fresh-code" : "take"]();
  const last = !event.target.value && /^[1-9]$/.test(event.key) && recent[event.key - 1];
  if (last) { event.preventDefault(); does.take(point(options.find((li) => li.dataset.code === last))); }
});
