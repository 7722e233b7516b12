#!/usr/bin/env python3
"""Compares pictures of our HTML with pictures of mjml's own, for what html_equiv.py cannot tell: how it looks.

usage: pixels.py DOCUMENTS [--keep DIR] [--program PATH] [--judge DIR]

DOCUMENTS is a folder of MJML files. Each is compiled by our program (--program, else target/ci/letterpress) and by the npm
package mjml 4 (--judge, else target/judges, has node_modules), and both HTMLs are opened in headless Chromium, 640 and 375
pixels wide, whole pages. Nothing comes from the network: every picture is the same picture, every font that of the system.
With --keep the pictures stay: NAME-WIDTH-ours.png, -mjml.png and, where they differ, -difference.png, with the HTML beside
them. Exit status 0: all are equal. Needs Playwright and Pillow (README.md says how to get them).
"""
import argparse
import io
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright

from mjml_4 import compile_with_mjml

WIDTHS = (640, 375)
HERE = pathlib.Path(__file__).resolve()


def picture():
    """What every address of a picture shows: no two places of it look alike, so that a shift or another size is seen."""
    across = Image.linear_gradient("L").rotate(90).resize((1200, 600))
    down = Image.linear_gradient("L").resize((1200, 600))
    out = io.BytesIO()
    Image.merge("RGB", (across, down, Image.new("L", (1200, 600), 128))).save(out, "PNG")
    return out.getvalue()


def answer(shown):
    """Answers what a page asks for."""
    def route(request):
        if request.request.resource_type == "image":
            request.fulfill(body=shown, content_type="image/png")
        else:
            request.abort()
    return route


def shoot(browser, html, width, shown):
    """A picture of a whole page."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.route("**/*", answer(shown))
    page.set_content(html, wait_until="load")
    taken = page.screenshot(full_page=True, animations="disabled")
    page.close()
    return Image.open(io.BytesIO(taken)).convert("RGB")


def difference(ours, theirs):
    """The number of pixels that differ, the box round them, and a picture: white where they do."""
    size = (max(ours.width, theirs.width), max(ours.height, theirs.height))
    # What only one page has differs, whatever its colour: Pillow fills with black.
    one, other = (page.crop((0, 0) + size) for page in (ours, theirs))
    channels = ImageChops.difference(one, other).split()
    differs = ImageChops.lighter(ImageChops.lighter(*channels[:2]), channels[2]).point(lambda value: 255 if value else 0)
    if ours.size != theirs.size:
        both = (min(ours.width, theirs.width), min(ours.height, theirs.height))
        beyond = Image.new("L", size, 255)
        beyond.paste(0, (0, 0) + both)
        differs = ImageChops.lighter(differs, beyond)
    return differs.histogram()[255], differs.getbbox(), differs


def main():
    root = HERE.parents[2]
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("documents", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path, default=root / "target/ci/letterpress")
    parser.add_argument("--judge", type=pathlib.Path, default=root / "target/judges")
    given = parser.parse_args()
    files = sorted(given.documents.glob("*.mjml"))
    shown, equal, bad = picture(), 0, 0
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        kept = given.keep or pathlib.Path(temporary)
        kept.mkdir(parents=True, exist_ok=True)
        compile_with_mjml(given.judge, files, kept)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        for file in files:
            theirs = kept / (file.stem + ".html")
            if not theirs.exists():
                print("mjml refuses", file.name)
                continue
            theirs = theirs.rename(kept / (file.stem + "-mjml.html"))
            command = [given.program, "compile", "--template-dir", given.documents, file]
            ours = subprocess.run(command, capture_output=True, text=True, check=False)
            if ours.returncode:
                bad += len(WIDTHS)
                print("we refuse", file.name, "-", ours.stderr.strip().split("\n")[0])
                continue
            (kept / (file.stem + "-ours.html")).write_text(ours.stdout)
            for width in WIDTHS:
                pages = [shoot(browser, html, width, shown) for html in (ours.stdout, theirs.read_text())]
                count, box, where = difference(*pages)
                if given.keep:
                    for page, whose in zip(pages, ("ours", "mjml")):
                        page.save(kept / f"{file.stem}-{width}-{whose}.png")
                if not count:
                    equal += 1
                    print(file.stem, width, "equal")
                    continue
                bad += 1
                if given.keep:
                    where.save(kept / f"{file.stem}-{width}-difference.png")
                left, top, right, bottom = box
                print(f"{file.stem} {width} {count} pixels differ, from {left},{top} to {right},{bottom}")
        browser.close()
    print("%d documents, %d pictures compared, %d equal, %d not" % (len(files), equal + bad, equal, bad))
    return 1 if bad or not equal else 0


if __name__ == "__main__":
    sys.exit(main())
