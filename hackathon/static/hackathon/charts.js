// Draws every figure.chart with ECharts from the JSON beside its table; without ECharts the table stays open.
// A live part may be swapped under it at any time: the plot itself is preserved and only given the new numbers.

(() => {
const wasOpen = new Map();
let library;

// The resolved colour of a CSS token: light-dark() and color-mix() are the browser's business.
function colourOf(probe, token) {
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color;
}

function theme(figure) {
  const probe = figure.appendChild(document.createElement("span"));
  const style = getComputedStyle(figure);
  const found = {
    of: (token) => colourOf(probe, token),
    font: style.fontFamily,
    width: figure.clientWidth,
    small: 0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize),
  };
  found.ink = found.of("ink");
  found.muted = found.of("muted");
  found.line = found.of("line");
  found.raised = found.of("raised");
  found.page = found.of("page");
  return [found, () => probe.remove()];
}

function axis(look, extra, label) {
  return {
    axisLabel: { color: look.muted, fontSize: look.small, hideOverlap: true, ...label },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: look.line } },
    ...extra,
  };
}

// Every bar has its name, cut where it must be; where bars stand too close for names, some are left out.
function namesBelow(names, look) {
  const room = look.width / names.length - 10, longest = Math.max(...names.map((name) => chartNames.widthOf(name, look)));
  if (longest <= room) return { interval: 0 };
  return room < 50 ? { width: 80, overflow: "truncate" } : { interval: 0, width: room, overflow: "truncate" };
}

// The labels of the axes lie within the plot's own box.
const within = { outerBoundsMode: "same", outerBoundsContain: "axisLabel" };

const short = (value) => Number(Number(value).toPrecision(4)).toString();

// ECharts' own templates would read braces in a name as markup, in a tooltip even where it is given a function's text.
const nameOf = ({ name }) => name;

function made(tag, className, ...content) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...content);
  return element;
}

// What lies under the pointer; the elements hold names as they are.
const tip = (title, ...lines) => made("div", "tip", made("p", "", made("bdi", "", title)), ...lines);
const plain = (text) => made("p", "muted", text);

function valueLine(series, value) {
  const className = `key ${series.tone}${series.dashed ? " dashed" : ""}`;
  return made("p", className, made("bdi", "", series.name), made("b", "num", short(value)));
}

// How much of the mean so far each point keeps, 0 for none: what the reader chose.
const smoothing = () => Number(document.querySelector("#curve-tools input")?.value || 0);

// The exponential moving average of TensorBoard: started without a debt to zero.
function smoothed(points, weight) {
  let sum = 0, share = 0;
  return points.map(([x, y]) => {
    sum = weight * sum + (1 - weight) * y;
    share = weight * share + (1 - weight);
    return [x, sum / share];
  });
}

// A noisy line that is smoothed stays behind, faint.
function smoothedLines(spec) {
  const weight = smoothing();
  const drawn = spec.series.map((line) => ({ ...line, faint: weight > 0 && line.noisy }));
  const means = drawn.filter((line) => line.faint).map((line) => (
    { ...line, faint: false, name: `${line.name}, ${spec.smoothed}`, points: smoothed(line.points, weight) }
  ));
  return [...drawn, ...means];
}

