"""Takes a picture of the page under load: `take_screenshot.py PICTURE`."""

import base64
import io
import os
import pathlib
import random
import struct
import sys
import time
import zlib

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


def chunk(kind, content):
    """A piece of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def squeeze(picture):
    """The same pixels in fewer bytes: the filters that are meant for photographs make a page of flat colours larger."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    pixels, length = image.tobytes(), 3 * image.width
    rows = b"".join(b"\0" + pixels[start : start + length] for start in range(0, len(pixels), length))
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)


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
