"""What all tests of browsers begin with: a service, a site of somebody else, and a browser that knows both by several names."""

import contextlib
import os
import unittest

from browser import Browser
from pages import Site
from server import Server

BINARY = os.environ["BINARY_UNDER_TEST"]
SHARDS = 2
# Names that lead here. `localhost` and addresses are trusted without TLS, and sent Sec-Fetch-Site; these are not.
RULES = "--host-resolver-rules=MAP *.test 127.0.0.1"

FETCH = """
    const [url, options, done] = arguments;
    fetch(url, options).then(async (answer) => done({
        type: answer.type, status: answer.status, text: await answer.text(),
        fields: Object.fromEntries(answer.headers),
    }), (failure) => done({ type: "failure", text: String(failure) }));
"""

# Sends a form that the page makes, into a frame of the page, and tells when there is an answer.
FORM = """
    const [url, encoding, fields, policy, done] = arguments;
    const frame = document.createElement("iframe");
    frame.name = `answer${document.forms.length}`;
    document.body.append(frame);
    const form = document.body.appendChild(document.createElement("form"));
    Object.assign(form, { method: "post", action: url, enctype: encoding, target: frame.name });
    if (policy) {
        const meta = document.head.appendChild(document.createElement("meta"));
        Object.assign(meta, { name: "referrer", content: policy });
    }
    for (const [name, value] of Object.entries(fields)) {
        const field = form.appendChild(document.createElement("textarea"));
        Object.assign(field, { name, value });
    }
    frame.onload = () => done(true);
    HTMLFormElement.prototype.submit.call(form);
"""


class BrowserCase(unittest.TestCase):
    """Tests on one site and one browser, and on a server that was started with `flags`."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.site = cls.enterClassContext(Site())
        cls.server = cls.enterClassContext(Server(BINARY, SHARDS, flags=cls.server_flags()))
        cls.browser = cls.enterClassContext(Browser(RULES))

    @classmethod
    def server_flags(cls):
        return cls.flags

    def setUp(self):
        self.assertEqual(200, self.server.request("DELETE", "/keys?all=true", headers=self.trusted())[0])
        self.assertEqual(201, self.put("kept", b"1"))

    def trusted(self):
        """Fields with which the test itself is let in."""
        return {}

    def put(self, key, content, kind=None):
        fields = self.trusted() | ({"Content-Type": kind} if kind else {})
        return self.server.request("PUT", f"/keys/{key}", content, fields)[0]

    def stored(self):
        """All keys with their values."""
        keys = self.server.request("GET", "/keys", headers=self.trusted())[2].split()
        return {
            key.decode(): self.server.request("GET", f"/keys/{key.decode()}", headers=self.trusted())[2] for key in keys}

    def assert_untouched(self, others=()):
        self.assertEqual({"kept", *others}, set(self.stored()))
        self.assertEqual(b"1", self.stored()["kept"])

    def open_site(self, host):
        self.browser.driver.get(self.site.origin(host))

    @contextlib.contextmanager
    def page_of(self, site, service):
        """A part of a test on the site's page, with the service's URL. That the page has changed nothing is looked at in the end."""
        with self.subTest(site=site, service=service):
            self.open_site(site)
            yield self.service(service)
            self.assert_untouched()

    def service(self, host="127.0.0.1"):
        return f"http://{host}:{self.server.port}"

    def fetch(self, url, **options):
        """What a `fetch` by the page that is open comes to."""
        return self.browser.driver.execute_async_script(FETCH, url, options)

    def submit(self, url, encoding, fields, policy=""):
        self.browser.driver.execute_async_script(FORM, url, encoding, fields, policy)