const KINDS = {
  lines: (spec, look, lines = smoothedLines(spec)) => ({
    grid: { left: 4, right: 12, top: 10, bottom: 22, ...within },
    xAxis: axis(look, { type: "value", min: 0, max: spec.x_max || null, ...named(spec.x_axis, look), axisLine: { show: false }, splitLine: { show: false } }),
    yAxis: axis(look, { type: "value", scale: true, splitNumber: 4, ...spec.y_axis }),
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "line", label: { show: false } },
      formatter: (marks) => tip(
        `${spec.x_name} ${short(marks[0].axisValue)}`,
        ...(spec.x_unit ? [plain(`${spec.x_unit_name} ${(marks[0].axisValue / spec.x_unit).toFixed(2)}`)] : []),
        ...marks.map((mark) => valueLine(lines[mark.seriesIndex], mark.value[1])),
      ),
    },
    toolbox: { itemSize: 0, showTitle: false, feature: { dataZoom: { yAxisIndex: "none", brushStyle: { color: look.muted, opacity: 0.15 } } } },
    series: lines.map((line) => ({
      type: "line",
      name: line.name,
      data: line.points,
      symbol: "circle",
      symbolSize: 5,
      showSymbol: line.points.length < 30,
      lineStyle: { width: 1.75, type: line.dashed ? "dashed" : "solid", opacity: line.faint ? 0.3 : 1 },
      color: look.of(line.tone),
    })),
  }),
  bars: (spec, look) => ({
    xAxis: axis(look, { type: "category", data: spec.categories, splitLine: { show: false }, axisLine: { lineStyle: { color: look.line } } }, namesBelow(spec.categories, look)),
    yAxis: axis(look, { type: "value", minInterval: spec.series.every((bars) => bars.values.every(Number.isInteger)) ? 1 : 0 }),
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (marks) => tip(
        spec.categories[marks[0].dataIndex],
        ...marks.map((mark) => valueLine(spec.series[mark.seriesIndex], mark.value)),
      ),
    },
    series: spec.series.map((bars) => ({
      type: "bar",
      name: bars.name,
      data: bars.values,
      stack: spec.stacked ? "all" : undefined,
      barMaxWidth: 28,
      color: look.of(bars.tone),
    })),
  }),
  dots: (spec, look, labels = new Map()) => ({
    grid: { left: 4, right: 12, top: 26, bottom: 22, ...within },
    xAxis: axis(look, { ...axisOfCost(spec), ...named(spec.x_name, look) }),
    yAxis: axis(look, { type: "value", ...spec.y_axis, ...namedAbove(spec.y_name, look) }),
    tooltip: { trigger: "item", formatter: ({ name, data }) => tip(name, ...(data.note ? [plain(data.note)] : [])) },
    series: [...dashed(spec, look), ...spec.groups.map((group) => dotsOf(group, look, labels))],
  }),
  cloud: (spec, look) => ({
    grid: { left: 4, right: 12, top: 26, bottom: 22, ...within },
    xAxis: axis(look, { type: "value", scale: true, ...named(spec.x_name, look), axisLine: { onZero: false, lineStyle: { color: look.line } } }),
    yAxis: axis(look, { type: "value", scale: true, ...namedAbove(spec.y_name, look), axisLine: { onZero: false, show: false } }),
    tooltip: { trigger: "item", formatter: ({ value }) => tip(`${spec.x_name} ${short(value[0])}`, plain(`${spec.y_name} ${short(value[1])}`)) },
    series: [
      ...dashed(spec, look),
      { type: "scatter", name: spec.name, data: spec.points, symbolSize: 6, itemStyle: { opacity: 0.55 }, color: look.of(spec.tone) },
    ],
  }),
};

function named(name, look) {
  return {
    name,
    nameLocation: "middle",
    nameGap: 26,
    nameTextStyle: { color: look.muted, fontSize: look.small },
    splitLine: { show: false },
    axisLine: { lineStyle: { color: look.line } },
  };
}

// The name of the upright axis lies above it, where it takes no width.
function namedAbove(name, look) {
  return { name, nameLocation: "end", nameGap: 8, nameTextStyle: { color: look.muted, fontSize: look.small, align: "left" } };
}

function dashed(spec, look) {
  return spec.series.map((line) => ({
    type: "line",
    name: line.name,
    data: line.points,
    silent: true,
    showSymbol: false,
    lineStyle: { width: 1.5, type: "dashed" },
    color: look.of(line.tone),
  }));
}

function axisOfCost(spec) {
  if (!spec.x_log) return { type: "value", min: 0 };
  const [min, max] = spec.x_limits;
  return { type: "log", min, max };
}

// Marks of one kind; a level across the plot is a line with its name. The rim in the page's colour keeps the grid's lines
// out of the letters. Names are placed once the plot has its size: see `placeNames`.
function dotsOf(group, look, labels) {
  const color = look.of(group.tone);
  const label = { color: look.muted, fontSize: look.small, textBorderColor: look.page, textBorderWidth: 3, formatter: nameOf };
  return {
    type: "scatter",
    name: group.name,
    z: 3,
    data: group.marks.map((mark) => ({ ...mark, symbolSize: chartNames.sizeOf(mark), label: labels.get(mark) ?? { show: false } })),
    symbol: group.symbol,
    itemStyle: { opacity: 1 },
    color,
    label,
    markLine: {
      symbol: "none",
      data: group.levels.map((level) => ({ ...level, label: labels.get(level) ?? {} })),
      lineStyle: { color, type: "dotted" },
      label: { ...label, position: "insideStartTop" },
    },
  };
}

