"""The page of a server that lets in only those with a token."""

import pathlib
import tempfile

from page_case import BINARY, PageCase, SHARDS
from server import Server

WRITER = "a-token-of-those-who-may-write-and-read"
READER = "a-token-of-those-who-may-only-read"


class Token(PageCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        flags = []
        for flag, token in (("--token-file", WRITER), ("--read-token-file", READER)):
            file = folder / flag.strip("-")
            file.write_text(token + "\n")
            flags += [flag, str(file)]
        self.guarded = self.enterContext(Server(BINARY, SHARDS, flags=flags))
        self.browser.driver.get(self.guarded.url)

    def tearDown(self):
        self.browser.driver.get("about:blank")
        self.forgive_network_errors()

    def test_the_page_asks_for_a_token_and_shows_the_figures_to_who_has_one(self):
        self.browser.wait("the question", self.asks)
        self.assertEqual("a token is needed", self.browser.text("#state"))
        self.enter("a-token-that-nobody-has-been-given")
        self.browser.wait("the refusal", lambda: self.browser.text("#state") == "the token is not known")
        self.assertTrue(self.asks())
        for token in (f"  {READER} ", WRITER):
            self.enter(token)
            self.browser.wait("figures", lambda: "/s" in self.browser.text("[data-figure=requests]"))
            self.assertEqual("live", self.state())
            self.assertFalse(self.asks())
            # It is kept nowhere: who opens the page anew is asked again.
            self.browser.driver.get(self.guarded.url)
            self.browser.wait("the question", self.asks)

    def asks(self):
        return self.browser.run("return !document.getElementById('ask-token').hidden && document.activeElement.id === 'token'")

    def enter(self, token):
        self.browser.find("#token").send_keys(token)
        self.browser.find("#ask-token button").click()
