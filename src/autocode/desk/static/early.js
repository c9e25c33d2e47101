"use strict";
/* What is done while a page is still coming waits, in order, for the scripts that know what it means. Links and fields do their own part at once. */
{
  const early = [], kinds = ["keydown", "click", "input", "change", "submit", "dragover", "drop"], fields = "input, textarea, select, label, summary, a";
  const carried = (files) => { const data = new DataTransfer(); for (const file of files) data.items.add(file); return data; };
  const again = {
    keydown: (event) => () => (document.activeElement || document.body).dispatchEvent(new KeyboardEvent("keydown", event)),
    click: ({ target }) => () => target.click(),
    input: ({ target }) => () => target.dispatchEvent(new Event("input", { bubbles: true })),
    change: ({ target }) => () => target.dispatchEvent(new Event("change", { bubbles: true })),
    submit: ({ target, submitter }) => () => target.requestSubmit(submitter),
    drop: ({ target, dataTransfer: { files } }, data = carried(files)) => () => target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data })),
  };
  const hold = (event) => {
    const { type, target } = event, drag = type.startsWith("d");
    if (drag && !event.dataTransfer?.types.includes("Files")) return;
    if (type === "click" && target.closest(fields) && !target.closest("[data-do], [data-view]")) return;
    if (type === "keydown" && (event.ctrlKey || event.altKey || event.metaKey || (event.key.length > 1 && event.key !== "Enter") || target.closest(`${fields}, dialog, button`))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat && again[type]) early.push(again[type](event));
  };
  for (const kind of kinds) document.addEventListener(kind, hold, true);
  document.addEventListener("DOMContentLoaded", () => {
    for (const kind of kinds) document.removeEventListener(kind, hold, true);
    for (const act of early) act();
  });
}
