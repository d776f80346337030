"""What other programs print is read."""

import unittest

from latchkey_bench import latchkey, locks, syscalls, wrk

WRK = """\
Running 2s test @ http://127.0.0.1:9601
  1 threads and 32 connections
  123456 requests in 2.00s, 21.00MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:  61728.35
Transfer/sec:     10.50MB
"""

STRACE = """\
    calls syscall
--------- ----------------
     2500 recvfrom
     2501 epoll_wait
        3 ???
--------- ----------------
     5004 total
"""


class ToolTests(unittest.TestCase):
    def test_wrk_tells_rate_and_failures(self):
        self.assertEqual(wrk.parsed(WRK), wrk.Result(123456, 61728.35, 15))

    def test_silence_of_wrk_is_an_error(self):
        with self.assertRaises(RuntimeError):
            wrk.parsed("unable to connect")

    def test_a_script_announces_the_size_of_content(self):
        script = wrk.script("PUT", "/SET/{}", 10, 100, 1)
        self.assertIn('"PUT /SET/%s HTTP/1.1\\r\\nHost: localhost\\r\\n', script)
        self.assertIn("Content-Length: 100\\r\\n\\r\\n", script)

    def test_a_script_for_gets_has_no_content(self):
        self.assertNotIn("Content-Length", wrk.script("GET", "/keys/{}", 10, 100, 16))

    def test_strace_tells_calls_by_name(self):
        self.assertEqual(syscalls.parsed(STRACE), {"recvfrom": 2500, "epoll_wait": 2501, "???": 3})

    def test_metrics_are_read_with_and_without_labels(self):
        text = '# HELP a b\na{shard="1"} 2.5\nb_total 3\n'
        self.assertEqual(list(latchkey.parsed(text)), [("a", 'shard="1"', 2.5), ("b_total", "", 3)])

    def test_the_longest_wait_is_that_of_all_shards(self):
        samples = [("latchkey_shard_lock_wait_max_seconds", 'shard="0"', 0.5),
                   ("latchkey_shard_lock_wait_max_seconds", 'shard="1"', 0.25),
                   ("latchkey_shard_lock_acquisitions_total", 'shard="0"', 3),
                   ("latchkey_shard_lock_acquisitions_total", 'shard="1"', 4), ("latchkey_keys", "", 9)]
        self.assertEqual(locks.summary(samples), {"latchkey_shard_lock_wait_max_seconds": 0.5, "acquisitions": 7})


if __name__ == "__main__":
    unittest.main()
