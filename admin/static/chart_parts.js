/* What the charts share: the table they are drawn from, the design's tokens, how axes and tooltips are written. */

const language = document.documentElement.lang;
const tidy = (text) => text.replace(/\u202f/g, "\u00a0").replace(/-/g, "\u2212");
const A_LOT = 10000;

/* A token may be light-dark(…): only a real element knows which of the two it is. */
const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);
export function token(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

export function readTable(id) {
  const number = (text) => (text === undefined ? null : Number(text));
  return Array.from(document.querySelectorAll(`#${id} tbody tr`), (row) => ({
    label: row.dataset.x,
    name: row.querySelector("th").textContent.trim(),
    chosen: "chosen" in row.dataset,
    partial: "partial" in row.dataset,
    cells: Object.fromEntries(Array.from(row.querySelectorAll("td[data-side]"), (cell) => [cell.dataset.side, {
      value: number(cell.dataset.v), low: number(cell.dataset.lo), high: number(cell.dataset.hi),
      text: cell.textContent.trim(), spread: cell.dataset.spread,
    }])),
  }));
}

/* How an axis writes its numbers: percent, money of the programme's currency, or plain ones; many of them in short. */
export function axisFormat(element) {
  const { unit, currency } = element.dataset;
  const digits = (most) => ({ minimumFractionDigits: 0, maximumFractionDigits: most });
  const short = { notation: "compact", maximumFractionDigits: 1 };
  const make = (options) => new Intl.NumberFormat(language, options);
  if (unit === "ratio") {
    const percent = make({ style: "percent", ...digits(1) });
    return (value) => tidy(percent.format(value));
  }
  const money = unit === "money" ? { style: "currency", currency } : {};
  const whole = make({ ...money, ...digits(0) });
  const exact = make({ ...money, ...(unit === "money" ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : digits(2)) });
  const many = make({ ...money, ...short });
  return (value) => tidy((Math.abs(value) >= A_LOT ? many : Number.isInteger(value) ? whole : exact).format(value));
}

/* Room for the widest label that an axis up to `most` may have. */
export function roomFor(format, values) {
  const longest = Math.max(3, ...values.filter((value) => value !== null).map((value) => format(value).length));
  return Math.min(96, 20 + longest * 7);
}

export function font() {
  return { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: token("--ink3") };
}

export function categories(rows, more = {}) {
  return {
    type: "category", data: rows.map((row) => row.label), axisLine: { lineStyle: { color: token("--line2") } }, axisTick: { show: false },
    axisLabel: { ...font(), hideOverlap: true, margin: 10 }, ...more,
  };
}

export function values(format, more = {}) {
  return {
    type: "value", axisLine: { show: false }, axisTick: { show: false }, splitNumber: 5, splitLine: { lineStyle: { color: token("--line") } },
    axisLabel: { ...font(), formatter: format }, ...more,
  };
}

/* The chosen periods lie on a grey bar of the plot's height; it has axes of its own, so that it counts for none. */
export function chosenBars(rows) {
  return {
    xAxis: { type: "category", data: rows.map((row) => row.label), show: false },
    yAxis: { type: "value", min: 0, max: 1, show: false },
    series: {
      type: "bar", xAxisIndex: 1, yAxisIndex: 1, silent: true, barWidth: "100%", z: 0, itemStyle: { color: token("--gap") },
      tooltip: { show: false }, data: rows.map((row) => (row.chosen ? 1 : "-")),
    },
  };
}

export function tooltip(rows, sentences, pointer = "line") {
  const grey = { color: token("--line2"), type: "solid" };
  return {
    renderMode: "richText", trigger: "axis", backgroundColor: token("--surface"), borderColor: token("--line2"), borderWidth: 1, padding: [10, 20, 10, 12],
    shadowBlur: 0, shadowOffsetX: 0, shadowOffsetY: 0, confine: true,
    textStyle: { ...font(), color: token("--ink"), lineHeight: 19 },
    axisPointer: { type: pointer, lineStyle: grey, shadowStyle: { color: token("--gap") } },
    formatter: ([point]) => [rows[point.dataIndex].name, ...sentences(rows[point.dataIndex])].join("\n"),
  };
}

/* What a tooltip says of a measure: a line for each side, with the interval where there is one. */
export const SIDES = {
  m: { mark: "--m", band: "--mb", text: "--mt", ring: false, sign: "●\u00a0" },
  n: { mark: "--n", band: "--nb", text: "--nt", ring: true, sign: "○\u00a0" },
  a: { mark: "--s1", band: "--gap", text: "--ink", ring: false, sign: "" },
};
export function sidesSaid(row) {
  return Object.entries(row.cells).map(([side, cell]) => `${SIDES[side].sign}${cell.text}${cell.spread ? `  (${cell.spread})` : ""}`);
}
