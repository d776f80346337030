// Numbers as people read them: three digits and a unit.

const noFigure = "–";
const space = "\u00a0";

function threeDigits(value) {
    if (value === 0) return "0";
    if (value >= 100) return value.toFixed(0);
    return value.toFixed(value >= 10 ? 1 : 2);
}

function scaled(value, step, units) {
    let unit = 0;
    // What would be rounded up to the next unit belongs there.
    while (unit < units.length - 1 && Number(value.toPrecision(3)) >= step) {
        value /= step;
        unit += 1;
    }
    return { number: threeDigits(value), unit: units[unit] };
}

function formatScaled(value, step, units, suffix = "") {
    if (!Number.isFinite(value)) return noFigure;
    const { number, unit } = scaled(value, step, units);
    return unit + suffix === "" ? number : `${number}${unit === "" ? "" : space}${unit}${suffix}`;
}

const thousands = ["", "k", "M", "G", "T"];

function formatCount(value) {
    if (value < 1000) return String(Math.round(value));
    return formatScaled(value, 1000, thousands);
}

function formatRate(value) {
    return formatScaled(value, 1000, thousands, "/s");
}

function formatBytes(value) {
    return value < 1024 ? `${Math.round(value)}${space}B` : formatScaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

function formatByteRate(value) {
    return formatScaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"], "/s");
}

function formatSeconds(value) {
    if (value === 0) return `0${space}s`;
    return formatScaled(value * 1e9, 1000, ["ns", "µs", "ms", "s"]);
}

/// Seconds that are spent in each second.
function formatSecondsRate(value) {
    const text = formatSeconds(value);
    return text === noFigure ? text : `${text}/s`;
}

/// A share of 1. All and nothing are said only where it is all and nothing.
function formatShare(value) {
    if (!Number.isFinite(value)) return noFigure;
    const percent = value * 100;
    if (percent > 0 && percent < 0.1) return `<${space}0.1${space}%`;
    if (percent < 100 && percent >= 99.95) return `>${space}99.9${space}%`;
    return `${percent.toFixed(percent === 0 || percent === 100 ? 0 : 1)}${space}%`;
}

/// A quantile: at the ends of the buckets only a bound of it is known.
function formatQuantile(distribution, share) {
    const value = quantile(distribution, share);
    if (!Number.isFinite(value)) return noFigure;
    const finite = distribution.bounds.filter(Number.isFinite);
    if (value <= finite[0]) return `≤${space}${formatSeconds(finite[0])}`;
    if (value >= finite.at(-1)) return `≥${space}${formatSeconds(finite.at(-1))}`;
    return formatSeconds(value);
}

/// A long time in its two largest units.
function formatDuration(seconds) {
    if (!Number.isFinite(seconds)) return noFigure;
    const whole = Math.max(0, Math.floor(seconds));
    const parts = [
        [Math.floor(whole / 86_400), "d"],
        [Math.floor(whole / 3600) % 24, "h"],
        [Math.floor(whole / 60) % 60, "min"],
        [whole % 60, "s"],
    ];
    const first = parts.findIndex(([value]) => value > 0);
    if (first < 0) return `0${space}s`;
    return parts
        .slice(first, first + 2)
        .map(([value, unit]) => `${value}${space}${unit}`)
        .join(" ");
}

const axisEnds = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/// Where an axis ends: the smallest round number that is not below `value`, at most half as much again.
function niceTop(value, least) {
    if (!(value > least)) return least;
    const power = 10 ** Math.floor(Math.log10(value));
    return axisEnds.map((factor) => factor * power).find((top) => top >= value) ?? 10 * power;
}
