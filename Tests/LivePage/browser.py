"""Chromium without a window, as Debian packages it, and what is asked of a page in it."""

import os
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

WITHIN_SECONDS = 20
WIDE = (1280, 900)
PHONE = (360, 800)


class Browser:
    """One window with one page, until the end of a `with`. Started with the arguments that are given, too."""

    def __init__(self, *arguments):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--disable-dev-shm-usage", "--hide-scrollbars", *arguments):
            options.add_argument(argument)
        if os.geteuid() == 0:
            # Chromium does not start its sandbox as root. It is shown nothing but our own page.
            options.add_argument("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.resize(WIDE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, url):
        """Opens the page and waits for its first rates, which need two answers."""
        self.driver.get(url)
        self.wait("the first rates", lambda: "/s" in self.text("[data-figure=requests]"))

    def resize(self, size, mobile=False):
        width, height = size
        self.protocol(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def prefer(self, **features):
        """Sets media features: `prefer(prefers_color_scheme="dark")`."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.protocol("Emulation.setEmulatedMedia", features=named)

    def protocol(self, method, **parameters):
        """A command of the browser's own protocol."""
        return self.driver.execute_cdp_cmd(method, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        # As it is in the document: what is only for screen readers counts too.
        return self.run("return document.querySelector(arguments[0]).textContent", selector).strip()

    def attribute(self, selector, name):
        # In one step: the page may put another element in the place of one that was found.
        return self.run("return document.querySelector(arguments[0])?.getAttribute(arguments[1])", selector, name)

    def texts(self, selector):
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent.trim())", selector)

    def cells(self):
        """The cells of the map: shard, and heat from 0 to 1."""
        cells = self.run(
            "return [...document.querySelectorAll('.cell')].map(({ dataset }) => [dataset.shard, Number(dataset.heat)])")
        return dict(cells)

    def wait(self, what, condition, within=WITHIN_SECONDS):
        """Waits until `condition` gives something true, and gives that."""
        return WebDriverWait(self.driver, within, poll_frequency=0.1).until(
            lambda _: condition(), f"waited {within} s for {what}")

    def log(self):
        """What the console has been told since the last call."""
        return self.driver.get_log("browser")
