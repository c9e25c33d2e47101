"use strict";
/* Bars beside the very lines that are coded, overlapping ones side by side; and the recording. Measured only where they can be seen. */
const watcher = new IntersectionObserver((found) => draw(found.filter((f) => f.isIntersecting).flatMap((f) => $$(".unit", f.target))), { root: null, rootMargin: "300px" });
/* A range over code points a to b of a paragraph. */
function over(p, a, b) {
  const text = p.textContent, astral = text.length !== [...text].length, range = document.createRange();
  const units = (n) => (astral ? [...text].slice(0, n).join("").length : n);
  const set = (end, at) => {
    for (let n, walk = document.createTreeWalker(p, 4); (n = walk.nextNode()); at -= n.length) if (at <= n.length) return range[end](n, at);
  };
  range.selectNodeContents(p);
  set("setStart", units(a));
  set("setEnd", units(b));
  return range;
}
function draw(units) {
  const plans = units.map((unit) => { /* all measuring first, then all drawing */
    const p = $("p.t", unit), bars = $(".bars", unit);
    if (!p || !bars) return null;
    const top = bars.getBoundingClientRect().top, start = +unit.dataset.start, size = [...p.textContent].length, lanes = [];
    const made = $$(".stripe", unit).map((li) => {
      const a = Math.max(0, li.dataset.from - start), b = Math.min(size, li.dataset.to - start), box = over(p, a, b).getBoundingClientRect();
      let lane = lanes.findIndex((bottom) => bottom <= box.top + 1);
      if (lane < 0) lane = lanes.length;
      lanes[lane] = box.bottom;
      return [li, box.top - top, box.height, lane];
    });
    return [bars, made, lanes.length];
  });
  for (const plan of plans) {
    if (!plan) continue;
    const [bars, made, lanes] = plan;
    bars.replaceChildren(...made.map(([li, top, height, lane]) => {
      const bar = document.createElement("div");
      bar.className = li.className.replace("stripe", "bar");
      Object.assign(bar.style, { top: `${top}px`, height: `${height}px`, left: `${lane * (lanes > 3 ? 20 / (lanes - 1) : 8)}px` }); /* within a width that is always the same: the words stay */
      return bar;
    }));
  }
}
const watch = () => $$(".chunk", $("#transcript")).forEach((chunk) => watcher.observe(chunk));
new MutationObserver((changes) => {
  draw(changes.flatMap((c) => [...c.addedNodes]).filter((n) => n.classList?.contains("unit")));
}).observe($("#transcript"), { childList: true, subtree: true });
watch();
addEventListener("resize", () => { watcher.disconnect(); watch(); });
/* The recording: one segment from its beginning, again and again where asked; pace and loop outlive a reload. */
const sound = () => ({ rate: 1, loop: false, ...JSON.parse(sessionStorage.getItem("sound")) });
let playing = {};
function heard(unit) {
  const a = $("#audio");
  if (!a || !unit?.dataset.at) return tell("This segment has no time, or no recording.");
  if (!a.paused && playing.unit === unit.dataset.unit) return a.pause();
  a.currentTime = +(playing = { ...unit.dataset }).at;
  a.play().catch(() => tell("This browser cannot play the recording."));
}
function keepSound(button, change) {
  const now = { ...sound(), ...change };
  [$("#audio").playbackRate, $("#rate").textContent] = [now.rate, now.rate.toFixed(2) + "×"];
  $("#loop").setAttribute("aria-pressed", now.loop);
  sessionStorage.setItem("sound", JSON.stringify(now));
}
Object.assign(does, {
  play: () => heard(current()), loop: (b) => keepSound(b, { loop: b.getAttribute("aria-pressed") === "false" }),
  rate: (b) => keepSound(b, { rate: Math.min(1.25, Math.max(0.5, $("#audio").playbackRate + +b.dataset.by)) }),
});
$("#audio")?.addEventListener("timeupdate", ({ target: a }) => { if (playing.to && sound().loop && a.currentTime >= +playing.to) a.currentTime = +playing.at; });
if ($("#audio")) keepSound(null, {});
