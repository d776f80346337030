// From moments to what happened between them.

/// The spans that figures are taken over, in seconds.
const rateSpan = 5;
const distributionSpan = 60;
/// After a longer silence the figures begin anew: what lies before is no longer "the last few seconds".
const longestGap = 30;

/// The last snapshots, and which of them to compare.
class History {
    #snapshots = [];

    get latest() {
        return this.#snapshots.at(-1);
    }

    /// Takes one more. Tells whether the server was started anew since the last one.
    add(snapshot) {
        const last = this.latest;
        const restarted = last !== undefined && isRestart(last, snapshot);
        if (restarted || (last !== undefined && snapshot.at - last.at > longestGap)) this.forget();
        this.#snapshots.push(snapshot);
        const beginning = this.#beginning(distributionSpan);
        this.#snapshots.splice(0, beginning);
        // Only rates are told of each shard: older snapshots need not keep so many numbers.
        for (const old of this.#snapshots.slice(0, this.#beginning(rateSpan))) delete old.shards;
        return restarted;
    }

    forget() {
        this.#snapshots = [];
    }

    /// The snapshot that a span begins with; undefined where there is none before the latest.
    before(span) {
        const snapshot = this.#snapshots[this.#beginning(span)];
        return snapshot === this.latest ? undefined : snapshot;
    }

    /// The last snapshot that is at least `span` old, or else the first.
    #beginning(span) {
        const at = this.latest.at - span;
        return Math.max(0, this.#snapshots.findLastIndex((snapshot) => snapshot.at <= at));
    }
}

// The start is told by a clock that may be set, so that small differences mean nothing.
const startTimeTolerance = 2;

function isRestart(before, now) {
    if (Math.abs(now.figures.startTime - before.figures.startTime) > startTimeTolerance) return true;
    if (now.shards.count !== before.shards.count) return true;
    return ["processorSeconds", "requests", "hits", "misses"].some((name) => now.figures[name] < before.figures[name]);
}

/// How much a counter grew. One that went down, or was not there yet, began at nothing.
function increase(now, before) {
    return now >= before ? now - before : now;
}

/// What happened from `before` to `now`, a second; NaN without a `before`, since then nobody knows in how many.
function ratesBetween(before, now) {
    const seconds = before === undefined ? NaN : now.at - before.at;
    const rate = (figure) => increase(now.figures[figure], before?.figures[figure]) / seconds;
    const [hits, misses] = [rate("hits"), rate("misses")];
    return {
        requests: rate("requests"),
        hits,
        misses,
        hitRatio: hits / (hits + misses),
        expired: rate("expired"),
        rejected: rate("rejected"),
        received: rate("bytesReceived"),
        sent: rate("bytesSent"),
        processor: rate("processorSeconds"),
        shards: shardRates(before, now, seconds),
    };
}

function shardRates(before, now, seconds) {
    const { count, waitMaximum, keys, bytes } = now.shards;
    const between = (figure) =>
        now.shards[figure].map((value, shard) => increase(value, before?.shards[figure][shard]));
    const [acquisitions, contended, wait] = [between("acquisitions"), between("contended"), between("wait")];
    return {
        count,
        load: acquisitions.map((value) => value / seconds),
        wait: wait.map((value) => value / seconds),
        contended: contended.map((value, shard) => (acquisitions[shard] > 0 ? value / acquisitions[shard] : 0)),
        waitMaximum,
        keys,
        bytes,
        totalLoad: sumOf(acquisitions) / seconds,
        totalWait: sumOf(wait) / seconds,
        totalContended: sumOf(contended) / sumOf(acquisitions),
    };
}

// An empty sum is no figure.
function sumOf(values) {
    return values.length === 0 ? NaN : values.reduce((total, value) => total + value, 0);
}

/// What a histogram counted from `before` to `now`, bucket by bucket; undefined where there is none now. A series that is
/// new began at nothing.
function distributionBetween(before, now) {
    if (now === undefined) return undefined;
    const grown = now.cumulative.map((value, index) => increase(value, before?.cumulative[index]));
    const counts = grown.map((value, index) => Math.max(0, value - (index === 0 ? 0 : grown[index - 1])));
    return { bounds: now.bounds, counts, total: sumOf(counts), sum: increase(now.sum, before?.sum) };
}

/// The value that a share of a distribution does not exceed, taken as evenly spread within its bucket, as Prometheus does.
/// Beyond the last finite bound it is that bound; NaN of nothing.
function quantile(distribution, share) {
    if (distribution === undefined || !(distribution.total > 0)) return NaN;
    const { bounds, counts, total } = distribution;
    const rank = share * total;
    let below = 0;
    for (const [index, count] of counts.entries()) {
        if (count > 0 && below + count >= rank) {
            const low = index === 0 ? 0 : bounds[index - 1];
            return bounds[index] === Infinity ? low : low + ((bounds[index] - low) * (rank - below)) / count;
        }
        below += count;
    }
    return NaN;
}

/// Each method with its rate and its durations. Both spans may have no beginning yet.
function methodRates(history) {
    const now = history.latest;
    const [recent, minute] = [history.before(rateSpan), history.before(distributionSpan)];
    return [...now.methods].map(([method, figures]) => {
        const rate = (figure) =>
            recent === undefined
                ? NaN
                : increase(figures[figure], recent.methods.get(method)?.[figure]) / (now.at - recent.at);
        const durations = (before) =>
            before === undefined
                ? undefined
                : distributionBetween(before.methods.get(method)?.durations, figures.durations);
        return {
            method,
            requests: rate("requests"),
            clientErrors: rate("clientErrors"),
            serverErrors: rate("serverErrors"),
            recentDurations: durations(recent),
            durations: durations(minute),
        };
    });
}
