"use strict";
/* Keys pressed while a long page is still coming wait, in order, for the scripts that know what they mean. */
const early = [], hold = (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || (event.key.length > 1 && event.key !== "Enter")) return;
  if (event.target.closest("input, textarea, select, dialog, button, summary, a")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat) early.push(event);
};
document.addEventListener("keydown", hold, true);
document.addEventListener("DOMContentLoaded", () => {
  document.removeEventListener("keydown", hold, true);
  for (const event of early) (document.activeElement || document.body).dispatchEvent(new KeyboardEvent("keydown", event));
});
