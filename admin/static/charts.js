/* Charts for hovering. Each is drawn from the table below it: the same numbers for eyes, screen readers and the file. */

const language = document.documentElement.lang;
const percent = (digits) =>
  new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
const written = (format, value) => format.format(value).replace(/\u202f/g, "\u00a0");

/* A token may be light-dark(…): only a real element knows which of the two it is. */
const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);
function token(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

function readTable(id) {
  const number = (text) => (text === undefined ? null : Number(text));
  return Array.from(document.querySelectorAll(`#${id} tbody tr`), (row) => ({
    label: row.dataset.x,
    name: row.querySelector("th").textContent.trim(),
    chosen: "chosen" in row.dataset,
    partial: "partial" in row.dataset,
    cells: Array.from(row.querySelectorAll("td"), (cell) => ({
      value: number(cell.dataset.v), low: number(cell.dataset.lo), high: number(cell.dataset.hi), text: cell.textContent.trim(),
    })),
  }));
}

/* Two rates over time: for each segment a band (a hidden line and the height above it) and a line with symbols. */
const SEGMENTS = [
  { at: 0, mark: "--m", band: "--mb", text: "--mt", ring: false, sign: "●" },
  { at: 3, mark: "--n", band: "--nb", text: "--nt", ring: true, sign: "○" },
];

function bandSeries(cells, segment) {
  const hidden = { type: "line", stack: segment.mark, silent: true, symbol: "none", lineStyle: { width: 0 }, tooltip: { show: false } };
  return [
    { ...hidden, data: cells.map((cell) => cell.low ?? "-") },
    { ...hidden, areaStyle: { color: token(segment.band), opacity: 1 }, data: cells.map((cell) => (cell.value === null ? "-" : cell.high - cell.low)) },
  ];
}

function lineSeries(rows, cells, segment, font) {
  const chosen = rows.findIndex((row) => row.chosen);
  const whole = cells.map((cell, index) => (rows[index].partial ? "-" : cell.value ?? "-"));
  const line = {
    type: "line", z: 5, symbol: "circle", showAllSymbol: true,
    symbolSize: (_, point) => (point.dataIndex === chosen ? 10 : 5),
    lineStyle: { width: 2.2, color: token(segment.mark) },
    itemStyle: { color: token(segment.ring ? "--surface" : segment.mark), borderWidth: segment.ring ? 2 : 0, borderColor: token(segment.mark) },
  };
  const end = {
    show: true, distance: 8, formatter: (point) => written(percent(1), point.value),
    fontFamily: font.fontFamily, fontSize: 13, fontWeight: 600, color: token(segment.text),
  };
  const last = rows.length - 1;
  if (!rows[last].partial) return [{ ...line, data: whole, endLabel: end }];
  /* The period that is not over yet hangs on a dotted line. */
  const dotted = cells.map((cell, index) => (index >= last - 1 ? cell.value ?? "-" : "-"));
  return [{ ...line, data: whole }, { ...line, lineStyle: { ...line.lineStyle, type: "dotted" }, data: dotted, endLabel: end }];
}

function axes(rows, font) {
  const hairline = { lineStyle: { color: token("--line2") } };
  return {
    xAxis: { type: "category", data: rows.map((row) => row.label), axisLine: hairline, axisTick: { show: false }, axisLabel: { ...font, hideOverlap: true, margin: 10 } },
    yAxis: {
      type: "value", max: 1, min: ({ min }) => Math.max(0, Math.floor(min * 20) / 20), axisLine: { show: false }, axisTick: { show: false },
      splitNumber: 5, splitLine: { lineStyle: { color: token("--line") } },
      axisLabel: { ...font, formatter: (value) => written(percent(0), value) },
    },
  };
}

function tooltip(rows, font) {
  const sentence = (row, segment) => `${segment.sign} ${row.cells[segment.at].text}  (${row.cells[segment.at + 2].text})`;
  return {
    renderMode: "richText", trigger: "axis", backgroundColor: token("--surface"), borderColor: token("--line2"), borderWidth: 1, padding: [10, 20, 10, 12],
    shadowBlur: 0, shadowOffsetX: 0, shadowOffsetY: 0,
    textStyle: { ...font, color: token("--ink"), lineHeight: 19 },
    axisPointer: { type: "line", lineStyle: { color: token("--line2"), type: "solid" } },
    formatter: ([point]) => [rows[point.dataIndex].name, ...SEGMENTS.map((segment) => sentence(rows[point.dataIndex], segment))].join("\n"),
  };
}

function rates(element) {
  const rows = readTable(element.dataset.table);
  const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: token("--ink3") };
  const series = SEGMENTS.flatMap((segment) => {
    const cells = rows.map((row) => row.cells[segment.at]);
    return [...bandSeries(cells, segment), ...lineSeries(rows, cells, segment, font)];
  });
  const gap = { type: "bar", silent: true, barWidth: "100%", z: 0, itemStyle: { color: token("--gap") }, tooltip: { show: false }, data: rows.map((row) => (row.chosen ? 1 : "-")) };
  return {
    aria: { enabled: true, label: { description: element.dataset.about } }, animation: false,
    grid: { left: 48, right: element.clientWidth < 480 ? 58 : 66, top: 14, bottom: 30 },
    ...axes(rows, font), tooltip: tooltip(rows, font), series: [...series, gap],
  };
}

const KINDS = { rates };
const charts = Array.from(document.querySelectorAll("[data-chart]"), (element) => ({
  element, chart: echarts.init(element, null, { renderer: "svg" }),
}));
function draw() {
  for (const { element, chart } of charts) {
    chart.resize();
    chart.setOption(KINDS[element.dataset.chart](element), true);
  }
}

await document.fonts.ready;
draw();
document.documentElement.dataset.drawn = "";
document.addEventListener("theme", draw);
matchMedia("print").addEventListener("change", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("resize", draw);
