"""The page's functions by themselves: text to figures, figures to rates, rates to words."""

from page_case import PageCase

TEXT = r"""# HELP latchkey_keys Keys stored.
# TYPE latchkey_keys gauge
latchkey_keys 12
unheard_of{a="1"} 3
latchkey_http_requests_total{method="GET",route="/keys/{key}",code="200"} 5
latchkey_http_requests_total{method="GET",route="/keys/{key}",code="404"} 2
quoted{text="a \"b\", {c} \\ \n"} -1.5e-3 1795549068000
infinite +Inf
this is not a sample
"""

SHARDS = """latchkey_shard_lock_acquisitions_total{shard="0"} %d
latchkey_shard_lock_acquisitions_total{shard="1"} %d
process_start_time_seconds %d
"""

# Two snapshots of `SHARDS`, some seconds apart, added to a history; then what is asked about it.
HISTORY = """
    const history = new History();
    let restarted = false;
    for (const [text, at] of arguments[0]) restarted = history.add(takeSnapshot(parseExposition(text), at));
    const rates = ratesBetween(history.before(rateSpan), history.latest);
    return { restarted, load: Array.from(rates.shards.load), requests: String(rates.requests) };
"""

# Counts below 1, 2, 4 and all, which become a distribution.
QUANTILE = """
    const histogram = { bounds: [1, 2, 4, Infinity], cumulative: arguments[0], sum: 0 };
    return String(quantile(distributionBetween(undefined, histogram), arguments[1]));
"""


