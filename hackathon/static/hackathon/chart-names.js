// Places the names of a chart's marks where they cover no line, no mark and no other name. charts.js calls it.

const chartNames = (() => {
const pen = document.createElement("canvas").getContext("2d");
const HEIGHT = 15, GAP = 3;
const ROOM_PER_NAME = 60;

// The width of a text in pixels, as ECharts draws it.
function widthOf(text, look) {
  pen.font = `${look.small}px ${look.font}`;
  return pen.measureText(text).width;
}

const common = (one, other) => Math.max(0, Math.min(one[2], other[2]) - Math.max(one[0], other[0]))
  * Math.max(0, Math.min(one[3], other[3]) - Math.max(one[1], other[1]));

// What lies in the way of names, as boxes [left, top, right, bottom] in pixels: `pixel` gives the place of a point, `plot` the
// edges between which names may stand.
function obstaclesOf(spec, look, pixel, plot) {
  const boxes = [];
  for (const line of spec.series) {
    line.points.slice(1).forEach((point, number) => {
      const [x, y] = pixel(line.points[number]), [x_end, y_end] = pixel(point);
      boxes.push([Math.min(x, x_end) - 1, Math.min(y, y_end) - 1, Math.max(x, x_end) + 1, Math.max(y, y_end) + 1]);
    });
  }
  for (const group of spec.groups) {
    boxes.push(...marksOf(group, pixel));
    for (const level of group.levels) {
      const y = pixel([spec.series[0].points[0][0], level.yAxis])[1];
      boxes.push([plot.left, y - 1, plot.right, y + 1], levelAt(level, spec, look, pixel, plot).box);
    }
  }
  return boxes;
}

const sizeOf = (mark) => 9 + 2.5 * mark.weight;

const marksOf = (group, pixel) => group.marks.map((mark) => {
  const [x, y] = pixel(mark.value), half = sizeOf(mark) / 2;
  return [x - half, y - half, x + half, y + half];
});

// Where the name of a level stands over its line: at the start, or at the end where it covers fewer marks there.
function levelAt(level, spec, look, pixel, plot) {
  const y = pixel([spec.series[0].points[0][0], level.yAxis])[1], width = widthOf(level.name, look);
  const marks = spec.groups.flatMap((group) => marksOf(group, pixel)), [top, bottom] = [y - HEIGHT - GAP, y];
  return [["insideStartTop", plot.left, plot.left + 50 + width], ["insideEndTop", plot.right - 12 - width, plot.right]]
    .map(([position, left, right]) => ({ position, box: [left, top, right, bottom] }))
    .map((at) => ({ ...at, covered: marks.reduce((sum, mark) => sum + common(at.box, mark), 0) }))
    .sort((one, other) => one.covered - other.covered)[0];
}

// Around the mark at (x, y): beside it and on its better side first, then at the corners, then a line further off.
function placesAround([x, y], half, width, isLowerBetter) {
  const middle = y - HEIGHT / 2, above = y - half - GAP - HEIGHT, below = y + half + GAP;
  const [better, worse] = isLowerBetter ? [below, above] : [above, below];
  const far = [above - HEIGHT, below + HEIGHT];
  return [
    [x - half - GAP - width, middle], [x - width / 2, better], [x + half + GAP, middle], [x - width / 2, worse],
    ...[better, worse, ...far].flatMap((top) => [[x - width, top], [x, top]]),
    ...far.map((top) => [x - width / 2, top]),
  ];
}

// A label for each mark and level, by mark and level: a mark's is shown where there is room; the weightiest always, where it covers least.
function place(spec, look, pixel, plot) {
  const labels = new Map(), taken = obstaclesOf(spec, look, pixel, plot), limit = Math.min(180, look.width / 3);
  const marks = spec.groups.flatMap((group) => group.marks).sort((one, other) => other.weight - one.weight);
  const areFew = marks.length * ROOM_PER_NAME <= look.width;
  for (const mark of marks) {
    const at = pixel(mark.value), half = sizeOf(mark) / 2, width = Math.min(widthOf(mark.name, look), limit) + 1;
    const found = placesAround(at, half, width, spec.is_lower_better)
      .map(([left, top]) => [left, top, left + width, top + HEIGHT])
      .filter(([left, top, right, bottom]) => left >= plot.left && right <= plot.right && top >= 0 && bottom <= plot.bottom)
      .map((box) => ({ box, covered: taken.reduce((sum, other) => sum + common(box, other), 0) }))
      .sort((one, other) => one.covered - other.covered)[0];
    const show = Boolean(found) && (mark.weight > 1 || (found.covered === 0 && (mark.weight > 0 || areFew)));
    if (show) taken.push(found.box);
    const position = show ? [found.box[0] - at[0] + half, found.box[1] - at[1] + half] : "inside";
    labels.set(mark, { show, position, align: "left", verticalAlign: "top", width: width + 1, overflow: "truncate" });
  }
  const levels = spec.groups.flatMap((group) => group.levels);
  levels.forEach((level) => labels.set(level, { position: levelAt(level, spec, look, pixel, plot).position }));
  return labels;
}

return { place, sizeOf, widthOf };
})();
