"""Takes a picture of the page under load: `take_screenshot.py PICTURE`."""

import base64
import io
import os
import pathlib
import random
import sys
import time

from PIL import Image

from browser import Browser
from load import Load
from server import Server

SHARDS = 64
# So long that the histograms are of a whole minute.
LOADED_SECONDS = 75
MOST_BYTES = 200_000
# Some shards hotter than others, and enough threads on the same keys to make them wait for each other.
HOT_KEYS = 24
SKEW = 0.8
BATCHES = 5000
BATCH_CLIENTS = 12
ITEMS_PER_BATCH = 1000


def skewed_keys():
    """Keys of which some are asked for far more often than others, the same ones each time."""
    numbers = range(HOT_KEYS)
    weights = [1 / (number + 1) ** SKEW for number in numbers]
    return [f"session/{number}" for number in random.Random(1).choices(numbers, weights, k=BATCHES)]


def take(browser):
    """The whole page as a PNG."""
    height = browser.run("return document.documentElement.scrollHeight")
    width = browser.run("return innerWidth")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    picture = browser.protocol("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    return base64.b64decode(picture["data"])


def squeeze(picture):
    """The same with a palette, which a page of few colours hardly shows, and which takes half the bytes."""
    squeezed = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(squeezed, "PNG", optimize=True)
    return squeezed.getvalue()


def main(path):
    with Server(os.environ["BINARY_UNDER_TEST"], SHARDS) as server, Browser() as browser:
        with Load(server, skewed_keys(), BATCH_CLIENTS, ITEMS_PER_BATCH):
            browser.prefer(prefers_color_scheme="light")
            browser.open(server.url)
            time.sleep(LOADED_SECONDS)
            picture = squeeze(take(browser))
    if len(picture) > MOST_BYTES:
        raise SystemExit(f"{len(picture)} bytes are too many for a page that is loaded with README.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)


main(pathlib.Path(sys.argv[1]))
