"""The page when the server goes away and comes back."""

from page_case import BINARY, PageCase, SHARDS
from server import Server

# Collects text that a reader could take for a negative number.
WATCH_FOR_NEGATIVES = r"""
    window.negatives = [];
    const look = () => negatives.push(...(document.body.innerText.match(/.*[-\u2212]\d.*/g) ?? []));
    new MutationObserver(look).observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true });
"""


class Outage(PageCase):
    def test_the_page_says_so_and_recovers(self):
        for number in range(300):
            self.server.request("PUT", f"/keys/{number}", b"value")
        self.browser.wait("the requests", lambda: self.browser.text("[data-figure=keys]") == "300")
        self.browser.run(WATCH_FOR_NEGATIVES)
        self.server.stop()
        self.browser.wait("the outage", lambda: self.state() == "silent")
        self.assertRegex(self.browser.text("#state"), r"^no answer since \d")
        self.assertRegex(self.browser.text("#announcement"), r"^No answer since \d")
        # The figures of before stay, and the charts go on without any.
        self.assertEqual("300", self.browser.text("[data-figure=keys]"))
        self.assertIn("–", self.browser.text("#rate-key"))
        self.forgive_refused_connections()

        with Server(BINARY, SHARDS, port=self.server.port):
            self.browser.wait("the server", lambda: self.state() == "live")
            self.assertEqual("The server was started anew.", self.browser.text("#announcement"))
            self.assertEqual("0", self.browser.text("[data-figure=keys]"))
            self.browser.wait("rates", lambda: "/s" in self.browser.text("[data-figure=requests]"))
            self.assertEqual([], self.browser.run("return negatives"))
            # From now on nothing may be in the console again.
            self.forgive_refused_connections()
            self.browser.wait("a later answer", self.has_later_answer())
            self.assertEqual([], self.browser.log())
            # The page must not meet the end of this server before the test is over.
            self.browser.driver.get("about:blank")

    def state(self):
        return self.browser.find("body").get_attribute("data-state")

    def has_later_answer(self):
        count = lambda: self.browser.run("return performance.getEntriesByType('resource').length")
        before = count()
        return lambda: count() > before + 1

    def forgive_refused_connections(self):
        """The browser itself reports each connection that is refused; the page cannot keep it from that."""
        others = [line for line in self.browser.log() if line["source"] != "network"]
        self.assertEqual([], others)
