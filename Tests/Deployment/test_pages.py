"""Links and anchors in the documentation lead somewhere, and flags that it tells of exist."""

import re
import unittest

from places import BINARY, PAGES, ROOT, run

LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FLAG = re.compile(r"`(--[a-z-]+)")
FLAGS_OF_THE_SERVER = ["Operations.md", "Alerts.md"]


def anchors(page):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class PageTests(unittest.TestCase):
    def test_links_lead_to_files_and_headings(self):
        for page in PAGES:
            for target, anchor in LINK.findall(page.read_text()):
                with self.subTest(page=page.name, target=target, anchor=anchor):
                    file = (page.parent / target).resolve() if target else page
                    self.assertTrue(file.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(file))

    def test_flags_exist(self):
        _, text = run(BINARY, "--help")
        flags = set(re.findall(r"(?m)^ +(--[a-z-]+) ", text))
        for name in FLAGS_OF_THE_SERVER:
            named = set(FLAG.findall((ROOT / "Documentation" / name).read_text()))
            self.assertTrue(named)
            self.assertEqual(named - flags, set(), name)


if __name__ == "__main__":
    unittest.main()
