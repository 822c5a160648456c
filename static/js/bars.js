// Bars along time that go on growing: what has no end yet ends now.
//
// svg[data-begun] is the moment at its left edge; its right edge is now, or where the job usually
// ends (data-usual, in seconds). A rect lies from data-begin to data-end, in seconds.

const LEAST = 0.6; // percent: what happened can be seen

function grow(chart) {
  const elapsed = Math.max((Date.now() - Date.parse(chart.dataset.begun)) / 1_000, 1);
  const whole = Math.max(elapsed, Number(chart.dataset.usual) || 0);
  for (const bar of chart.querySelectorAll("[data-begin]")) {
    const begin = (100 * Number(bar.dataset.begin)) / whole;
    if ("mark" in bar.dataset) {
      bar.setAttribute("x", `${begin.toFixed(2)}%`);
      continue;
    }
    const end = (100 * Number(bar.dataset.end ?? elapsed)) / whole;
    const width = Math.min(Math.max(end - begin, LEAST), 100);
    bar.setAttribute("x", `${Math.min(begin, 100 - width).toFixed(2)}%`);
    bar.setAttribute("width", `${width.toFixed(2)}%`);
  }
}

function growAll() {
  for (const chart of document.querySelectorAll("svg[data-begun]")) {
    grow(chart);
  }
}

setInterval(growAll, 1_000);
