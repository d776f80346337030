"""A case follows from its seed and number."""

import collections
import unittest

from latchkey_torture.http_case import Case


class CaseTests(unittest.TestCase):
    def test_the_same_number_makes_the_same_case(self):
        for number in range(200):
            self.assertEqual(Case.of(7, number), Case.of(7, number))
        self.assertNotEqual([Case.of(7, number) for number in range(9)], [Case.of(8, number) for number in range(9)])

    def test_the_pieces_make_the_message(self):
        for number in range(500):
            case = Case.of(1, number)
            self.assertEqual(sum(case.pieces), len(case.message))
            self.assertTrue(all(piece > 0 for piece in case.pieces))

    def test_all_kinds_and_endings_come_up(self):
        cases = [Case.of(2, number) for number in range(500)]
        self.assertEqual(len(collections.Counter(case.kind for case in cases)), 5)
        self.assertEqual(len(collections.Counter(case.ending for case in cases)), 4)


if __name__ == "__main__":
    unittest.main()
