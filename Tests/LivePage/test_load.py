"""The page while the server is busy."""

import re

from load import Load
from page_case import PageCase, SHARDS

FACTORS = {"": 1, "k": 1e3, "M": 1e6}


def number(text):
    """`12.3 k/s` as 12300."""
    match = re.fullmatch(r"([0-9.]+)\s?([kM]?)/s", text)
    return float(match[1]) * FACTORS[match[2]]


def counters(text, family):
    """A family's values by shard, or by whatever label it has."""
    return {label: float(value) for label, value in re.findall(rf'^{family}{{\w+="(\d+)"}} (\S+)$', text, re.MULTILINE)}


def hottest(before, after, family):
    """The shard whose counter grew most, and by how much."""
    old, new = counters(before, family), counters(after, family)
    shard = max(new, key=lambda shard: new[shard] - old[shard])
    return shard, new[shard] - old[shard]


class UnderLoad(PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.idle = cls.metrics()
        cls.enterClassContext(Load(cls.server))

    @classmethod
    def metrics(cls):
        return cls.server.request("GET", "/metrics")[2].decode()

    def hot_shard(self, family):
        """The hottest shard as the server itself tells it, as soon as it tells of one."""
        measured = lambda: hottest(self.idle, self.metrics(), family)
        return self.browser.wait(f"a shard that is hot by {family}", lambda: measured()[1] > 0 and measured()[0])

    def stands_out(self, shard):
        """Whether a shard's cell is hotter by far than all others."""
        cells = self.browser.cells()
        return cells[shard] > 2 * max(heat for other, heat in cells.items() if other != shard)

    def test_figures_follow_the_load(self):
        figures = ("requests", "latency", "hits", "wait", "keys", "connections", "flight")
        before = self.browser.texts("[data-figure]")
        self.browser.wait("other figures", lambda: self.browser.texts("[data-figure]") != before)
        for figure in figures:
            with self.subTest(figure):
                self.browser.wait("a figure", lambda: self.browser.text(f"[data-figure={figure}]")[0].isdigit())
        self.assertRegex(self.browser.text("[data-figure=hits]"), r"\d.%$")

    def test_the_rate_is_the_servers(self):
        family = r"latchkey_http_requests_total\S+"
        total = lambda: sum(map(float, re.findall(rf"^{family} (\S+)$", self.metrics(), re.MULTILINE)))
        shown = lambda: number(self.browser.text("[data-figure=requests]"))
        start, begun = total(), self.browser.run("return performance.now()")
        self.browser.wait("a rate over five seconds", lambda: self.browser.run("return performance.now()") > begun + 6000)
        measured = (total() - start) / (self.browser.run("return performance.now()") - begun) * 1000
        self.assertGreater(measured, 100)
        self.assertGreater(shown(), measured / 2)
        self.assertLess(shown(), measured * 2)

    def test_the_hot_shard_is_hot_by_load(self):
        hot = self.hot_shard("latchkey_shard_lock_acquisitions_total")
        self.browser.find("[name=heat][value=load]").click()
        self.browser.wait("the hot shard to stand out", lambda: self.stands_out(hot))
        self.assertEqual(sorted(map(str, range(SHARDS))), sorted(self.browser.cells()))
        # The scale ends at a round number, at most half as much again.
        self.assertGreaterEqual(self.browser.cells()[hot], 0.66)
        self.assertEqual((f"Shard {hot}", "hottest now"), (self.browser.text("#shard-name"), self.browser.text("#shard-why")))

    def test_the_hot_shard_is_hot_by_lock_wait(self):
        hot = self.hot_shard("latchkey_shard_lock_wait_seconds_total")
        self.assertEqual(hot, self.hot_shard("latchkey_shard_lock_acquisitions_total"))
        self.browser.wait("the hot shard to stand out", lambda: self.stands_out(hot))
        self.browser.wait(
            "the hot shard on top of the slowest", lambda: self.browser.text("#slowest tbody th") == hot)
        self.assertIn(f"Shard {hot}: lock wait", self.browser.attribute(f"[data-shard='{hot}']", "aria-label"))

    def test_charts_and_tables_are_drawn(self):
        for chart in ("rate", "latency", "share"):
            with self.subTest(chart):
                self.browser.wait(
                    "a line", lambda: "L" in (self.browser.attribute(f"#{chart}-chart path", "d") or ""))
        self.browser.wait("bars", lambda: self.browser.texts("#waits-chart rect") and self.browser.texts("#holds-chart rect"))
        self.browser.wait("methods", lambda: {"GET", "PUT", "POST"} <= set(self.browser.texts("#methods tbody th")))
        self.assertEqual(18, len(self.browser.texts("#waits tbody tr")))
        self.assertRegex(self.browser.text("#waits-summary"), r"Reads: .*p50 .*p99 .*Writes: .*p50 .*p99")
        self.assertRegex(self.browser.text("#rate-summary"), r"reads .*/s, writes .*/s")
