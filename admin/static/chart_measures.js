/* A measure over time: lines with the bands of their intervals, or columns from zero for what is counted. */
import { SIDES, axisFormat, categories, chosenBars, font, readTable, roomFor, sidesSaid, token, tooltip, values } from "./chart_parts.js";

function bandSeries(cells, side) {
  const hidden = { type: "line", stack: side.mark, stackStrategy: "all", silent: true, symbol: "none", lineStyle: { width: 0 }, tooltip: { show: false } };
  return [
    { ...hidden, data: cells.map((cell) => cell.low ?? "-") },
    { ...hidden, areaStyle: { color: token(side.band), opacity: 1 }, data: cells.map((cell) => (cell.value === null ? "-" : cell.high - cell.low)) },
  ];
}

function lineSeries(rows, cells, side) {
  const few = rows.length <= 40;
  const whole = cells.map((cell, index) => (rows[index].partial ? "-" : cell.value ?? "-"));
  const line = {
    type: "line", z: 5, symbol: "circle", showAllSymbol: few, showSymbol: few,
    symbolSize: (_, point) => (rows[point.dataIndex].chosen && rows.filter((row) => row.chosen).length === 1 ? 10 : 5),
    lineStyle: { width: 2.2, color: token(side.mark) },
    itemStyle: { color: token(side.ring ? "--surface" : side.mark), borderWidth: side.ring ? 2 : 0, borderColor: token(side.mark) },
  };
  const end = {
    show: true, distance: 8, formatter: (point) => cells[point.dataIndex].text,
    fontFamily: font().fontFamily, fontSize: 13, fontWeight: 600, color: token(side.text),
  };
  const last = rows.length - 1;
  if (!rows[last].partial) return [{ ...line, data: whole, endLabel: end }];
  /* The period that is not over yet hangs on a dotted line. */
  const dotted = cells.map((cell, index) => (index >= last - 1 ? cell.value ?? "-" : "-"));
  return [{ ...line, data: whole }, { ...line, lineStyle: { ...line.lineStyle, type: "dotted" }, data: dotted, endLabel: end }];
}

/* From the data to the next 5 %, up to 100 % where it comes near; what is small is shown at its own size. */
function rateEnds() {
  const large = (most) => most > 0.6;
  return {
    min: ({ min, max }) => (large(max) ? Math.max(0, Math.floor(min * 20 + 1e-9) / 20) : 0),
    max: ({ max }) => (large(max) && max <= 1 ? 1 : null),
  };
}

function sidesOf(rows) {
  return Object.keys(rows[0].cells).map((key) => [key, SIDES[key]]);
}

export function lines(element) {
  const rows = readTable(element.dataset.table);
  const format = axisFormat(element), chosen = chosenBars(rows), sides = sidesOf(rows);
  const cells = sides.map(([key]) => rows.map((row) => row.cells[key]));
  const series = sides.flatMap(([, side], index) => [...bandSeries(cells[index], side), ...lineSeries(rows, cells[index], side)]);
  const known = cells.flat();
  const ends = Math.max(...cells.map((line) => (line.findLast((cell) => cell.value !== null)?.text ?? "").length));
  return {
    aria: { enabled: true, label: { description: element.dataset.about } }, animation: false,
    grid: { left: roomFor(format, known.flatMap((cell) => [cell.low, cell.high])), right: 20 + ends * 8, top: 14, bottom: 30 },
    xAxis: [categories(rows), chosen.xAxis],
    yAxis: [values(format, element.dataset.unit === "ratio" ? rateEnds() : { scale: true, min: atLeastZero(known) }), chosen.yAxis],
    tooltip: tooltip(rows, sidesSaid), series: [...series, chosen.series],
  };
}

/* What cannot be negative does not begin below zero, whatever room the axis would like. */
function atLeastZero(cells) {
  return cells.some((cell) => cell.low !== null && cell.low < 0) ? undefined : (ends) => (ends.min - (ends.max - ends.min) * 0.3 < 0 ? 0 : null);
}

export function columns(element) {
  const rows = readTable(element.dataset.table);
  const format = axisFormat(element), chosen = chosenBars(rows), sides = sidesOf(rows);
  const series = sides.map(([key, side]) => ({
    type: "bar", z: 5, barGap: "12%", barCategoryGap: rows.length > 40 ? "12%" : "34%", barMaxWidth: 34,
    itemStyle: { borderRadius: [3, 3, 0, 0] },
    data: rows.map((row) => ({ value: row.cells[key].value ?? "-", itemStyle: columnStyle(side, row.partial, rows.length > 40) })),
  }));
  return {
    aria: { enabled: true, label: { description: element.dataset.about } }, animation: false,
    grid: { left: roomFor(format, rows.flatMap((row) => Object.values(row.cells).map((cell) => cell.value))), right: 14, top: 14, bottom: 30 },
    xAxis: [categories(rows), chosen.xAxis], yAxis: [values(format, { min: (ends) => Math.min(0, ends.min) }), chosen.yAxis],
    tooltip: tooltip(rows, sidesSaid, "shadow"), series: [...series, chosen.series],
  };
}

function columnStyle(side, partial, thin) {
  const mark = token(side.mark);
  if (partial) return { color: token("--surface"), borderColor: mark, borderWidth: 1.4, borderType: "dashed" };
  if (side.ring && !thin) return { color: token("--surface"), borderColor: mark, borderWidth: 2 };
  return { color: mark };
}
