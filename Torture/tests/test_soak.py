"""Growth is told from noise."""

import random
import unittest

from latchkey_torture.soak import Slope


class SlopeTests(unittest.TestCase):
    def test_a_line_is_found(self):
        slope = Slope.of([(float(when), 100 + 3.0 * when) for when in range(50)])
        self.assertAlmostEqual(slope.per_second, 3)
        self.assertAlmostEqual(slope.bound, 0, places=6)

    def test_noise_is_within_its_bound(self):
        chance = random.Random(1)
        within = 0
        for _ in range(200):
            slope = Slope.of([(float(when), chance.gauss(1000, 50)) for when in range(100)])
            within += abs(slope.per_second) <= slope.bound
        self.assertGreater(within, 180)

    def test_growth_beneath_noise_is_found(self):
        chance = random.Random(2)
        slope = Slope.of([(float(when), chance.gauss(1000, 50) + 2 * when) for when in range(100)])
        self.assertGreater(slope.per_second - slope.bound, 0)


if __name__ == "__main__":
    unittest.main()
