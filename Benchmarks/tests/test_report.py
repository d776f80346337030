"""Results are judged and printed."""

import unittest

from latchkey_bench import report, targets, throughput
from latchkey_bench.targets import Row


def rounds(rates: dict[str, list[float]]) -> dict:
    """A record of throughput with these rates."""
    load = {"method": "GET", "size": 100, "connections": 32, "depth": 1}
    rows = {name: [{"rate": rate, "user_us": 1, "system_us": 1, "failed": 0} for rate in each]
            for name, each in rates.items()}
    return {"load": load, "rounds": rows}


class ReportTests(unittest.TestCase):
    def test_ratios_are_those_of_rounds(self):
        # The machine was half as fast in the second round, for both.
        record = rounds({"latchkey": [200, 100, 210], "nginx": [100, 50, 100]})
        self.assertEqual(throughput.ratios(record), {"nginx": 2})

    def test_ratios_of_processor_time_are_those_of_rounds_the_other_way_round(self):
        record = rounds({"latchkey": [200], "nginx": [100]})
        record["rounds"]["nginx"][0]["system_us"] = 5
        self.assertEqual(throughput.cpu_ratios(record), {"nginx": 3})

    def test_a_target_of_at_least_is_met_from_there_on(self):
        self.assertTrue(Row("GET", 1.15, 1.15, True).is_met)
        self.assertFalse(Row("GET", 1.14, 1.15, True).is_met)

    def test_a_target_of_at_most_is_met_up_to_there(self):
        self.assertTrue(Row("bytes", 64, 64, False).is_met)
        self.assertFalse(Row("bytes", 65, 64, False).is_met)

    def test_results_of_a_part_of_the_sections_have_their_rows(self):
        results = {"throughput": [rounds({"latchkey": [100], "nginx": [50]})]}
        self.assertEqual([row.cells()[1:] for row in targets.rows(results)], [("2.00", "at least 1.05", "met")])

    def test_pipelined_requests_have_no_target(self):
        record = rounds({"latchkey": [100], "nginx": [50]})
        record["load"]["depth"] = 16
        self.assertEqual(list(targets.rows({"throughput": [record]})), [])

    def test_the_longest_hold_is_judged_and_the_longest_wait_is_not(self):
        told = {"latchkey_shard_lock_wait_max_seconds": 2.0, "latchkey_lock_hold_max_seconds": 0.002, "contended": 3}
        rows = list(targets.rows({"locks": [{"load": "GET", "locks": told}]}))
        self.assertEqual([(row.figure, row.is_met) for row in rows], [("longest lock hold, GET", False)])

    def test_tables_are_aligned(self):
        self.assertEqual(report.table(("a", "b"), [("long", 1)]), "| a    | b |\n|------|--:|\n| long | 1 |")


if __name__ == "__main__":
    unittest.main()
