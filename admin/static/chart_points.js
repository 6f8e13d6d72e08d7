/* Points: issued upwards, redeemed and expired downwards, and what is outstanding in a panel of its own. */
import { axisFormat, categories, font, readTable, roomFor, token, tooltip, values } from "./chart_parts.js";

export function points(element) {
  const rows = readTable(element.dataset.table);
  const titles = Array.from(document.querySelectorAll(`#${element.dataset.table} thead th`), (cell) => cell.textContent.trim()).slice(1);
  const format = axisFormat(element);
  const left = roomFor(format, rows.flatMap((row) => Object.values(row.cells).map((cell) => cell.value)));
  const heading = (text, top) => ({ text, left: 4, top, textStyle: { ...font(), fontWeight: 500 } });
  const column = (at, sign, itemStyle) => ({
    type: "bar", stack: "moves", barWidth: "54%", barMaxWidth: 40, itemStyle,
    /* Nothing is drawn for zero: the outline of a bar without height would lie on the one below. */
    data: rows.map((row) => ({ value: row.cells[at].value ? sign * row.cells[at].value : "-", itemStyle: { opacity: row.partial ? 0.55 : 1 } })),
  });
  const hollow = { color: token("--surface"), borderColor: token("--s2"), borderWidth: 1.4 };
  return {
    aria: { enabled: true, label: { description: element.dataset.about } }, animation: false,
    title: [heading(element.dataset.moves, 0), heading(element.dataset.stock, 226)],
    grid: [{ left, right: 14, top: 28, height: 172 }, { left, right: 14, top: 252, height: 54 }],
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    xAxis: [
      categories(rows, { axisLabel: { show: false }, axisLine: { onZero: true, lineStyle: { color: token("--ink3") } } }),
      categories(rows, { gridIndex: 1 }),
    ],
    yAxis: [
      values((value) => format(Math.abs(value)), { splitNumber: 4 }),
      values(format, { gridIndex: 1, min: 0, splitNumber: 2 }),
    ],
    tooltip: tooltip(rows, (row) => titles.map((title, at) => `${title}  ${row.cells[at].text}`), "shadow"),
    series: [
      column(0, 1, { color: token("--s1"), borderRadius: [3, 3, 0, 0] }),
      column(1, -1, { color: token("--s2") }),
      column(2, -1, hollow),
      {
        type: "line", xAxisIndex: 1, yAxisIndex: 1, symbol: "circle", showAllSymbol: true, symbolSize: (_, point) => (rows[point.dataIndex].chosen ? 8 : 0),
        lineStyle: { width: 2, color: token("--s1") }, itemStyle: { color: token("--s1") }, areaStyle: { color: token("--gap"), opacity: 1 },
        data: rows.map((row) => row.cells[3].value ?? "-"),
      },
    ],
  };
}