class Functions(PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser.open(cls.server.url)

    def setUp(self):
        # None of them changes the page, so that one will do.
        pass

    def test_samples_are_read_with_their_labels(self):
        families = self.browser.run(
            "return [...parseExposition(arguments[0])].map(([name, samples]) => "
            "[name, samples.map(({ labels, value }) => [{ ...labels }, String(value)])])", TEXT)
        self.assertEqual(
            {
                "latchkey_keys": [[{}, "12"]],
                "unheard_of": [[{"a": "1"}, "3"]],
                "latchkey_http_requests_total": [
                    [{"method": "GET", "route": "/keys/{key}", "code": "200"}, "5"],
                    [{"method": "GET", "route": "/keys/{key}", "code": "404"}, "2"],
                ],
                "quoted": [[{"text": 'a "b", {c} \\ \n'}, "-0.0015"]],
                "infinite": [[{}, "Infinity"]],
            },
            dict(families))

    def test_a_family_that_is_missing_is_no_number(self):
        figures = self.browser.run(
            "const { figures, shards, build } = takeSnapshot(parseExposition(arguments[0]), 0);"
            "return [String(figures.keys), String(figures.memory), String(figures.requests), shards.count, build]", TEXT)
        self.assertEqual(["12", "NaN", "7", 0, {}], figures)
        self.assertEqual("–", self.browser.run("return formatBytes(NaN)"))

    def test_empty_text_is_a_snapshot_without_figures(self):
        figures = self.browser.run(
            "const snapshot = takeSnapshot(parseExposition(''), 0);"
            "return [snapshot.shards.count, snapshot.methods.size, String(snapshot.figures.keys)]")
        self.assertEqual([0, 0, "NaN"], figures)

    def test_counters_become_rates(self):
        rates = self.browser.run(HISTORY, [[SHARDS % (10, 0, 100), 1], [SHARDS % (30, 5, 100), 3]])
        self.assertEqual({"restarted": False, "load": [10, 2.5], "requests": "NaN"}, rates)

    def test_rates_are_of_the_last_seconds_only(self):
        steps = [[SHARDS % (1000 * at, 0, 100), at] for at in (0, 4, 8)] + [[SHARDS % (8000, 0, 100), 13]]
        self.assertEqual([0, 0], self.browser.run(HISTORY, steps)["load"])

    def test_a_restart_gives_no_rate_at_first(self):
        for case, later in {"start": (50, 50, 200), "shard count": (50, 50, 100)}.items():
            text = SHARDS % later + 'latchkey_shard_lock_acquisitions_total{shard="2"} 1\n' * (case == "shard count")
            rates = self.browser.run(HISTORY, [[SHARDS % (10, 10, 100), 1], [text, 2]])
            self.assertTrue(rates["restarted"], case)
            self.assertEqual([None], list(set(rates["load"])), case)

    def test_a_counter_that_goes_down_begins_anew(self):
        requests = 'latchkey_http_requests_total{method="GET",route="/",code="200"} '
        texts = [SHARDS % (10, 10, 100) + f"{requests}{count}\n" for count in (900, 3)]
        self.assertTrue(self.browser.run(HISTORY, [[texts[0], 1], [texts[1], 2]])["restarted"])
        rates = self.browser.run(HISTORY, [[SHARDS % (10, 10, 100), 1], [SHARDS % (4, 12, 100), 2]])
        self.assertEqual([4, 2], rates["load"])

    def test_a_counter_that_was_not_there_began_at_nothing(self):
        requests = 'latchkey_http_requests_total{method="GET",route="/",code="200"} 8\n'
        rates = self.browser.run(HISTORY, [[SHARDS % (1, 1, 100), 1], [SHARDS % (1, 1, 100) + requests, 3]])
        self.assertEqual("4", rates["requests"])

    def test_a_long_silence_begins_anew(self):
        rates = self.browser.run(HISTORY, [[SHARDS % (10, 0, 100), 1], [SHARDS % (30, 5, 100), 100]])
        self.assertEqual({"restarted": False, "load": [None, None], "requests": "NaN"}, rates)

    def test_distributions_are_differences_of_buckets(self):
        counts = self.browser.run(
            "const at = (cumulative) => ({ bounds: [1, 2, Infinity], cumulative, sum: 0 });"
            "return [distributionBetween(at([1, 2, 3]), at([4, 7, 9])), distributionBetween(undefined, at([4, 7, 9])),"
            "    distributionBetween(at([1, 2, 3]), undefined) ?? null].map((between) => between && between.counts)")
        self.assertEqual([[3, 2, 1], [4, 3, 2], None], counts)

    def test_quantiles_lie_between_the_bounds_of_their_bucket(self):
        for cumulative, share, expected in [
            ([10, 10, 10, 10], 0.5, "0.5"),
            ([0, 10, 10, 10], 0.5, "1.5"),
            ([0, 50, 100, 100], 0.75, "3"),
            ([0, 0, 0, 7], 0.5, "4"),
            ([0, 0, 0, 0], 0.5, "NaN"),
        ]:
            with self.subTest(cumulative=cumulative, share=share):
                self.assertEqual(expected, self.browser.run(QUANTILE, cumulative, share))

    def test_numbers_have_three_digits_and_a_unit(self):
        for call, expected in {
            "formatRate(0)": "0/s",
            "formatRate(12345)": "12.3 k/s",
            "formatRate(999999)": "1.00 M/s",
            "formatCount(999)": "999",
            "formatCount(1234567)": "1.23 M",
            "formatSeconds(0)": "0 s",
            "formatSeconds(1e-7)": "100 ns",
            "formatSeconds(0.00000234)": "2.34 µs",
            "formatSeconds(0.0123)": "12.3 ms",
            "formatSecondsRate(0.5)": "500 ms/s",
            "formatBytes(1023)": "1023 B",
            "formatBytes(1536)": "1.50 KiB",
            "formatBytes(3 * 2 ** 30)": "3.00 GiB",
            "formatShare(1)": "100 %",
            "formatShare(0.99999)": "> 99.9 %",
            "formatShare(0.00001)": "< 0.1 %",
            "formatShare(0)": "0 %",
            "formatShare(0 / 0)": "–",
            "formatDuration(93784)": "1 d 2 h",
            "formatDuration(61)": "1 min 1 s",
            "niceTop(0.7, 0.1)": 0.8,
            "niceTop(21, 1)": 30,
            "niceTop(0, 10)": 10,
        }.items():
            with self.subTest(call):
                result = self.browser.run(f"return {call}")
                self.assertEqual(expected, result.replace("\u00a0", " ") if isinstance(result, str) else result)

    def test_many_shards_share_cells(self):
        cells = self.browser.run(
            "const told = [], grid = document.createElement('div');"
            "const map = new HeatMap(grid, (shard, why) => told.push([shard, why]));"
            "const values = new Float64Array(65536).fill(0.5); values[40_000] = 9;"
            "map.show({ count: 65536, wait: values, load: values, contended: values }, 'wait');"
            "const cells = [...grid.querySelectorAll('.cell')];"
            "const hottest = cells.reduce((best, cell) => +cell.dataset.heat > +best.dataset.heat ? cell : best);"
            "return [cells.length, hottest.dataset.shard, hottest.dataset.heat, told.at(-1)]")
        self.assertEqual([1024, "40000-40063", "0.9000", [40_000, "hottest of 40000 to 40063"]], cells)
