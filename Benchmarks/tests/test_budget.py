"""Counts are held to their budgets."""

import unittest

from latchkey_bench.budget import Verdict, differences, judge


class BudgetTests(unittest.TestCase):
    def test_three_percent_more_pass_and_four_do_not(self):
        self.assertFalse(Verdict("GET", "instructions", 10_300, 10_000).is_exceeded)
        self.assertTrue(Verdict("GET", "instructions", 10_400, 10_000).is_exceeded)

    def test_four_percent_less_are_told(self):
        self.assertFalse(Verdict("GET", "instructions", 9_700, 10_000).is_generous)
        self.assertIn("lower the budget", str(Verdict("GET", "instructions", 9_600, 10_000)))

    def test_background_work_does_not_exceed_a_budget_of_nothing(self):
        self.assertFalse(Verdict("GET", "allocations", 0.01, 0).is_exceeded)
        self.assertTrue(Verdict("GET", "allocations", 1, 0).is_exceeded)

    def test_a_count_without_a_budget_exceeds_it(self):
        self.assertTrue(judge({"GET": {"instructions": 1}}, {})[0].is_exceeded)

    def test_another_toolchain_is_told(self):
        budget = {"toolchain": "Swift version 6.2", "budgets": {"0.9.75": {}}}
        told = differences("Swift version 6.3", "0.9.75", budget)
        self.assertEqual(len(told), 1)
        self.assertIn("6.3", told[0])
        self.assertIn("6.2", told[0])

    def test_a_library_without_budgets_is_told(self):
        budget = {"toolchain": "Swift version 6.3", "budgets": {"0.9.75": {}}}
        self.assertEqual(differences("Swift version 6.3", "0.9.75", budget), [])
        self.assertIn("1.0.1", differences("Swift version 6.3", "1.0.1", budget)[0])


if __name__ == "__main__":
    unittest.main()
