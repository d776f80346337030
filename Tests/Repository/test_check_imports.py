"""The check of imports finds what is not declared, and nothing else."""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load():
    """The script as a module."""
    loader = importlib.machinery.SourceFileLoader("check_imports", str(ROOT / "Scripts/check-imports"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_imports", loader))
    loader.exec_module(module)
    return module


CHECK = load()

PACKAGE = """// swift-tools-version: 6.2
import PackageDescription
let package = Package(
    name: "sample",
    targets: [
        .target(name: "Low"),
        .target(name: "Middle", dependencies: ["Low"]),
        .target(name: "High", dependencies: ["Middle"]),
        .testTarget(name: "HighTests", dependencies: ["High"]),
    ])
"""


class CheckImportsTests(unittest.TestCase):
    def findings(self, **sources):
        """What is said about a package whose targets have these sources."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "Package.swift").write_text(PACKAGE)
            for target in ["Low", "Middle", "High", "HighTests"]:
                place = folder / ("Tests" if target.endswith("Tests") else "Sources") / target
                place.mkdir(parents=True)
                (place / "File.swift").write_text(sources.get(target, ""))
            errors = io.StringIO()
            with contextlib.redirect_stderr(errors):
                status = CHECK.main([name])
            lines = [line.split(": ", 1)[1] for line in errors.getvalue().splitlines()]
            self.assertEqual(status, 1 if lines else 0)
            return lines

    def test_what_is_declared_and_what_is_given_passes(self):
        self.assertEqual(self.findings(High="import Glibc\npublic import Middle\n", HighTests="@testable import High\n"), [])

    def test_what_only_a_dependency_declares_is_found(self):
        self.assertEqual(self.findings(High="import Middle\nimport Low\n"), ["High imports Low, which it does not declare"])

    def test_it_is_found_in_tests_and_in_every_form(self):
        for line in ["import Low", "public import Low", "@testable import Low", "@_spi(A) internal import struct Low.Thing"]:
            with self.subTest(line):
                self.assertEqual(self.findings(HighTests=line), ["HighTests imports Low, which it does not declare"])

    def test_a_comment_is_no_import(self):
        self.assertEqual(self.findings(Low="// import Middle\n/// We import Middle.\n"), [])


if __name__ == "__main__":
    unittest.main()
