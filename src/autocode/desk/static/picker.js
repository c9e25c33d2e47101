"use strict";
/* The window that asks for a code: exact names first, then those that are nearly so, the likeliest here and the latest given; a new code is a row
   of its own at the end, which is chosen for nobody who may have meant a code that is there. */
const options = $$("#options li[data-code]"), fresh = $("#fresh"), likely = () => JSON.parse($("#pane")?.dataset.near || "[]"), recent = JSON.parse($("#options")?.dataset.recent || "[]");
let chosen = null;
/* How many letters two words are apart; neighbours that changed places count as one. */
function apart(a, b) {
  const d = [...Array(a.length + 1).keys()].map((i) => [i]);
  for (let j = 0; j <= b.length; j++) d[0][j] = j;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      d[i][j] = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.length][b.length];
}
/* 0 exactly; 1 to 3 holds it, or the beginnings of its words; 4 nearly so; 5 has its letters in this order; 9 is another. */
function rank(name, path, typed) {
  let at = -1;
  const [n, p] = [name.toLowerCase(), path.toLowerCase()], words = typed.toLowerCase();
  if (n === words || p === words) return 0;
  if (n.startsWith(words)) return 1;
  if (n.includes(words)) return 2;
  if (p.includes(words)) return 3;
  if (words.length < 3) return 9;
  if (words.length < 20 && new RegExp("\\b" + [...words].map((c) => c.replace(/\W/, "\\$&")).join("(?:.*?\\b)?")).test(p)) return 3;
  if (apart(n, words) <= Math.ceil(words.length / 4)) return 4;
  return [...words].every((c) => (at = p.indexOf(c, at + 1)) >= 0) ? 5 : 9;
}
function narrow() {
  const typed = $("#code").value.trim(), first = likely();
  const found = options.map((li, n) => {
    const { code, name } = li.dataset, near = first.indexOf(code), last = recent.indexOf(code);
    const usual = near >= 0 ? near : last >= 0 ? 20 + last : 100 + n;
    $(".digit", li).textContent = !typed && last >= 0 ? last + 1 : "";
    const how = typed ? rank(name, code, typed) : 5;
    $(".why", li).textContent = how === 4 ? "called nearly so" : near >= 0 ? `the model’s guess no. ${near + 1}` : "";
    return [how, usual, li];
  });
  for (const [r, , li] of found) li.hidden = r === 9;
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).forEach(([, , li]) => $("#options").append(li));
  const best = Math.min(9, ...found.map(([r]) => r));
  fresh.hidden = $("#fresh-line").hidden = !typed || best === 0 || chosen.do !== "add";
  $("#fresh-name").textContent = typed;
  $("#options").append(fresh);
  $("#code-unsure").hidden = true;
  /* Nothing is chosen until something is said; nor where a name is only like one that is there: it may be mistyped. */
  point(typed && (best < 4 || best === 9 || fresh.hidden) ? $("#options li:not([hidden])") : null);
}
function point(option) {
  for (const li of [...options, fresh]) li.setAttribute("aria-selected", li === option);
  $("#code").setAttribute("aria-activedescendant", option ? option.id : "");
  $("#meaning").textContent = option?.title || "";
  if (option) option.scrollIntoView({ block: "nearest" });
}
function ask(body, title, typed = "") {
  [chosen, $("#codes-for").textContent, $("#code").value] = [body, title, typed];
  openDialog("codes");
  narrow();
  if (typed && $("#options [aria-selected=true]") !== fresh) point(null); /* in their own words: a code that is there is chosen by hand */
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
    if (option === fresh) does["fresh-code"]();
    else if (option) given(chosen.do === "recode" ? { ...chosen, suggested: option.dataset.code } : { ...chosen, code: option.dataset.code });
    else if (fresh.hidden) tell("Type a part of a code's name, or choose one.");
    else say("No code is called so. Choose the one that you mean, or the row that makes a new code, with the arrows or the mouse.", $("#code-unsure").hidden = false);
  },
  "fresh-code": () => {
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
  if (event.key === "Enter" && !event.repeat) does[event.shiftKey && !fresh.hidden ? "fresh-code" : "take"]();
  const last = !event.target.value && /^[1-9]$/.test(event.key) && recent[event.key - 1];
  if (last) { event.preventDefault(); does.take(point(options.find((li) => li.dataset.code === last))); }
});
