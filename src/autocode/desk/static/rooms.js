"use strict";
/* The first page, files on their way in, and long work beside the page. */
const files = [], names = {}, came = new Set();
let batch = "";
const choices = () => ({ batch, names, coder: $("#who-coded")?.value || "", line: $("#who-speaks")?.value || "", replacing: $("#replacing")?.checked || false,
  asking: [...new Set($$("[data-speaker]:checked").map((i) => i.dataset.speaker))] });
/* Files are sent one after another, those that are dropped meanwhile after them; nothing is taken over before a person says so. */
let sending = Promise.resolve();
const bring = (chosen, all = [...chosen]) => (sending = sending.then(() => sent(all)));
async function sent(chosen) {
  const told = $("#sending");
  let whole = 0;
  const before = new Set(came); /* a mended file that is dropped once more takes the place of the one that waits */
  files.length = 0;
  if (!batch) batch = (await send(base + "/batch", {})).batch;
  for (const [n, file] of [...chosen].entries()) {
    told.textContent = `Sending ${n + 1} of ${chosen.length} …`;
    if (file.size > 200 * 2 ** 20) { files.push(`${file.name} is larger than 200 MB and stays out.`); continue; }
    const headers = { "Content-Type": "application/octet-stream", "X-Batch": batch, "X-Name": encodeURIComponent(file.name), ...(before.has(file.name) ? { "X-Again": "1" } : {}) };
    came.add(file.name);
    const answer = await fetch(base + "/upload", { method: "POST", headers, body: file }).then((a) => a.json()).catch(() => ({ error: `${file.name} could not be sent.` }));
    if (answer.error) files.push(answer.error); else whole++;
  }
  if (files.length) mark(`${files.length} ${files.length === 1 ? "file stays" : "files stay"} out.`, "bad");
  told.textContent = files.length ? files.join(" ") : "Reading …";
  if (whole) queue($("#files").dataset.read || "/read", choices);
}
hooks.shown.push((answer) => { if (answer.parts?.preview) { if (!files.length) $("#sending").textContent = ""; $("#preview").scrollIntoView({ block: "nearest" }); } });
/* What was shown is no longer so, as where another tab was quicker: it is looked at anew, and the reason stays in sight. */
hooks.shown.push((answer, body) => { if (answer.error && body?.digest && $("#preview [data-do=take-files]")) queue("/read", choices); });
Object.assign(does, {
  tutorial: () => queue("/tutorial", () => ({})),
  mend: (b) => { names[b.dataset.name] = b.dataset.to; queue("/read", choices); },
  unmend: (b) => { delete names[b.dataset.name]; queue("/read", choices); },
  reread: () => queue("/read", choices),
  "take-files": (b) => queue("/take", () => ({ ...choices(), digest: b.dataset.digest })),
  "take-letters": (b) => queue("/answers", () => ({ batch, digest: b.dataset.digest })),
  "put-back": (b) => queue("/restore", () => ({ copy: b.dataset.copy })),
  leave: () => location.reload(), untake: () => queue("/untake", () => ({})),
  cancel: () => queue("/work", () => ({ do: "cancel" })),
});
document.addEventListener("change", ({ target: t }) => {
  if (t.id === "files" && t.files.length) bring(t.files);
  if (t.matches("[data-mend]") && t.value) { names[t.dataset.name] = t.value; queue("/read", choices); }
  if (t.id === "learning") queue("/learning", () => ({ wanted: t.checked }));
  if (t.id === "replacing") queue("/read", choices);
  if (t.matches("[data-speaker]")) $$("[data-speaker]").forEach((i) => { if (i.dataset.speaker === t.dataset.speaker) i.checked = t.checked; });
});
if ($("#drop")) hooks.dropped = bring;
document.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  if (form.id === "new-study") return queue("/new", () => ({ name: $("#study-name").value }));
  const said = Object.fromEntries($$("textarea, select, input:not([type=checkbox]):not([type=radio])", form).map((f) => [f.name, "flag" in f.dataset ? { yes: true, no: false }[f.value] ?? null : f.value]));
  if (form.id === "replace") return queue("/names", () => ({ names: Object.fromEntries($$("[data-found]:checked", form).map((i) => [i.dataset.found, $("td input", i.closest("tr")).value])) }));
  if (form.id === "record") return queue("/record", () => said);
  const boxes = Object.fromEntries($$("input[type=checkbox]:not([name=coders])", form).map((i) => [i.name, i.checked]));
  const coders = $$("input[name=coders]:checked", form).map((i) => i.value);
  queue(form.dataset.path || "/work", () => ({ do: form.dataset.work, ...said, ...boxes, coders, form: $("input[name=form]:checked", form)?.value || "" }));
});
/* The tables of the model card sort by a click on the head of a column: figures by size, words by the alphabet. */
for (const th of $$("#card th")) {
  const button = Object.assign(document.createElement("button"), { textContent: th.textContent });
  th.replaceChildren(button);
  th.scope = "col";
  button.addEventListener("click", () => {
    const down = th.getAttribute("aria-sort") === "ascending", body = $("tbody", th.closest("table")), n = th.cellIndex;
    const value = (row) => { const text = row.cells[n].textContent, size = parseFloat(text.replace(/,/g, "").replace(/^(-?)\./, "$10.")); return Number.isNaN(size) ? text : size; };
    const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
    $$("th", th.parentElement).forEach((other) => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...[...body.rows].sort((a, b) => order(value(a), value(b)) * (down ? -1 : 1)));
  });
}
for (const table of $$("#card table")) Object.assign(table, { tabIndex: 0 });
/* Work goes on when the page is closed; here it is only looked at. */
async function follow() {
  const told = await fetch(base + "/job").then((a) => a.json()).catch(() => null), job = told?.job;
  if (!told) return setTimeout(follow, 3000);
  if (!job || job.state !== "running") return line.then(() => location.reload());
  const bar = $("#job-bar"), left = $("#job-left");
  if (bar && job.total) [bar.max, bar.value] = [job.total, job.done];
  if (left) left.textContent = [job.what, job.total > 1 ? `${job.done} of ${job.total}` : "", `${job.seconds} s so far`, job.left].filter(Boolean).join(", ");
  if ($("#job-said")) $("#job-said").textContent = job.said.join("\n");
  setTimeout(follow, 1000);
}
$(".resolve .job")?.parentElement.scrollIntoView({ block: "nearest" }); /* what was asked for is told where it was asked for */
if ($("[data-job=running], #strip")) setTimeout(follow, 500);
