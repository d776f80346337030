"""The page when the server goes away and comes back."""

import re
import time

from page_case import BINARY, PageCase, SHARDS
from server import Server

HIDDEN_SECONDS = 3

# Collects text that a reader could take for a negative number.
WATCH_FOR_NEGATIVES = r"""
    window.negatives = [];
    const look = () => negatives.push(...(document.body.innerText.match(/.*[-\u2212]\d.*/g) ?? []));
    new MutationObserver(look).observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true });
"""


class Outage(PageCase):
    def test_the_page_says_so_and_recovers(self):
        server = self.enterContext(Server(BINARY, SHARDS))
        port = server.port
        self.browser.open(server.url)
        for number in range(300):
            server.request("PUT", f"/keys/{number}", b"value")
        self.browser.wait("the requests", lambda: self.browser.text("[data-figure=keys]") == "300")
        self.browser.run(WATCH_FOR_NEGATIVES)
        server.stop()
        self.browser.wait("the outage", lambda: self.state() == "silent")
        self.assertRegex(self.browser.text("#state"), r"^no answer since \d")
        self.assertRegex(self.browser.text("#announcement"), r"^No answer since \d")
        # The figures of before stay, and the charts go on without any.
        self.assertEqual("300", self.browser.text("[data-figure=keys]"))
        self.assertIn("–", self.browser.text("#rate-key"))
        self.forgive_network_errors()

        with Server(BINARY, SHARDS, port=port):
            self.browser.wait("the server", lambda: self.state() == "live")
            self.assertEqual("The server was started anew.", self.browser.text("#announcement"))
            self.assertEqual("0", self.browser.text("[data-figure=keys]"))
            self.browser.wait("rates", lambda: "/s" in self.browser.text("[data-figure=requests]"))
            self.assertEqual([], self.browser.run("return negatives"))
            # From now on nothing may be in the console again.
            self.forgive_network_errors()
            self.browser.wait("a later answer", self.has_later_answer())
            self.assertEqual([], self.browser.log())
            # The page must not meet the end of this server before the test is over.
            self.browser.driver.get("about:blank")

    def test_a_server_that_hangs_is_not_waited_for(self):
        with Server(BINARY, SHARDS) as server:
            self.browser.open(server.url)
            server.suspend()
            # Whatever happens: a server that hangs does not end.
            try:
                self.browser.wait("the time-out", lambda: self.state() == "silent")
            finally:
                server.resume()
            self.browser.wait("the server", lambda: self.state() == "live")
            self.assertEqual("The server answers again.", self.browser.text("#announcement"))
            self.assertEqual([], self.browser.log())
            self.browser.driver.get("about:blank")

    def test_a_hidden_page_asks_for_nothing(self):
        asked = lambda: int(re.search(
            r'{method="GET",route="/metrics",code="200"} (\d+)', self.server.request("GET", "/metrics")[2].decode())[1])
        page = self.browser.driver.current_window_handle
        self.browser.driver.switch_to.new_window("tab")
        before = asked()
        # Of silence there is nothing to wait for but the time in which it would have been broken.
        time.sleep(HIDDEN_SECONDS)
        self.assertEqual(1, asked() - before, "requests since, with our own")
        self.browser.driver.close()
        self.browser.driver.switch_to.window(page)
        self.browser.wait("the page to ask again", self.has_later_answer())

    def has_later_answer(self):
        count = lambda: self.browser.run("return performance.getEntriesByType('resource').length")
        before = count()
        return lambda: count() > before + 1
