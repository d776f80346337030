"""Where things are."""

import pathlib

TORTURE = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = TORTURE.parent
NATIVE = TORTURE / "native"
FUZZ = TORTURE / "Fuzz"
#: What is built here, and what is kept of a failure.
BUILD = TORTURE / ".build"
LATCHKEY = REPOSITORY / ".build/release/latchkey"
#: Debug builds of the server with a sanitizer.
ADDRESS_SANITIZED = REPOSITORY / ".build-asan/debug/latchkey"
THREAD_SANITIZED = REPOSITORY / ".build-tsan/debug/latchkey"
