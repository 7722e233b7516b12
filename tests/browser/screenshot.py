#!/usr/bin/env python3
"""The README's picture of the page.

usage: screenshot.py PROGRAM PROJECT OUT.png [QUERY]
"""
import sys

from harness import Elsewhere, Server, browser, sync_playwright


def main(program, project, out, query="email=abandoned_cart&profile=ada@example.com"):
    server = Server(program, project)
    with sync_playwright() as playwright:
        page = browser(playwright, Elsewhere()).new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{server.address}/?{query}")
        page.wait_for_selector(".sheet iframe:not(.coming)")
        page.wait_for_timeout(500)
        page.screenshot(path=out)
    server.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
