#!/usr/bin/env python3
"""Runs the cases against the real program, each in a copy of the sample project.

usage: run.py PROGRAM SAMPLE [CASE…]    exit status 1 when a case failed
"""
import pathlib
import sys
import tempfile
import time
import traceback

from cases import CASES, MAY_LEAVE
from harness import Case, Elsewhere, browser, sync_playwright


def main(program, sample, *names):
    failed = 0
    wanted = [case for case in CASES if not names or case.__name__ in names]
    assert wanted, f"no case has one of these names: {names}"
    with sync_playwright() as playwright:
        elsewhere = Elsewhere()
        chromium = browser(playwright, elsewhere)
        for run in wanted:
            started = time.monotonic()
            with tempfile.TemporaryDirectory() as scratch:
                case = Case(program, pathlib.Path(sample), scratch, chromium, elsewhere)
                try:
                    run(case)
                    assert case.errors == [], f"the page's script failed: {case.errors}"
                    assert run in MAY_LEAVE or case.left_home() == [], case.left_home()
                    print(f"ok      {time.monotonic() - started:4.1f} s  {run.__name__}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED  {time.monotonic() - started:4.1f} s  {run.__name__}", flush=True)
                    traceback.print_exc(file=sys.stdout)
                finally:
                    case.close()
        chromium.close()
    print(f"{len(wanted) - failed} cases passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
