// Lines over time and bars over buckets, as SVG. Colours and widths are in the style sheet.

const svgNamespace = "http://www.w3.org/2000/svg";

function svgElement(name, attributes, text) {
    const element = document.createElementNS(svgNamespace, name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    if (text !== undefined) element.textContent = text;
    return element;
}

/// The seconds that a line goes back, and as long as it has fewer, the seconds that the chart begins with.
const chartSpan = 180;
const firstChartSpan = 60;
const topMargin = 8;
const bottomMargin = 18;

function frameOf(svg) {
    const { width, height } = svg.getBoundingClientRect();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    return { width, height, top: topMargin, bottom: height - bottomMargin };
}

/// Draws lines through points of the last minutes. A line has a `name`, which picks its colour too, and a `value` of each
/// point; where that is no number there is a gap.
function drawSeries(svg, lines, points, least, format) {
    const frame = frameOf(svg);
    const values = lines.flatMap((line) => points.map(line.value)).filter(Number.isFinite);
    const top = niceTop(Math.max(0, ...values), least);
    const now = points.at(-1).at;
    const span = now - points[0].at > firstChartSpan ? chartSpan : firstChartSpan;
    const x = (at) => frame.width * (1 - (now - at) / span);
    const y = (value) => frame.bottom - (frame.bottom - frame.top) * (value / top);
    svg.replaceChildren(
        ...horizontalLines(frame, [0, top / 2, top], y, format),
        svgElement("text", { x: 0, y: frame.height - 3 }, `${span / 60} min ago`),
        svgElement("text", { x: frame.width, y: frame.height - 3, "text-anchor": "end" }, "now"),
        ...lines.map((line) =>
            svgElement("path", { class: `line ${line.name}`, d: pathThrough(points, line.value, x, y) })));
}

function horizontalLines(frame, values, y, format) {
    return values.flatMap((value) => [
        svgElement("line", { class: "rule", x1: 0, x2: frame.width, y1: y(value), y2: y(value) }),
        ...(value === 0 ? [] : [svgElement("text", { x: 0, y: y(value) + 11 }, format(value))]),
    ]);
}

function pathThrough(points, valueOf, x, y) {
    let path = "";
    let broken = true;
    for (const point of points) {
        const value = valueOf(point);
        const known = Number.isFinite(value);
        // A point without neighbours is a dot.
        if (known) path += `${broken ? "M" : "L"}${x(point.at).toFixed(1)} ${y(value).toFixed(1)}${broken ? "h0" : ""}`;
        broken = !known;
    }
    return path;
}

/// The least share that has a bar, and the shares that have a line. Almost all waits are in the first bucket, and the few
/// others are what one looks for: so the scale is logarithmic.
const leastShare = 1e-6;
const ruledShares = [1e-6, 1e-4, 1e-2, 1];

/// Draws distributions over the same buckets side by side. Each has a `name`, which picks its colour, and a `distribution`.
function drawBars(svg, groups) {
    const frame = frameOf(svg);
    const left = 56;
    const bounds = groups.find((group) => group.distribution !== undefined)?.distribution.bounds ?? [];
    const slot = (frame.width - left) / Math.max(1, bounds.length);
    const height = frame.bottom - frame.top;
    const y = (share) => frame.bottom - height * Math.max(0, 1 - Math.log10(share) / Math.log10(leastShare));
    const rules = ruledShares.flatMap((share) => [
        svgElement("line", { class: "rule", x1: left, x2: frame.width, y1: y(share), y2: y(share) }),
        svgElement("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, `${+(share * 100).toPrecision(1)}${space}%`),
    ]);
    svg.replaceChildren(
        ...rules,
        ...bucketLabels(bounds, frame, left, slot),
        ...groups.flatMap((group, index) => bars(group, index, groups.length, { left, slot, bottom: frame.bottom, y })));
}

function bars({ name, distribution }, index, groupCount, { left, slot, bottom, y }) {
    if (distribution === undefined || !(distribution.total > 0)) return [];
    const gap = Math.min(4, slot * 0.2);
    const width = (slot - gap) / groupCount;
    return distribution.counts.flatMap((count, bucket) => {
        if (count === 0) return [];
        const top = Math.min(y(count / distribution.total), bottom - 1);
        return [
            svgElement("rect", {
                class: `bar ${name}`, x: left + bucket * slot + gap / 2 + index * width, y: top,
                width: Math.max(1, width - 0.5), height: bottom - top,
            }),
        ];
    });
}

/// The upper bounds below the bars, as many as there is room for; each stands where its bucket ends.
function bucketLabels(bounds, frame, left, slot) {
    const every = Math.ceil(52 / slot);
    return bounds.flatMap((bound, bucket) => {
        const x = left + (bucket + 1) * slot;
        if (bound === Infinity || bucket % every !== 0 || x > frame.width - 20) return [];
        return [
            svgElement("line", { class: "rule", x1: x, x2: x, y1: frame.bottom, y2: frame.bottom + 4 }),
            svgElement("text", { x, y: frame.height - 3, "text-anchor": "middle" }, formatBound(bound)),
        ];
    });
}

/// A bucket's bound, which has few digits by itself.
function formatBound(bound) {
    if (bound === Infinity) return "more";
    const { number, unit } = scaled(bound * 1e9, 1000, ["ns", "µs", "ms", "s"]);
    return `${Number(number)}${space}${unit}`;
}
