// Figures into the document. Only what has changed is touched, and text is never read as markup.

function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

function byId(id) {
    return document.getElementById(id);
}

function setTile(name, figure, detail) {
    setText(document.querySelector(`[data-figure="${name}"]`), figure);
    setText(document.querySelector(`[data-detail="${name}"]`), detail);
}

/// Shows a value against its limit. Without one there is no meter.
function setMeter(name, value, limit, format) {
    const meter = document.querySelector(`[data-meter="${name}"]`);
    const known = Number.isFinite(value) && limit > 0;
    meter.hidden = !known;
    if (!known) return;
    const share = Math.min(1, value / limit);
    meter.setAttribute("aria-valuemax", limit);
    meter.setAttribute("aria-valuenow", Math.min(value, limit));
    meter.setAttribute("aria-valuetext", `${format(value)} of ${format(limit)}`);
    meter.dataset.full = share >= 0.9;
    meter.firstElementChild.style.width = `${share * 100}%`;
}

function ofLimit(limit, format) {
    return Number.isFinite(limit) ? `of ${format(limit)}` : `limit ${noFigure}`;
}

function showTiles(snapshot, rates, methods) {
    const { figures } = snapshot;
    const get = methods.find((method) => method.method === "GET")?.recentDurations;
    const { totalWait, totalContended } = rates.shards;
    setTile("requests", formatRate(rates.requests),
        `in ${formatByteRate(rates.received)}, out ${formatByteRate(rates.sent)}`);
    setTile("latency", formatQuantile(get, 0.99), `p50 ${formatQuantile(get, 0.5)}`);
    setTile("hits", formatShare(rates.hitRatio), `${formatRate(rates.hits)} found, ${formatRate(rates.misses)} not`);
    setTile("wait", formatSecondsRate(totalWait),
        `${formatShare(totalContended)} contended, ${formatCount(figures.waiters)} waiting`);
    setTile("keys", formatCount(figures.keys),
        `${formatBytes(figures.valueBytes)} of values, ${formatRate(rates.expired)} expire`);
    setTile("memory", formatBytes(figures.memory),
        `${ofLimit(figures.memoryLimit, formatBytes)}, process ${formatBytes(figures.residentBytes)}`);
    setMeter("memory", figures.memory, figures.memoryLimit, formatBytes);
    setTile("connections", formatCount(figures.connections),
        `${ofLimit(figures.connectionsLimit, formatCount)}, ${formatRate(rates.rejected)} refused`);
    setMeter("connections", figures.connections, figures.connectionsLimit, formatCount);
    setTile("flight", formatCount(figures.inFlight),
        `${formatBytes(figures.bytesBeingSent)} being sent, ${formatCount(figures.waitingRequests)} wait for a change`);
}

function showHeader(snapshot, rates) {
    setText(byId("version"), snapshot.build.version ?? "");
    byId("version").title = Object.entries(snapshot.build).map(([name, value]) => `${name} ${value}`).join(", ");
    setText(byId("uptime"), formatDuration(Date.now() / 1000 - snapshot.figures.startTime));
    setText(byId("processor"), formatShare(rates.processor));
    setText(byId("shard-count"), `${snapshot.shards.count}, each with its lock`);
}

const shardFormats = {
    wait: formatSecondsRate, contended: formatShare, waitMaximum: formatSeconds, load: formatRate,
    keys: formatCount, bytes: formatBytes,
};

function showShard(shards, shard, why, pinned) {
    setText(byId("shard-name"), `Shard ${shard}`);
    setText(byId("shard-why"), why);
    byId("unpin").hidden = !pinned;
    for (const [figure, format] of Object.entries(shardFormats)) {
        setText(document.querySelector(`[data-shard-figure="${figure}"]`), format(shards[figure][shard]));
    }
}

/// Fills a table: each row begins with its heading. Rows stay the same elements, so that a reader keeps its place.
function fillTable(table, rows) {
    const body = table.tBodies[0];
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach((texts, index) => {
        const row = body.rows[index] ?? newRow(body, texts.length);
        texts.forEach((text, column) => setText(row.cells[column], text));
    });
}

