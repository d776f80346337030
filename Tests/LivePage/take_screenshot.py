"""Takes a picture of the page under load: `take_screenshot.py PICTURE`."""

import base64
import os
import pathlib
import random
import struct
import sys
import time
import zlib

from browser import Browser
from load import Load
from server import Server

SHARDS = 64
# So long that the histograms are of a whole minute.
LOADED_SECONDS = 75
MOST_BYTES = 200_000
HOT_KEYS = 60
SKEW = 1.3
BATCHES = 5000


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


def chunks(picture):
    """A PNG's chunks, each with its type."""
    place = 8
    while place < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, place)
        yield kind, picture[place + 8 : place + 8 + length]
        place += 12 + length


def squeeze(picture):
    """The same picture in fewer bytes: the browser packs for speed."""
    packed = b"".join(content for kind, content in chunks(picture) if kind == b"IDAT")
    header = next(content for kind, content in chunks(picture) if kind == b"IHDR")
    pixels = zlib.compress(zlib.decompress(packed), 9)
    wanted = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    return picture[:8] + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in wanted)


def main(path):
    with Server(os.environ["BINARY_UNDER_TEST"], SHARDS) as server, Browser() as browser:
        with Load(server, skewed_keys()):
            browser.prefer(prefers_color_scheme="light")
            browser.open(server.url)
            time.sleep(LOADED_SECONDS)
            picture = squeeze(take(browser))
    if len(picture) > MOST_BYTES:
        raise SystemExit(f"{len(picture)} bytes are too many for a page that is loaded with README.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)


main(pathlib.Path(sys.argv[1]))
