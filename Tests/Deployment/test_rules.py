"""The rules hold what promtool asks, each alert is tested both ways, and each has its section in the documentation."""

import unittest

import yaml

from places import ALERTS_PAGE, PROMETHEUS, RULE_TESTS, RULES, run
from sources import alerts, recipes, rule_expressions, rules, sections


class RuleTests(unittest.TestCase):
    def check(self, *command):
        status, output = run(*command)
        self.assertEqual(status, 0, output)

    def test_promtool_has_no_complaint_about_the_rules(self):
        self.check("promtool", "check", "rules", RULES)

    def test_promtool_has_no_complaint_about_the_configuration(self):
        self.check("promtool", "check", "config", PROMETHEUS / "prometheus.yml")

    def test_rules_do_what_their_tests_say(self):
        self.check("promtool", "test", "rules", *RULE_TESTS)

    def test_each_alert_has_a_case_where_it_fires_and_one_where_it_does_not(self):
        cases = [
            (case["alertname"], bool(case.get("exp_alerts")))
            for file in RULE_TESTS for test in yaml.safe_load(file.read_text())["tests"]
            for case in test.get("alert_rule_test", [])
        ]
        wanted = {(rule["alert"], fires) for rule in alerts() for fires in (True, False)}
        self.assertEqual(set(cases), wanted)

    def test_each_alert_has_a_severity_a_summary_and_a_runbook_line(self):
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], {"warning", "critical"})
                self.assertTrue(rule["annotations"]["summary"])
                text, _, anchor = rule["annotations"]["runbook"].rpartition(": ")
                self.assertTrue(text)
                self.assertEqual(anchor, f"Documentation/{ALERTS_PAGE.name}#{rule['alert'].lower()}")

    def test_each_alert_has_a_section_and_each_section_an_alert(self):
        self.assertEqual(sections(), [rule["alert"] for rule in alerts()])

    def test_recorded_series_that_are_used_are_recorded(self):
        recorded = {rule["record"] for rule in rules() if "record" in rule}
        for expression in rule_expressions() + recipes():
            with self.subTest(expression.place):
                self.assertLessEqual(expression.recorded(), recorded)


if __name__ == "__main__":
    unittest.main()
