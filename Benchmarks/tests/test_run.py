"""What a machine lacks is skipped; what is there and fails is a failure."""

import pathlib
import tempfile
import unittest
from unittest import mock

from latchkey_bench import run, settings, shell


class RunTests(unittest.TestCase):
    def measure(self, section) -> dict:
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(run.SECTIONS, {"costs": section}), \
                mock.patch("builtins.print"):
            return run.measure(pathlib.Path("latchkey"), settings.QUICK, [], ["costs"], pathlib.Path(folder) / "out")

    def test_a_tool_that_is_missing_skips_its_section(self):
        results = self.measure(lambda peers, sizes: iter([shell.output(["no-such-tool"])]))
        self.assertEqual((list(results["skipped"]), results["failed"]), (["costs"], {}))

    def test_a_tool_that_fails_fails_its_section(self):
        results = self.measure(lambda peers, sizes: iter([shell.output(["false"])]))
        self.assertEqual((results["skipped"], list(results["failed"])), ({}, ["costs"]))


if __name__ == "__main__":
    unittest.main()
