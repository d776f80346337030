"""What all tests of the page begin with."""

import os
import unittest

from browser import Browser, WIDE
from server import Server

BINARY = os.environ["BINARY_UNDER_TEST"]
SHARDS = 8


class PageCase(unittest.TestCase):
    """Tests on one server and one browser. The page may not write a word to the console."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(BINARY, SHARDS))
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.resize(WIDE)
        self.browser.prefer()
        self.browser.open(self.server.url)

    def state(self):
        return self.browser.attribute("body", "data-state")

    def forgive_network_errors(self):
        """The browser itself reports each connection that is refused, and each refusal; the page cannot keep it from that."""
        others = [line for line in self.browser.log() if line["source"] != "network"]
        self.assertEqual([], others)

    def tearDown(self):
        self.assertEqual([], self.browser.log())
