"""Documentation/Locking.md tells of every lock in the sources, and of no other."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TYPE = re.compile(r"^(?:\w+ )*(?:class|struct|enum|actor|extension) (\w+)", re.MULTILINE)
LOCK = re.compile(r"^ *(?:\w+ )*let (\w+)(?:: | = )(?:AnnotatedMutex|BargingMutex|Mutex)[<(]", re.MULTILINE)
NAMED = re.compile(r"`(\w+\.\w+)`")


def locks(text):
    """The locks that a file of Swift declares, as `Type.name`."""
    types = [(match.start(), match[1]) for match in TYPE.finditer(text)]
    for match in LOCK.finditer(text):
        yield [name for start, name in types if start < match.start()][-1] + "." + match[1]


class LockingPageTests(unittest.TestCase):
    def test_every_lock_is_in_the_table_and_every_row_is_a_lock(self):
        declared = {
            lock for file in (ROOT / "Sources").rglob("*.swift") if file.parent.name != "Locks" for lock in locks(file.read_text())}
        # A row of its own names the type.
        declared.remove("ShardLock.mutex")
        rows = [line for line in (ROOT / "Documentation/Locking.md").read_text().splitlines() if line.startswith("| `")]
        named = {name for row in rows for name in NAMED.findall(row.split("|")[1])}
        self.assertEqual(declared, named)

    def test_a_lock_belongs_to_the_type_above_it(self):
        text = "final class A {\n}\nstruct B: C {\n    private let x = AnnotatedMutex(0)\n    let y: Mutex<Int>\n}\n"
        self.assertEqual(list(locks(text)), ["B.x", "B.y"])


if __name__ == "__main__":
    unittest.main()