function newRow(body, columns) {
    const row = body.insertRow();
    const headings = body.parentElement.tHead.rows[0].cells;
    for (let column = 0; column < columns; column += 1) {
        const cell = document.createElement(column === 0 ? "th" : "td");
        if (column === 0) cell.scope = "row";
        cell.className = headings[column].className;
        row.append(cell);
    }
    return row;
}

const slowestRows = 8;

function showSlowest(shards) {
    const order = Array.from(shards.wait.keys());
    order.sort((a, b) => shards.wait[b] - shards.wait[a] || shards.load[b] - shards.load[a]);
    fillTable(byId("slowest"), order.slice(0, slowestRows).map((shard) => [
        String(shard), ...Object.entries(shardFormats).map(([figure, format]) => format(shards[figure][shard])),
    ]));
}

function showMethods(methods) {
    const busiest = [...methods].sort((a, b) => b.requests - a.requests || a.method.localeCompare(b.method));
    fillTable(byId("methods"), busiest.map((method) => [
        method.method, formatRate(method.requests), formatQuantile(method.durations, 0.5),
        formatQuantile(method.durations, 0.99), formatRate(method.clientErrors), formatRate(method.serverErrors),
    ]));
}

function summaryOf({ title, distribution }) {
    if (distribution === undefined || !(distribution.total > 0)) return `${title}: none.`;
    return `${title}: ${formatCount(distribution.total)}, p50 ${formatQuantile(distribution, 0.5)}, ` +
        `p99 ${formatQuantile(distribution, 0.99)}, mean ${formatSeconds(distribution.sum / distribution.total)}.`;
}

/// Shows distributions as bars, in words and as a table; `id` is what the ids of the three begin with.
function showDistributions(id, groups) {
    drawBars(byId(`${id}-chart`), groups);
    setText(byId(`${id}-summary`), groups.map(summaryOf).join(" "));
    showKey(`${id}-key`, groups.length > 1 ? groups : []);
    const bounds = groups.find((group) => group.distribution !== undefined)?.distribution.bounds ?? [];
    fillTable(byId(id), bounds.map((bound, bucket) => [
        formatBound(bound),
        ...groups.map(({ distribution }) =>
            `${formatCount(distribution.counts[bucket])} (${formatShare(distribution.counts[bucket] / distribution.total)})`),
    ]));
}

/// The charts over time: the least value that their scale ends at, how it is written, and of each line how a point's value
/// is got and written. A point without figures, for a moment without an answer, is a gap.
const seriesCharts = {
    rate: {
        least: 10,
        format: formatRate,
        lines: [
            { name: "reads", value: (point) => point.reads, text: (point) => formatRate(point.reads) },
            { name: "writes", value: (point) => point.writes, text: (point) => formatRate(point.writes) },
        ],
    },
    latency: {
        least: 1e-4,
        format: formatSeconds,
        lines: [["p99", 0.99], ["p50", 0.5]].map(([name, share]) => ({
            name, value: (point) => quantile(point.durations, share), text: (point) => formatQuantile(point.durations, share),
        })),
    },
    share: {
        least: 1e-3,
        format: formatSecondsRate,
        lines: [{ name: "wait", value: (point) => point.wait, text: (point) => formatSecondsRate(point.wait) }],
    },
};

function showSeries(id, points) {
    const { lines, least, format } = seriesCharts[id];
    drawSeries(byId(`${id}-chart`), lines, points, least, format);
    const titles = lines.map(({ name, text }) => ({ name, title: `${name} ${text(points.at(-1))}` }));
    showKey(`${id}-key`, titles);
    setText(byId(`${id}-summary`), `Now: ${titles.map(({ title }) => title).join(", ")}.`);
}

function showKey(id, entries) {
    const key = byId(id);
    entries.forEach(({ name, title }, index) => {
        const entry = key.children[index] ?? key.appendChild(document.createElement("span"));
        entry.className = name;
        setText(entry, title);
    });
}
