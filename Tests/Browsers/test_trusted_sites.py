"""Pages of sites that `--cors-origin` names, and of those that it does not name."""

import pathlib
import tempfile

from browser_case import BrowserCase

WRITER = "writer-0123456789"
SITES = [("localhost", "127.0.0.1"), ("app.test", "kv.test")]
OTHER_SITES = [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("evil.test", "kv.test")]


class TrustedSites(BrowserCase):
    """On a server that asks for tokens, too."""

    @classmethod
    def server_flags(cls):
        directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        tokens = pathlib.Path(directory) / "tokens"
        tokens.write_text(WRITER)
        origins = [cls.site.origin("localhost"), cls.site.origin("app.test")]
        return ["--token-file", str(tokens), "--cors-origin", origins[0], "--cors-origin", origins[1]]

    def trusted(self):
        return {"Authorization": f"Bearer {WRITER}"}

    def test_a_page_may_do_all_and_read_all_fields(self):
        for pair in SITES:
            with self.page_of(*pair) as url:
                fields = self.trusted() | {"Content-Type": "text/x", "Latchkey-Meta-Author": "me", "If-None-Match": "*"}
                created = self.fetch(f"{url}/keys/new?ttl=60", method="PUT", body="value", headers=fields)
                self.assertEqual(201, created["status"], created)
                tag = created["fields"]["etag"]
                refused = self.fetch(f"{url}/keys/new", method="PUT", body="other", headers=fields)
                self.assertEqual((412, tag), (refused["status"], refused["fields"]["etag"]))
                read = self.fetch(
                    f"{url}/keys/new", headers=self.trusted() | {"Range": "bytes=1-2", "If-Range": tag, "Prefer": "timing"})
                self.assertEqual((206, "al"), (read["status"], read["text"]))
                for name, value in [
                    ("content-range", "bytes 1-2/5"), ("latchkey-meta-author", "me"), ("content-type", "text/x"), ("etag", tag),
                ]:
                    self.assertEqual(value, read["fields"].get(name), name)
                self.assertIn("latchkey-ttl", read["fields"])
                self.assertIn("server-timing", read["fields"])
                page = self.fetch(f"{url}/keys?limit=1", headers=self.trusted())
                self.assertIn('rel="next"', page["fields"]["link"])
                batch = self.fetch(f"{url}/batch", method="POST", body="GET new\nDELETE new\n", headers=self.trusted())
                self.assertEqual(200, batch["status"])
                counted = self.fetch(f"{url}/keys/kept?op=incr&by=0", method="POST", headers=self.trusted())
                self.assertEqual(200, counted["status"])

    def test_a_page_can_read_what_went_wrong(self):
        for pair in SITES:
            with self.page_of(*pair) as url:
                for path, options, status in [
                    ("/keys/kept", {}, 401), ("/keys/kept", {"method": "DELETE"}, 401), ("/batch", {"method": "POST"}, 401),
                    ("/keys/none", {"headers": self.trusted()}, 404), ("/keys/%zz", {"headers": self.trusted()}, 400),
                    ("/keys/kept", {"method": "PATCH", "headers": self.trusted()}, 0),
                ]:
                    answer = self.fetch(url + path, **options)
                    # A method that no preflight allows never comes here.
                    self.assertEqual(status or "failure", answer["status"] if status else answer["type"], (path, answer))

    def test_credentials_of_the_browser_are_not_asked_for(self):
        for pair in SITES:
            with self.page_of(*pair) as url:
                answer = self.fetch(f"{url}/keys/kept", headers=self.trusted(), credentials="include")
                self.assertEqual("failure", answer["type"])


class SomeSites(BrowserCase):
    """On a server that lets everybody do all, if he is no page."""

    @classmethod
    def server_flags(cls):
        return ["--cors-origin", cls.site.origin("app.test")]

    def test_pages_of_other_sites_have_no_leave(self):
        for pair in OTHER_SITES:
            with self.page_of(*pair) as url:
                for method in ("PUT", "DELETE", "POST", "GET"):
                    self.assertEqual("failure", self.fetch(f"{url}/keys/kept", method=method)["type"], method)
                self.fetch(f"{url}/batch", method="POST", body="DELETE kept\n", mode="no-cors")

    def test_a_form_of_a_site_that_is_trusted_may_write(self):
        self.open_site("app.test")
        self.submit(f"{self.service('kv.test')}/keys/kept?op=incr", "application/x-www-form-urlencoded", {})
        self.assertEqual(b"2", self.stored()["kept"])


class AllSites(BrowserCase):
    flags = ("--cors-origin", "*")

    def test_any_page_may_write(self):
        for pair in OTHER_SITES:
            with self.page_of(*pair) as url:
                answer = self.fetch(f"{url}/keys/new", method="PUT", body="x")
                self.assertEqual(201, answer["status"], answer)
                self.assertIn("etag", answer["fields"])
                self.assertEqual(204, self.fetch(f"{url}/keys/new", method="DELETE")["status"])
