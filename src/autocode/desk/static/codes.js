"use strict";
/* The codebook, the passages of a code, and the memos. */
const head = $(".code-head"), field = (id) => $("#" + id).value, step = (word, more) => write({ do: word, code: head.dataset.code, ...more });
Object.assign(does, {
  "code-add": () => write({ do: "code-add", code: field("new-parent"), text: field("new-name") }),
  "code-define": () => step("code-define", { codes: ["definition", "include", "exclude", "example"].map(field) }),
  "code-rename": () => step("code-rename", { text: field("name") }), "code-split": () => step("code-split", { text: field("name") }),
  "code-move": () => step("code-move", { suggested: field("other") }), "code-delete": () => step("code-delete"),
  "merge-ask": () => queue("/weigh", () => ({ do: "weigh", code: head.dataset.code, suggested: field("other") })),
  "code-merge": (b) => step("code-merge", { suggested: b.dataset.into, by: Number(b.dataset.by) }),
  "memo-code": () => step("remark", { edge: "page", text: field("memo-text") }),
  "memo-study": () => write({ do: "remark", edge: "page", text: field("memo-text") }),
  "memo-change": (b) => { const a = b.closest("[data-seq]"); write({ do: "remark", edge: "page", by: Number(a.dataset.seq), text: $("textarea", a).value }); },
  "colour-none": () => step("code-colour", { text: "" }),
  recode: (b) => { const { document: d, unit, code, from, to } = b.closest(".passage").dataset;
    ask({ do: "recode", document: d, unit, code, start: +from, end: +to, edge: "page" }, $("blockquote", b.closest(".passage")).textContent.slice(0, 120)); },
  copy: () => navigator.clipboard.writeText($$(".passage").map((p) => `“${$("blockquote", p).textContent.trim()}” (${$(".source", p).textContent})`).join("\n\n"))
    .then(() => say("Copied.", mark("copied", "ok")), () => tell("The browser did not let the page copy.")),
});
document.addEventListener("change", ({ target: t }) => {
  if (t.id === "colour") step("code-colour", { text: t.value });
  if (t.id === "group") queue("/narrow", () => ({ do: "narrow", code: head.dataset.code, text: t.value }));
});
/* Who comes back to the passages, or whose step draws them again, finds the one that was before the eyes. */
const kept = `passage ${location.pathname}${location.search}`;
addEventListener("pagehide", () => {
  const { left, top, bottom } = $("main").getBoundingClientRect(), y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
  sessionStorage.setItem(kept, $$(".passage").indexOf(document.elementFromPoint(left + 40, y)?.closest(".passage")));
});
if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") $$(".passage")[sessionStorage.getItem(kept)]?.scrollIntoView({ block: "center" });
