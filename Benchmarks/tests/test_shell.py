"""Tests of running other programs."""

import unittest

from latchkey_bench import shell


class OutputTests(unittest.TestCase):
    def test_a_failure_tells_what_the_command_said_on_both_streams(self):
        with self.assertRaises(shell.Failed) as caught:
            shell.output(["sh", "-c", "echo resolved >&2; echo the error; exit 1"])
        self.assertIn("resolved", str(caught.exception))
        self.assertIn("the error", str(caught.exception))

    def test_a_command_that_is_not_there_is_lacking(self):
        with self.assertRaises(shell.Unavailable) as caught:
            shell.output(["/nonexistent/program"])
        self.assertNotIsInstance(caught.exception, shell.Failed)
