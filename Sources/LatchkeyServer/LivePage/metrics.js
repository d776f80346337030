"use strict";

// What `/metrics` says, as numbers. A figure that it does not have is NaN: that goes through any arithmetic, and is shown
// as a dash in the end.

/// Reads the Prometheus text format 0.0.4: from the name of a sample to its samples. Lines that are none are passed over.
function parseExposition(text) {
    const families = new Map();
    for (const line of text.split("\n")) {
        const sample = parseSample(line);
        if (sample === null) continue;
        const samples = families.get(sample.name);
        if (samples === undefined) families.set(sample.name, [sample]);
        else samples.push(sample);
    }
    return families;
}

const samplePattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)/;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

function parseSample(line) {
    const match = samplePattern.exec(line);
    if (match === null) return null;
    const value = parseNumber(match[3]);
    if (Number.isNaN(value) && match[3] !== "NaN") return null;
    const labels = Object.create(null);
    if (match[2] !== undefined) {
        for (const [, name, value] of match[2].matchAll(labelPattern)) labels[name] = unescapeLabel(value);
    }
    return { name: match[1], labels, value };
}

function unescapeLabel(value) {
    if (!value.includes("\\")) return value;
    return value.replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character));
}

function parseNumber(word) {
    if (word === "+Inf") return Infinity;
    if (word === "-Inf") return -Infinity;
    return Number(word);
}

/// The sum over the samples of a family whose labels pass; NaN where there is no such family.
function totalOf(families, name, passes = () => true) {
    const samples = families.get(name);
    if (samples === undefined) return NaN;
    let total = 0;
    for (const sample of samples) if (passes(sample.labels)) total += sample.value;
    return total;
}

/// The values of one label in the order in which they are met.
function labelValues(families, name, label) {
    return [...new Set((families.get(name) ?? []).map((sample) => sample.labels[label]))];
}

/// A histogram with its buckets as the text has them, each with all below it; undefined where there is no such series.
function histogramOf(families, name, passes = () => true) {
    const buckets = (families.get(`${name}_bucket`) ?? []).filter((sample) => passes(sample.labels));
    if (buckets.length === 0) return undefined;
    return {
        bounds: buckets.map((bucket) => parseNumber(bucket.labels.le)),
        cumulative: buckets.map((bucket) => bucket.value),
        sum: totalOf(families, `${name}_sum`, passes),
    };
}

/// Figures that are one number, a sum over all labels where there are some.
const singleFigures = {
    startTime: "process_start_time_seconds",
    processorSeconds: "process_cpu_seconds_total",
    residentBytes: "process_resident_memory_bytes",
    requests: "latchkey_http_requests_total",
    rejected: "latchkey_http_rejected_total",
    inFlight: "latchkey_http_requests_in_flight",
    waitingRequests: "latchkey_http_waiting_requests",
    connections: "latchkey_http_connections",
    connectionsLimit: "latchkey_http_connections_limit",
    bytesBeingSent: "latchkey_http_response_bytes_in_flight",
    bytesReceived: "latchkey_http_request_body_bytes_total",
    bytesSent: "latchkey_http_response_body_bytes_total",
    keys: "latchkey_keys",
    valueBytes: "latchkey_value_bytes",
    memory: "latchkey_memory_bytes",
    memoryLimit: "latchkey_memory_limit_bytes",
    hits: "latchkey_get_hits_total",
    misses: "latchkey_get_misses_total",
    expired: "latchkey_expired_total",
    waiters: "latchkey_lock_waiters",
    holdMaximum: "latchkey_lock_hold_max_seconds",
};

/// Figures of each shard.
const shardFigures = {
    acquisitions: "latchkey_shard_lock_acquisitions_total",
    contended: "latchkey_shard_lock_contended_total",
    wait: "latchkey_shard_lock_wait_seconds_total",
    waitMaximum: "latchkey_shard_lock_wait_max_seconds",
    keys: "latchkey_shard_keys",
    bytes: "latchkey_shard_bytes",
};

/// All that the page shows, at one moment. `at` is in seconds, of a clock that never goes back.
function takeSnapshot(families, at) {
    const figures = {};
    for (const [figure, name] of Object.entries(singleFigures)) figures[figure] = totalOf(families, name);
    return {
        at,
        figures,
        build: families.get("latchkey_build_info")?.[0].labels ?? {},
        methods: methodsOf(families),
        waits: {
            read: histogramOf(families, "latchkey_lock_wait_seconds", (labels) => labels.op === "read"),
            write: histogramOf(families, "latchkey_lock_wait_seconds", (labels) => labels.op === "write"),
        },
        holds: histogramOf(families, "latchkey_lock_hold_seconds"),
        shards: shardsOf(families),
    };
}

function methodsOf(families) {
    const requests = "latchkey_http_requests_total";
    const durations = "latchkey_http_request_duration_seconds";
    const methods = new Map();
    for (const method of labelValues(families, requests, "method")) {
        const withStatus = (first) => (labels) => labels.method === method && labels.code.startsWith(first);
        methods.set(method, {
            requests: totalOf(families, requests, withStatus("")),
            clientErrors: totalOf(families, requests, withStatus("4")),
            serverErrors: totalOf(families, requests, withStatus("5")),
            durations: histogramOf(families, durations, (labels) => labels.method === method),
        });
    }
    return methods;
}

// Arrays of numbers, since there may be 65,536 shards and several moments are kept.
function shardsOf(families) {
    const count = families.get(shardFigures.acquisitions)?.length ?? 0;
    const shards = { count };
    for (const [figure, name] of Object.entries(shardFigures)) {
        shards[figure] = new Float64Array(count).fill(NaN);
        for (const { labels, value } of families.get(name) ?? []) shards[figure][Number(labels.shard)] = value;
    }
    return shards;
}
