"""Pages of other sites, which a service that is told nothing of them lets write nothing."""

from browser_case import BrowserCase

# How the site and the service are called. Of the first two the browser says that they are the same site, and another one; of
# the last it says nothing but the origin.
PAIRS = [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("evil.test", "kv.test")]
BATCH = "PUT new 1\nx\nDELETE kept\n"


class OtherSites(BrowserCase):
    def test_a_fetch_without_leave_writes_nothing(self):
        for pair in PAIRS:
            with self.page_of(*pair) as url:
                for path, method, body in [
                    ("/batch", "POST", BATCH), ("/keys/kept?op=incr", "POST", None), ("/keys/kept?op=getdel", "POST", None),
                    ("/keys/kept?op=append", "POST", "x"), ("/keys/new?op=getset", "POST", "x"),
                ]:
                    answer = self.fetch(url + path, method=method, body=body, mode="no-cors")
                    self.assertEqual("opaque", answer["type"], path)
                    # What a page sends when it leaves, and one that says nothing of where it is.
                    self.fetch(url + path, method=method, body=body, mode="no-cors", keepalive=True)
                    self.fetch(url + path, method=method, body=body, mode="no-cors", referrerPolicy="no-referrer")
                self.browser.run("return navigator.sendBeacon(arguments[0], arguments[1])", url + "/batch", BATCH)

    def test_a_fetch_that_asks_for_leave_gets_none(self):
        for pair in PAIRS:
            with self.page_of(*pair) as url:
                for method, path in [
                    ("PUT", "/keys/new"), ("DELETE", "/keys/kept"), ("DELETE", "/keys?all=true"), ("POST", "/batch"),
                    ("GET", "/keys/kept"),
                ]:
                    body = None if method in ("GET", "DELETE") else BATCH
                    self.assertEqual("failure", self.fetch(url + path, method=method, body=body)["type"], path)

    def test_a_form_writes_nothing(self):
        for pair in PAIRS:
            with self.page_of(*pair) as url:
                for policy in ("", "no-referrer"):
                    # A form of plain text is its name, an equals sign and its value: `x=` is no item, but the value may be any.
                    self.submit(url + "/batch", "text/plain", {"PUT new 3\nx": "y\nDELETE kept\n"}, policy)
                    self.submit(url + "/keys/kept?op=incr", "application/x-www-form-urlencoded", {}, policy)
                    self.submit(url + "/keys/kept?op=append", "multipart/form-data", {"a": "b"}, policy)
                    self.submit(url + "/keys/new?op=getset", "text/plain", {"a": "b"}, policy)

    def test_values_can_be_linked_and_shown(self):
        script = b'<script>fetch("/keys/kept", { method: "DELETE" })</script>'
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="3">' + script + b"</svg>"
        self.put("picture.svg", svg, "image/svg+xml")
        self.browser.driver.get(self.site.origin("localhost"))
        width = self.browser.driver.execute_async_script(
            "const [url, done] = arguments; const image = new Image(); image.onerror = () => done('error');"
            "image.onload = () => done(image.width); image.src = url;", self.service() + "/keys/picture.svg")
        self.assertEqual(7, width)
        self.assert_untouched(["picture.svg"])

    def test_the_page_at_the_root_is_shown_in_no_frame(self):
        driver = self.browser.driver
        driver.get(self.site.origin("localhost"))
        driver.execute_async_script(
            "const [url, done] = arguments; const frame = document.createElement('iframe'); frame.onload = () => done();"
            "frame.src = url; document.body.append(frame);", self.service() + "/")
        driver.switch_to.frame(0)
        self.assertIsNone(self.browser.attribute("[data-figure=requests]", "data-figure"))
        driver.switch_to.default_content()


class OwnPages(BrowserCase):
    """What is no other site: the service's own page, and what somebody types."""

    def test_the_page_at_the_root_may_write(self):
        for host in ("127.0.0.1", "localhost", "kv.test"):
            with self.subTest(host):
                self.browser.driver.get(self.service(host) + "/")
                for method, status in [("PUT", 201), ("DELETE", 204)]:
                    answer = self.fetch(f"/keys/{host}", method=method, body="x" if method == "PUT" else None)
                    self.assertEqual(status, answer["status"])
                answer = self.fetch("/keys/kept?op=append", method="POST", body="", referrerPolicy="no-referrer")
                self.assertEqual(204, answer["status"])
                self.assertEqual("200", self.fetch("/batch", method="POST", body="GET kept\n")["text"][:3])

    def test_an_address_that_is_typed_is_shown(self):
        self.put("text", b"as it is", "text/plain")
        self.browser.driver.get(self.service() + "/keys/text")
        self.assertEqual("as it is", self.browser.text("body"))