function placeNames(drawn, spec, look) {
  const pixel = (point) => drawn.convertToPixel({ gridIndex: 0 }, point);
  const box = { left: 4, right: drawn.getWidth() - 4, bottom: drawn.getHeight() - 22 };
  drawn.setOption({ series: KINDS.dots(spec, look, chartNames.place(spec, look, pixel, box)).series });
}

function optionOf(spec, look) {
  const option = KINDS[spec.kind](spec, look);
  option.tooltip = {
    confine: true,
    transitionDuration: 0,
    extraCssText: "white-space: normal; max-inline-size: 100%; overflow-wrap: anywhere",
    backgroundColor: look.raised,
    borderColor: look.line,
    textStyle: { color: look.ink, fontSize: look.small },
    ...option.tooltip,
  };
  return {
    animation: false,
    textStyle: { fontFamily: look.font },
    grid: { left: 4, right: 12, top: 10, bottom: 4, ...within },
    ...option,
  };
}

function draw(figure) {
  const plot = figure.querySelector(".plot");
  const details = figure.querySelector("details");
  const spec = JSON.parse(figure.querySelector("script").textContent);
  const [look, done] = theme(figure);
  plot.hidden = false;
  const drawn = window.echarts.getInstanceByDom(plot) || window.echarts.init(plot, null, { renderer: "canvas" });
  drawn.setOption(optionOf(spec, look), { replaceMerge: ["series"] });
  if (spec.kind === "dots") placeNames(drawn, spec, look);
  done();
  if (!figure.dataset.drawn) details.open = wasOpen.get(details.id) || false;
  figure.dataset.drawn = "true";
  if (!plot.dataset.watched) {
    plot.dataset.watched = "true";
    if (spec.kind === "lines") joinCurves(drawn);
    new ResizeObserver(() => {
      if (!plot.isConnected) return;
      drawn.resize();
      if (spec.kind === "dots") draw(plot.closest("figure"));
    }).observe(plot);
  }
}

// Curves are zoomed together: by dragging where there is a mouse, else by buttons. `zoomed` are the steps that are shown.
let zoomed = null;
function joinCurves(drawn) {
  drawn.group = "curves";
  window.echarts.connect("curves");
  drawn.on("datazoom", ({ batch }) => { zoomed = "startValue" in batch[0] ? [batch[0].startValue, batch[0].endValue] : null; });
  drawn.getZr().on("dblclick", () => zoom(drawn, WHOLE));
  if (!matchMedia("(pointer: fine)").matches) return; // a finger scrolls the page
  drawn.dispatchAction({ type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: true });
}
const WHOLE = { start: 0, end: 100 };
const zoom = (drawn, range) => drawn.dispatchAction({ type: "dataZoom", batch: [{ dataZoomIndex: 0, ...range }] });

function curveTools() {
  const tools = document.getElementById("curve-tools");
  if (!tools || !tools.hidden) return;
  tools.hidden = false;
  const range = tools.querySelector("input"), output = tools.querySelector("output");
  range.addEventListener("input", () => { output.textContent = range.value; drawAll(); });
  tools.addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-zoom]"), figure = document.getElementById("curve-1");
    if (!chosen || !figure.dataset.drawn) return;
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const last = Math.max(spec.x_max, ...spec.series.map((line) => line.points.at(-1)[0]));
    const [from, to] = zoomed || [0, last], half = { startValue: (from + to) / 2, endValue: to };
    zoom(window.echarts.getInstanceByDom(figure.querySelector(".plot")), chosen.dataset.zoom === "in" ? half : WHOLE);
  });
}

function drawAll() {
  curveTools();
  for (const figure of document.querySelectorAll("figure.chart[data-echarts]")) draw(figure);
}

// The library is fetched once, and only by a page that has a chart.
function charts() {
  const first = document.querySelector("figure.chart[data-echarts]");
  if (!first) return;
  if (!library) {
    library = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = first.dataset.echarts;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }
  library.then(drawAll, () => {});
}

document.addEventListener("htmx:beforeSwap", () => {
  for (const details of document.querySelectorAll("figure.chart details")) wasOpen.set(details.id, details.open);
});
document.addEventListener("htmx:afterSwap", charts);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", charts);
charts();
})();
