"""Tries to break Latchkey: see Torture/README.md. Shares its servers, clients and tables with the benchmark."""

import pathlib
import sys

_REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path += [str(_REPOSITORY / "Benchmarks"), str(_REPOSITORY / "Tests/AnswerFields")]
