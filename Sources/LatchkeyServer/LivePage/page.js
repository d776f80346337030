// The loop: ask, compare, show; and what the page says when there is no answer.

const askEvery = 1000;
const answerWithin = 5000;
/// Where answers take long, the page rests this many times as long before it asks again.
const restRatio = 3;
const longestRest = 10_000;
const restAfterSilence = 2000;

/// What the server answers where it wants a token, or another one.
const tokenNeeded = Symbol("token needed");

/// What the server says now to somebody with this token, or with none; null where it does not answer, or with something else.
async function askForSnapshot(token) {
    const headers = { Accept: "text/plain; version=0.0.4" };
    if (token !== undefined) headers.Authorization = `Bearer ${token}`;
    try {
        const answer = await fetch("metrics", {
            cache: "no-store",
            headers,
            signal: AbortSignal.timeout(answerWithin),
        });
        const at = performance.now() / 1000;
        if (answer.status === 401) return tokenNeeded;
        if (!answer.ok) return null;
        const snapshot = takeSnapshot(parseExposition(await answer.text()), at);
        return snapshot.shards.count === 0 ? null : snapshot;
    } catch (error) {
        // No connection, or no answer in time. Anything else is a mistake of the page's own.
        if (error instanceof TypeError || error.name === "TimeoutError") return null;
        throw error;
    }
}

class LivePage {
    #history = new History();
    #rates;
    #points = [];
    #map = new HeatMap(byId("heat-map"), (shard, why, pinned) => showShard(this.#rates.shards, shard, why, pinned));
    #timer;
    #asking = false;
    #paused = false;
    #lastAnswer;
    #token;

    start() {
        setText(byId("address"), location.host);
        setText(byId("help-command"), `curl ${new URL(".", location.href)}`);
        byId("unpin").addEventListener("click", () => this.#unpin());
        byId("heat-by").addEventListener("change", () => this.#showMap());
        byId("pause").addEventListener("click", () => this.#togglePause());
        byId("ask-token").addEventListener("submit", (event) => this.#takeToken(event));
        document.addEventListener("visibilitychange", () => this.#goOn());
        new ResizeObserver(() => this.#showCharts()).observe(document.querySelector("main"));
        this.#goOn();
    }

    get #resting() {
        return this.#paused || document.hidden || !byId("ask-token").hidden;
    }

    /// Asks now, unless that is being done, or nobody looks.
    #goOn() {
        clearTimeout(this.#timer);
        if (!this.#asking && !this.#resting) this.#ask();
    }

    async #ask() {
        this.#asking = true;
        const asked = performance.now();
        let rest = restAfterSilence;
        try {
            const snapshot = await askForSnapshot(this.#token);
            if (snapshot === tokenNeeded) return this.#askForToken();
            if (snapshot === null) return this.#miss();
            this.#take(snapshot);
            const took = performance.now() - asked;
            rest = Math.min(longestRest, Math.max(askEvery - took, took * restRatio));
        } finally {
            this.#asking = false;
            if (!this.#resting) this.#timer = setTimeout(() => this.#goOn(), rest);
        }
    }

    #take(snapshot) {
        const restarted = this.#history.add(snapshot);
        this.#rates = ratesBetween(this.#history.before(rateSpan), snapshot);
        const methods = methodRates(this.#history);
        showHeader(snapshot, this.#rates);
        showTiles(snapshot, this.#rates, methods);
        showMethods(methods);
        showSlowest(this.#rates.shards);
        this.#showMap();
        this.#remember(pointOf(snapshot.at, this.#rates, methods));
        const silent = document.body.dataset.state === "silent";
        this.#lastAnswer = new Date();
        this.#enter(this.#paused ? "paused" : "live", this.#paused ? `paused at ${timeOf(this.#lastAnswer)}` : "live");
        if (restarted) announce("The server was started anew.");
        else if (silent) announce("The server answers again.");
    }

    #miss() {
        const since = this.#lastAnswer === undefined ? "yet" : `since ${timeOf(this.#lastAnswer)}`;
        if (document.body.dataset.state !== "silent") announce(`No answer ${since}.`);
        this.#enter("silent", `no answer ${since}`);
        if (this.#rates !== undefined) this.#remember({ at: performance.now() / 1000 });
    }

    #askForToken() {
        const text = this.#token === undefined ? "a token is needed" : "the token is not known";
        announce(text);
        this.#enter("silent", text);
        byId("ask-token").hidden = false;
        byId("token").focus();
    }

    #takeToken(event) {
        event.preventDefault();
        // Spaces and line ends come along where it is copied, and no token has them.
        this.#token = byId("token").value.trim();
        byId("token").value = "";
        byId("ask-token").hidden = true;
        this.#goOn();
    }

    #enter(state, text) {
        document.body.dataset.state = state;
        setText(byId("state"), text);
    }

    #togglePause() {
        this.#paused = !this.#paused;
        setText(byId("pause"), this.#paused ? "Resume" : "Pause");
        this.#enter(this.#paused ? "paused" : "waiting", this.#paused ? `paused at ${timeOf(new Date())}` : "asking");
        this.#goOn();
    }

    #unpin() {
        this.#map.unpin();
        // The button goes away, and the focus should not go with it.
        byId("shards").focus();
    }

    #remember(point) {
        this.#points.push(point);
        this.#points = this.#points.filter(({ at }) => at >= point.at - chartSpan);
        this.#showCharts();
    }

    #showMap() {
        if (this.#rates === undefined) return;
        this.#map.show(this.#rates.shards, document.querySelector("[name=heat]:checked").value);
    }

    #showCharts() {
        if (this.#rates === undefined) return;
        for (const id of Object.keys(seriesCharts)) showSeries(id, this.#points);
        this.#showDistributions();
    }

    #showDistributions() {
        const now = this.#history.latest;
        const before = this.#history.before(distributionSpan);
        const between = (pick) => (before === undefined ? undefined : distributionBetween(pick(before), pick(now)));
        showDistributions("waits", [
            { name: "reads", title: "Reads", distribution: between((snapshot) => snapshot.waits.read) },
            { name: "writes", title: "Writes", distribution: between((snapshot) => snapshot.waits.write) },
        ]);
        showDistributions("holds", [
            { name: "holds", title: "Sampled holds", distribution: between((snapshot) => snapshot.holds) },
        ]);
        const longest = formatSeconds(now.figures.holdMaximum);
        setText(byId("hold-maximum"), `Longest in 60 s: ${longest}.`);
        const span = before === undefined ? "" : `last ${Math.round(now.at - before.at)} s`;
        for (const element of document.querySelectorAll("[data-span]")) setText(element, span);
    }
}

function pointOf(at, rates, methods) {
    const rateOf = (...names) => sumOf(methods.filter(({ method }) => names.includes(method)).map(({ requests }) => requests));
    return {
        at,
        reads: rateOf("GET", "HEAD"),
        writes: rateOf("PUT", "POST", "DELETE"),
        durations: methods.find(({ method }) => method === "GET")?.recentDurations,
        wait: rates.shards.totalWait,
    };
}

function timeOf(date) {
    return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/// Said once by screen readers; the figures themselves change without a word.
function announce(text) {
    setText(byId("announcement"), text);
}

new LivePage().start();
