"""A page whose name comes to lead to the service: to the browser it is the service's own."""

import unittest

from browser import Browser
from browser_case import BINARY, FETCH, RULES, SHARDS
from pages import Site
from server import Server


class Rebinding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser(RULES))

    def attack(self, *flags):
        """What becomes of a page's requests once the service is where the page has come from."""
        with Site() as site:
            port = site.port
            self.browser.driver.get(site.origin("evil.test"))
        with Server(BINARY, SHARDS, port, flags) as server:
            self.assertEqual(201, server.request("PUT", "/keys/kept", b"1")[0])
            answers = [
                self.browser.driver.execute_async_script(FETCH, path, {"method": method})
                for method, path in [("GET", "/keys/kept"), ("DELETE", "/keys/kept"), ("GET", "/livez")]
            ]
            return [answer["status"] for answer in answers], server.request("GET", "/keys/kept")[0]

    def test_a_service_that_answers_to_any_name_is_open_to_it(self):
        self.assertEqual(([200, 204, 200], 404), self.attack())

    def test_a_service_that_knows_its_names_answers_to_no_other(self):
        self.assertEqual(([421, 421, 200], 200), self.attack("--allowed-hosts", "127.0.0.1,kv.test"))
