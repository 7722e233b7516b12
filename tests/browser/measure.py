#!/usr/bin/env python3
"""How quick the page is, in a copy of the sample project.

usage: measure.py PROGRAM SAMPLE

save to pixels: from before a template is written until the frame after the new text was painted.
first paint: from the request until something with content was painted, browser and program warm.
"""
import gzip
import pathlib
import statistics
import sys
import tempfile
import time

from harness import Case, Elsewhere, browser, sync_playwright

WATCH = """() => {
    window.seen = {};
    const look = () => {
        const text = document.querySelector('.sheet iframe:not(.coming)')?.contentDocument?.body?.textContent ?? '';
        const mark = /mark-(\\d+)-/.exec(text)?.[1];
        if (mark && !(mark in window.seen)) {
            window.seen[mark] = 0;
            requestAnimationFrame(() => requestAnimationFrame(() => { window.seen[mark] = Date.now(); }));
        }
        requestAnimationFrame(look);
    };
    look();
}"""


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, round(part * len(times)))]


def saves(case, email, body, before, turns=60):
    """Milliseconds from each save until it is painted."""
    times = []
    case.page.evaluate(WATCH)
    for turn in range(turns):
        text = body.replace("</mj-body>", f"<mj-section><mj-column><mj-text>mark-{turn}-</mj-text></mj-column></mj-section></mj-body>")
        started = time.time() * 1000
        case.path(f"templates/{email}/body.mjml").write_text(text, encoding="utf-8")
        shown = case.until("the save is shown", lambda: case.page.evaluate("turn => window.seen[turn]", str(turn)))
        times.append(shown - started)
    print(f"save to pixels, {before}: p50 {statistics.median(times):.0f} ms, p95 {percentile(times, 0.95):.0f} ms, most {max(times):.0f} ms")


def main(program, sample):
    sample = pathlib.Path(sample)
    script = (sample / "preview/dist/app.js").read_bytes()
    style = (sample / "preview/dist/app.css").read_bytes()
    print(f"bundle: script {len(gzip.compress(script, 9, mtime=0)) / 1000:.1f} KB, style {len(gzip.compress(style, 9, mtime=0)) / 1000:.1f} KB gzip")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        elsewhere = Elsewhere()
        case = Case(program, sample, scratch, browser(playwright, elsewhere), elsewhere)
        email, person, _ = case.flow()
        paints, frames = [], []
        for _ in range(12):
            case.open(email=email, profile=person["selector"])
            paints.append(case.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"))
            frames.append(case.page.evaluate("performance.getEntriesByName('letterpress-shown')[0].startTime"))
        print(f"first paint: p50 {statistics.median(paints[2:]):.0f} ms; email shown: p50 {statistics.median(frames[2:]):.0f} ms")
        body = case.path(f"templates/{email}/body.mjml").read_text(encoding="utf-8")
        saves(case, email, body, f"the sample's {len(body) // 1000} KB template")
        section = "<mj-section><mj-column><mj-text>{{ first_name }} and some words to read</mj-text><mj-button href='https://t.example'>Go</mj-button></mj-column></mj-section>"
        large = body.replace("</mj-body>", section * ((60_000 - len(body)) // len(section)) + "</mj-body>")
        saves(case, email, large, f"a template of {len(large) // 1000} KB")
        case.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
