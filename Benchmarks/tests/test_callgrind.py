"""What callgrind writes is read."""

import unittest

from latchkey_bench.callgrind import functions, zeroing

OUTPUT = """\
version: 1
events: Ir
thread: 2

ob=(1) /lib/libc.so
fl=(1) ???
fn=(1) main
0 7
cfn=(2) memset
calls=3 0
0 300
+2 5

fn=(2)
* 300

fn=(1)
-1 10
totals: 322
"""


class CallgrindTests(unittest.TestCase):
    def test_a_function_counts_without_those_it_calls(self):
        self.assertEqual(functions(OUTPUT.splitlines()), {"main": 22, "memset": 300})

    def test_zeroing_is_told_apart(self):
        self.assertEqual(zeroing(functions(OUTPUT.splitlines())), 300)


if __name__ == "__main__":
    unittest.main()
