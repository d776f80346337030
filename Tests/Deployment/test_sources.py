"""The check of names finds what it looks for: it can fail."""

import pathlib
import tempfile
import unittest

from sources import Expression, names_in_prose, missing, recipes


def page(text):
    file = pathlib.Path(tempfile.mkdtemp(), "Page.md")
    file.write_text(text)
    return file


class SourcesTests(unittest.TestCase):
    def test_a_metric_that_is_not_served_is_told_with_its_place(self):
        expression = Expression("rule A", 'sum(rate(latchkey_gone_total{code="500"}[5m])) / sum(latchkey_keys)')
        self.assertEqual(missing([expression], {"latchkey_keys"}), ["rule A: latchkey_gone_total"])

    def test_labels_recorded_series_and_words_in_quotes_are_no_metrics(self):
        expression = Expression("", 'instance:latchkey_memory:ratio{job="latchkey_other"} and on (instance) latchkey_keys > 1')
        self.assertEqual(expression.metrics(), {"latchkey_keys"})
        self.assertEqual(expression.recorded(), {"instance:latchkey_memory:ratio"})

    def test_recipes_are_split_at_empty_lines_and_their_comments_left_out(self):
        text = "x\n\n```promql\n# Why.\nsum(\n  latchkey_keys)\n\nprocess_open_fds\n```\n\n```\nno recipe\n```\n"
        self.assertEqual([one.text for one in recipes([page(text)])], ["sum(\n  latchkey_keys)", "process_open_fds"])

    def test_metrics_are_found_in_words_and_code_and_apart_from_recipes(self):
        text = "latchkey_a_total, `rate(process_b[5m])`, process_*, Tests/latchkey_c.py\n\n```promql\nlatchkey_d\n```\n"
        self.assertEqual({name for _, name in names_in_prose([page(text)])}, {"latchkey_a_total", "process_b"})


if __name__ == "__main__":
    unittest.main()
