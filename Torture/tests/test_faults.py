"""The library that is preloaded fails as often as it is told to, and where it may."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from latchkey_bench import shell
from latchkey_torture import paths
from latchkey_torture.faults import Faults

#: A program that sends and allocates, and counts what fails.
_PROGRAM = r"""
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sys/socket.h>
int main(void) {
  int ends[2], failed = 0, whole = 0;
  char bytes[4] = "abc";
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return 1;
  for (int i = 0; i < 60; i++) {
    if (send(ends[0], bytes, 4, 0) < 0) failed++;
    else whole++;
  }
  int refused = 0;
  for (int i = 0; i < 60; i++) {
    struct MHD_Response *response = MHD_create_response_from_buffer(0, 0, MHD_RESPMEM_PERSISTENT);
    if (response) MHD_destroy_response(response);
    else refused++;
  }
  printf("%d %d %d\n", failed, whole, refused);
}
"""


class FaultTests(unittest.TestCase):
    def run_program(self, memory: int, sockets: int) -> tuple[list[int], tuple[int, int]]:
        """What the program counts with faults at these intervals, and what the library counts."""
        try:
            library = shell.compile_c("faults.so", [paths.NATIVE / "faults.c"], "-shared", "-fPIC", build=paths.BUILD)
        except shell.Unavailable as reason:
            self.skipTest(str(reason))
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "program.c"
            source.write_text(_PROGRAM)
            try:
                program = shell.compile_c("program", [source], "-lmicrohttpd", build=pathlib.Path(folder))
            except shell.Failed as reason:
                self.skipTest(str(reason))
            faults = Faults(pathlib.Path(folder) / "faults")
            faults.have(memory, sockets)
            environment = {**os.environ, "LD_PRELOAD": str(library), "TORTURE_FAULTS": str(faults.path)}
            done = subprocess.run([program], env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=20)
            return [int(word) for word in done.stdout.split()], faults.counts()

    def test_nothing_fails_when_nothing_is_to(self):
        self.assertEqual(self.run_program(0, 0), ([0, 60, 0], (0, 0)))

    def test_every_third_call_fails(self):
        (failed, whole, refused), (memory, sockets) = self.run_program(3, 3)
        self.assertEqual((memory, sockets), (20, 20))
        self.assertEqual(refused, 20)
        # Some of the faults are that less is sent than could be.
        self.assertEqual(failed + whole, 60)
        self.assertTrue(0 < failed < 20, failed)


if __name__ == "__main__":
    unittest.main()
