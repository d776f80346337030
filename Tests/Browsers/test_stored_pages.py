"""Pages and pictures that somebody has stored, opened in a browser: they run, and may do nothing with the keys."""

import json

from browser_case import BrowserCase

# What each page tries once it runs, and then says that it has.
SCRIPT = """
    const attempts = [
        fetch("/keys/kept", { method: "DELETE" }), fetch("/keys/new", { method: "PUT", body: "x" }),
        fetch("/batch", { method: "POST", mode: "no-cors", body: "PUT new 1\\nx\\nDELETE kept\\n" }),
        fetch("/keys/kept?op=incr", { method: "POST", mode: "no-cors" }),
        fetch("/keys/kept").then((answer) => answer.text()).then((text) => { throw new Error("read " + text) }),
    ];
    Promise.allSettled(attempts).then((results) => {
        const request = new XMLHttpRequest();
        try { request.open("DELETE", "/keys/kept", false); request.send(); } catch {}
        const read = results.map((result) => String(result.reason)).find((reason) => reason.startsWith("Error: read"));
        document.documentElement.setAttribute("data-tried", read ?? self.origin);
    });
"""
HTML = f"<!doctype html><title>page</title><script>{SCRIPT}</script>".encode()
XHTML = (
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>page</title></head>'
    f"<body><script><![CDATA[{SCRIPT}]]></script></body></html>").encode()
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><script><![CDATA[{SCRIPT}]]></script></svg>'.encode()

RUN = [
    ("text/html", HTML), ("TEXT/HTML; charset=utf-8", HTML), ("text/html;", HTML), ("image/png, text/html", HTML),
    ("text/html (a page)", HTML), ("application/xhtml+xml", XHTML), ("image/svg+xml", SVG),
    ("Image/SVG+XML;charset=utf-8", SVG), ("text/xml", XHTML), ("application/xml", XHTML), ("application/a.b+xml", XHTML),
]
# Whatever is in them, these are text, a file to be saved, or nothing. `None` is a value that was stored without a type.
INERT = [
    None, "text/plain", "application/octet-stream", "application/json", "image/png", "text/css", "text/javascript", "html",
    "a/b", "*/*", "unknown/unknown", "application/unknown", "text/plain, */*", "text/html+a", "message/rfc822",
]


class StoredPages(BrowserCase):
    def tried(self):
        return self.browser.run("return document.documentElement?.getAttribute('data-tried')")

    def test_a_page_runs_and_writes_and_reads_nothing(self):
        for kind, content in RUN:
            with self.subTest(kind):
                self.put("page", content, kind)
                for host in ("127.0.0.1", "kv.test"):
                    self.browser.driver.get(self.service(host) + "/keys/page")
                    # It has an origin of its own, which has no name.
                    self.assertEqual("null", self.browser.wait(f"{kind} to run", self.tried))
                self.assert_untouched(["page"])

    def test_a_form_on_a_page_writes_nothing(self):
        for action, encoding, name in [
            ("/keys/kept?op=incr", "application/x-www-form-urlencoded", "a"),
            ("/batch", "text/plain", "DELETE kept\nPUT new 1"), ("/keys/new?op=getset", "multipart/form-data", "a"),
        ]:
            with self.subTest(action):
                form = (
                    f'<form method=post action="{action}" enctype="{encoding}">'
                    f"<textarea name={json.dumps(name)}>x</textarea></form>")
                self.put("page", f"<!doctype html>{form}<script>document.forms[0].submit()</script>".encode(), "text/html")
                self.browser.driver.get(self.service() + "/keys/page")
                self.browser.wait("the answer", lambda: "pages of other sites" in self.browser.text("html"))
                self.assert_untouched(["page"])

    def test_a_page_in_a_frame_of_another_has_no_more_rights(self):
        self.put("page", HTML, "text/html")
        self.put("framing", b"<!doctype html><iframe src=/keys/page></iframe>", "text/html")
        driver = self.browser.driver
        driver.get(self.service() + "/keys/framing")
        driver.switch_to.frame(0)
        self.assertEqual("null", self.browser.wait("the frame to run", self.tried))
        driver.switch_to.default_content()
        self.assert_untouched(["page", "framing"])

    def test_a_page_that_opens_the_page_at_the_root_cannot_use_it(self):
        opener = """
            const child = window.open("/");
            setInterval(() => {
                let result = "refused";
                try { child.fetch("/keys/kept", { method: "DELETE" }); result = "used" } catch {}
                document.documentElement.setAttribute("data-tried", child ? result : "no window");
            }, 200);
        """
        self.put("page", f"<!doctype html><script>{opener}</script>".encode(), "text/html")
        driver = self.browser.driver
        driver.execute_cdp_cmd("Page.enable", {})
        driver.get(self.service() + "/keys/page")
        self.assertIn(self.browser.wait("the attempt", self.tried), ["refused", "no window"])
        for window in driver.window_handles[1:]:
            driver.switch_to.window(window)
            driver.close()
        driver.switch_to.window(driver.window_handles[0])
        self.assert_untouched(["page"])

    def test_no_other_type_runs(self):
        for kind in INERT:
            with self.subTest(kind):
                self.put("page", HTML, kind)
                self.browser.driver.get(self.service() + "/")
                self.browser.driver.get(self.service() + "/keys/page")
                self.assertIsNone(self.tried())
                self.assert_untouched(["page"])
