"""The page for everybody: on a phone, in the dark, with a keyboard, with a screen reader."""

import pathlib

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import PHONE
from page_case import PageCase

CONTRAST = (pathlib.Path(__file__).parent / "contrast.js").read_text()
# WCAG 2, level AA, for text of any size.
LEAST_CONTRAST = 4.5
MOST_TABS = 12
NAMED_ROLES = {"button", "link", "radio", "gridcell", "grid", "meter", "image", "DisclosureTriangle", "table", "heading"}


class Readers(PageCase):
    def test_it_is_one_document_without_assets(self):
        status, fields, content = self.server.request("GET", "/", headers={"Accept": "text/html,*/*;q=0.8"})
        self.assertEqual((200, "text/html; charset=utf-8"), (status, fields["Content-Type"].lower()))
        policy = dict(part.split(maxsplit=1) for part in fields["Content-Security-Policy"].split(";"))
        self.assertEqual(("'none'", "'self'"), (policy["default-src"], policy["connect-src"]))
        for kind in ("script-src", "style-src"):
            self.assertRegex(policy[kind], r"^'sha256-[A-Za-z0-9+/]{43}='$")
        loaded = self.browser.run("return performance.getEntriesByType('resource').map(({ name }) => name)")
        self.assertEqual({self.server.url + "metrics"}, {name for name in loaded if not name.startswith("data:")})
        self.assertIn(b'<html lang="en">', content)

    def test_curl_still_gets_the_help(self):
        _, fields, content = self.server.request("GET", "/", headers={"Accept": "*/*"})
        self.assertEqual("text/plain; charset=utf-8", fields["Content-Type"].lower())
        self.assertIn(b"curl -T", content)

    def test_nothing_sticks_out_on_a_phone(self):
        for size in (PHONE, (PHONE[1], PHONE[0])):
            with self.subTest(size=size):
                self.browser.resize(size, mobile=True)
                self.browser.wait("the new width", lambda: self.browser.run("return innerWidth") == size[0])
                too_wide = lambda: self.browser.run(
                    "return [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility() &&"
                    "    element.getBoundingClientRect().right > innerWidth + 0.5).map((element) => element.outerHTML)")
                self.browser.wait("charts in the new width", lambda: not too_wide())
                self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), size[0])

    def test_dark_and_light_can_be_read(self):
        grounds = {}
        for scheme in ("light", "dark"):
            for heat in ("wait", "load"):
                with self.subTest(scheme=scheme, heat=heat):
                    self.browser.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
                    self.browser.find(f"[name=heat][value={heat}]").click()
                    measured = self.browser.run(CONTRAST, LEAST_CONTRAST)
                    grounds[scheme] = measured["ground"]
                    self.assertEqual([], measured["faint"])
                    self.assertGreater(measured["count"], 100)
        self.assertGreater(grounds["light"], 0.8)
        self.assertLess(grounds["dark"], 0.05)

    def test_cells_of_any_heat_can_be_read(self):
        # The page sets the heat anew with each answer: it is asked to rest, so that it is ours alone.
        self.browser.find("#pause").click()
        for scheme in ("light", "dark"):
            self.browser.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            for step in range(0, 101, 4):
                self.browser.run(
                    "document.querySelectorAll('.cell').forEach((cell, index) =>"
                    "    cell.style.setProperty('--heat', Math.min(100, arguments[0] + index / 2) / 100))", step)
                self.assertEqual([], self.browser.run(CONTRAST, LEAST_CONTRAST)["faint"], f"{scheme}, heat {step} %")

    def test_the_map_is_walked_with_arrow_keys(self):
        self.tab_to("cell")
        self.assertEqual("0", self.focused_shard())
        for key, shard in [
            (Keys.ARROW_RIGHT, "1"), (Keys.END, "7"), (Keys.ARROW_RIGHT, "7"), (Keys.ARROW_LEFT, "6"), (Keys.HOME, "0"),
            (Keys.ARROW_LEFT, "0"), (Keys.ARROW_RIGHT, "1"),
        ]:
            self.press(key)
            self.assertEqual(shard, self.focused_shard())
        self.assertEqual("Shard 1", self.browser.text("#shard-name"))
        self.assertEqual("true", self.browser.attribute("[data-shard='1']", "aria-selected"))
        # One stop for the tabulator, which remembers where it was.
        self.press(Keys.TAB)
        self.assertIsNone(self.focused_shard())
        self.press(Keys.SHIFT, Keys.TAB)
        self.assertEqual("1", self.focused_shard())
        self.press(Keys.ESCAPE)
        self.assertEqual("false", self.browser.attribute("[data-shard='1']", "aria-selected"))

    def test_the_focus_survives_a_new_layout(self):
        self.tab_to("cell")
        self.press(Keys.ARROW_RIGHT)
        self.browser.resize((200, 800))
        self.browser.wait("fewer columns", lambda: len(self.browser.texts("#heat-map > [role=row]")) > 1)
        self.assertEqual("1", self.focused_shard())
        self.press(Keys.ARROW_DOWN)
        self.assertEqual("5", self.focused_shard())

    def test_hover_and_tap_show_a_shards_figures(self):
        ActionChains(self.browser.driver).move_to_element(self.browser.find("[data-shard='3']")).perform()
        self.assertEqual("Shard 3", self.browser.text("#shard-name"))
        self.assertTrue(all(self.browser.texts("#shard-detail dd")))
        ActionChains(self.browser.driver).move_to_element(self.browser.find("h1")).perform()
        self.assertNotEqual("Shard 3", self.browser.text("#shard-name"))

        self.browser.resize(PHONE, mobile=True)
        self.browser.protocol("Emulation.setTouchEmulationEnabled", enabled=True)
        self.addCleanup(self.browser.protocol, "Emulation.setTouchEmulationEnabled", enabled=False)
        place = self.browser.run(
            "const cell = document.querySelector(\"[data-shard='6']\"); cell.scrollIntoView({ block: 'center' });"
            "const { x, y, width, height } = cell.getBoundingClientRect(); return [x + width / 2, y + height / 2]")
        self.browser.protocol("Input.dispatchTouchEvent", type="touchStart", touchPoints=[dict(zip("xy", place))])
        self.browser.protocol("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.browser.wait("the tapped shard", lambda: self.browser.text("#shard-name") == "Shard 6")
        self.browser.find("#unpin").click()
        self.assertFalse(self.browser.find("#unpin").is_displayed())

    def test_everything_has_a_name(self):
        nodes = self.browser.protocol("Accessibility.getFullAXTree")["nodes"]
        found = {}
        for node in nodes:
            role = node.get("role", {}).get("value")
            focusable = any(
                own["name"] == "focusable" and own["value"].get("value") for own in node.get("properties", []))
            if node["ignored"] or role == "RootWebArea" or not (focusable or role in NAMED_ROLES):
                continue
            name = node.get("name", {}).get("value", "")
            found.setdefault(role, []).append(name)
        self.assertEqual([], [role for role, names in found.items() if not all(names)])
        self.assertLessEqual(NAMED_ROLES - {"meter"}, set(found))
        roles = {node.get("role", {}).get("value") for node in nodes}
        self.assertLessEqual({"banner", "main", "contentinfo", "region"}, roles)
        self.assertEqual("Latchkey", self.browser.driver.title)

    def test_it_rests_when_asked_to(self):
        button = self.browser.find("#pause")
        button.click()
        self.assertEqual("paused", self.browser.attribute("body", "data-state"))
        self.assertEqual("Resume", button.text)
        button.click()
        self.browser.wait("figures", lambda: self.browser.attribute("body", "data-state") == "live")

    def tab_to(self, name):
        for _ in range(MOST_TABS):
            self.press(Keys.TAB)
            if name in self.browser.run("return document.activeElement.className").split():
                return
        self.fail(f"no {name} within {MOST_TABS} tabs")

    def press(self, *keys):
        chain = ActionChains(self.browser.driver)
        for key in keys[:-1]:
            chain.key_down(key)
        chain.send_keys(keys[-1])
        for key in keys[:-1]:
            chain.key_up(key)
        chain.perform()

    def focused_shard(self):
        return self.browser.run("return document.activeElement.dataset.shard ?? null")
