"""What is taken for different follows from the version."""

import unittest

from latchkey_torture.engine import NEW, OLD, Engine


class EngineTests(unittest.TestCase):
    def test_the_line_is_drawn_at_1_0(self):
        for version in ["1.0.0", "1.0.1", "1.0.10", "1.1.0"]:
            engine = Engine.of(version)
            self.assertEqual((engine.goes_on_after_chunks, engine.hides_line_ends), (True, False))
        for version in ["0.9.75", "0.9.76", "unknown"]:
            engine = Engine.of(version)
            self.assertEqual((engine.goes_on_after_chunks, engine.hides_line_ends), (False, True))

    def test_chunk_extensions_are_shifted_from_1_0_0_to_1_0_9(self):
        shifting = [version for version in ["0.9.75", "1.0.0", "1.0.1", "1.0.9", "1.0.10", "1.1.0"]
                    if Engine.of(version).shifts_extended_chunks]
        self.assertEqual(shifting, ["1.0.0", "1.0.1", "1.0.9"])
        self.assertEqual((OLD.version, NEW.version), ("0.9.75", "1.0.1"))


if __name__ == "__main__":
    unittest.main()
