"""Tries to break Latchkey: see Torture/README.md. Shares its servers, clients and tables with the benchmark."""

import pathlib
import sys

# The benchmark's package lies beside this one.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "Benchmarks"))
