/* Charts for hovering. Each is drawn from the table below it: the same numbers for eyes, screen readers and the file. */
import { columns, lines } from "./chart_measures.js";
import { points } from "./chart_points.js";

const KINDS = { lines, columns, points };
const charts = new Map();

/* Parts of a page may be replaced: what is gone is let go, what is new is drawn. */
function draw() {
  for (const [element, chart] of charts) {
    if (element.isConnected) continue;
    chart.dispose();
    charts.delete(element);
  }
  for (const element of document.querySelectorAll("[data-chart]")) {
    if (!charts.has(element)) charts.set(element, echarts.init(element, null, { renderer: "svg" }));
    const chart = charts.get(element);
    chart.resize();
    chart.setOption(KINDS[element.dataset.chart](element), true);
  }
}

await document.fonts.ready;
draw();
document.documentElement.dataset.drawn = "";
document.addEventListener("theme", draw);
document.addEventListener("htmx:afterSettle", draw);
matchMedia("print").addEventListener("change", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("resize", draw);
