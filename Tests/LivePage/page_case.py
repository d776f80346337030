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

    def tearDown(self):
        self.assertEqual([], self.browser.log())
