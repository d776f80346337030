"""What the server serves under load, scraped by a real Prometheus that has the rules."""

import gzip
import math
import time
import unittest
from urllib.request import Request, urlopen

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from load import Load
from places import run
from processes import Latchkey, Prometheus, eventually
from sources import (
    missing, names_in_prose, other_dashboard_expressions, panel_expressions, recipes, rule_expressions, rules,
    variable_queries)

WINDOW = 10
# How far the rate that Prometheus computes may be from what was sent: the window's ends fall between two scrapes.
TOLERANCE = 0.15
SERIES_LIMIT = 800
SHARDS = 64
OPENMETRICS = "application/openmetrics-text"


def setUpModule():
    global server, full, load, prometheus
    server = Latchkey("--shards", str(SHARDS))
    unittest.addModuleCleanup(server.stop)
    # Another one, with little memory, which is filled and then stopped.
    full = Latchkey("--max-memory", "4MiB")
    unittest.addModuleCleanup(lambda: full.process.poll() is None and full.stop())
    load = Load(server.address)
    unittest.addModuleCleanup(load.stop)
    prometheus = Prometheus([server.address, full.address])
    unittest.addModuleCleanup(prometheus.stop)
    eventually(
        "the server is scraped for a window",
        lambda: prometheus.vector(f'count_over_time(up{{instance="{server.address}"}}[1h]) > {WINDOW + 1}'), 30)


class TextTests(unittest.TestCase):
    def scraped(self, parse, **fields):
        headers, content = server.scrape(**fields)
        if headers["Content-Encoding"] == "gzip":
            content = gzip.decompress(content)
        families = list(parse(content.decode()))
        self.assertTrue(families)
        return headers, {sample.name for family in families for sample in family.samples}

    def test_promtool_has_no_complaint_about_the_metrics(self):
        _, content = server.scrape()
        status, output = run("promtool", "check", "metrics", input=content.decode())
        self.assertEqual((status, output), (0, ""))

    def test_both_formats_hold_to_their_grammar_and_have_the_same_series(self):
        headers, text = self.scraped(parse_text)
        self.assertEqual(headers["Content-Type"].partition(";")[0], "text/plain")
        headers, openmetrics = self.scraped(parse_openmetrics, Accept=f"{OPENMETRICS}; version=1.0.0")
        self.assertEqual(headers["Content-Type"].partition(";")[0], OPENMETRICS)
        self.assertEqual(text, openmetrics)

    def test_gzip_gives_the_same_series(self):
        headers, packed = self.scraped(parse_text, **{"Accept-Encoding": "gzip"})
        self.assertEqual(headers["Content-Encoding"], "gzip")
        self.assertEqual(packed, self.scraped(parse_text)[1])


class NameTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        families = list(parse_text(server.scrape()[1].decode()))
        cls.series = {sample.name for family in families for sample in family.samples}
        # A counter's family has lost its _total in the parser; in the text it has not.
        cls.names = cls.series | {family.name for family in families}

    def test_every_metric_in_an_expression_is_served(self):
        expressions = (
            rule_expressions() + panel_expressions() + other_dashboard_expressions() + variable_queries() + recipes())
        self.assertGreater(len(expressions), 0)
        self.assertEqual(missing(expressions, self.series), [])

    def test_every_metric_that_the_documentation_names_is_served(self):
        self.assertEqual(sorted(place for place in names_in_prose() if place[1] not in self.names), [])


class ScrapeTests(unittest.TestCase):
    def test_load_was_answered(self):
        self.assertEqual(load.failures, [])

    def test_target_is_up_without_errors(self):
        [target] = [
            one for one in prometheus.ask("targets", state="active")["activeTargets"]
            if one["labels"]["instance"] == server.address
        ]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        self.assertEqual(prometheus.value(f'min_over_time(up{{instance="{server.address}"}}[1h])'), 1)

    def test_series_are_few(self):
        samples = prometheus.value(f'scrape_samples_scraped{{instance="{server.address}"}}')
        self.assertGreater(samples, 6 * SHARDS)
        self.assertLess(samples, SERIES_LIMIT)

    def test_rate_is_that_of_the_load(self):
        end = time.time()
        rate = prometheus.value(
            f'sum(rate(latchkey_http_requests_total{{instance="{server.address}",route=~"/keys/.*"}}[{WINDOW}s]))', at=end)
        sent = load.count(end - WINDOW, end) / WINDOW
        self.assertGreater(sent, 0)
        self.assertAlmostEqual(rate / sent, 1, delta=TOLERANCE)

    def test_quantiles_of_histograms_are_numbers(self):
        for histogram in ("latchkey_lock_wait_seconds", "latchkey_lock_hold_seconds", "latchkey_http_request_duration_seconds"):
            with self.subTest(histogram):
                value = prometheus.value(
                    f'histogram_quantile(0.99, sum by (le) (rate({histogram}_bucket{{instance="{server.address}"}}[{WINDOW}s])))')
                self.assertTrue(math.isfinite(value))
                self.assertGreater(value, 0)


class RuleTests(unittest.TestCase):
    def test_all_rules_evaluate(self):
        def evaluated():
            found = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
            return len(found) == len(rules()) and all(rule["health"] != "unknown" for rule in found) and found

        for rule in eventually("all rules are evaluated", evaluated, 15):
            with self.subTest(rule["name"]):
                self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""))

    def test_no_alert_fires_under_an_even_load(self):
        self.assertEqual(prometheus.vector(f'ALERTS{{alertstate="firing",instance="{server.address}"}}'), [])

    def test_every_panel_has_data(self):
        for expression in panel_expressions():
            with self.subTest(expression.place):
                self.assertTrue(prometheus.vector(expression.text))

    def test_every_recipe_and_annotation_is_valid(self):
        for expression in recipes() + other_dashboard_expressions():
            with self.subTest(expression.place):
                prometheus.vector(expression.text)


class AlertTests(unittest.TestCase):
    def alert(self, name, state):
        return lambda: prometheus.vector(f'ALERTS{{alertname="{name}",alertstate="{state}",instance="{full.address}"}}')

    def fill(self):
        for number in range(1000):
            request = Request(f"http://{full.address}/keys/{number}", method="PUT", data=bytes(64 * 1024))
            try:
                urlopen(request, timeout=10).close()
            except OSError as error:
                self.assertEqual(getattr(error, "code", error), 507)
                return
        self.fail("the store has no limit")

    def test_a_full_server_and_then_a_stopped_one_are_told(self):
        eventually("it is scraped", lambda: prometheus.vector(f'up{{instance="{full.address}"}} == 1'), 15)
        self.fill()
        eventually("writes are rejected", self.alert("LatchkeyRejectedWrites", "firing"), 15)
        self.assertEqual(full.stop(), 0)
        eventually("it is down", self.alert("LatchkeyDown", "pending"), 15)


if __name__ == "__main__":
    unittest.main()
