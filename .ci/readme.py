#!/usr/bin/env python3
"""Runs every ```sh block of a Markdown file, in order, in the current folder; stops at the first that fails.

So that CI builds everything once, `--release` becomes `--profile ci`, `target/release` becomes `target/ci`, and
`cargo test` becomes `cargo test --profile ci`. What they write goes to out/, which is removed first. Blocks of other languages (`text`, `toml`, `rust`) are not run.

usage: readme.py README.md
"""
import re
import shutil
import subprocess
import sys
import time

text = open(sys.argv[1], encoding="utf-8").read()
blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
if not blocks:
    sys.exit("no ```sh block found")
shutil.rmtree("out", ignore_errors=True)
for number, block in enumerate(blocks, 1):
    block = block.replace("target/release", "target/ci").replace("--release", "--profile ci")
    block = re.sub(r"\bcargo test\b", "cargo test --profile ci", block)
    print(f"-- block {number} of {len(blocks)}\n{block}", flush=True)
    started = time.monotonic()
    status = subprocess.run(["bash", "-euo", "pipefail", "-c", block]).returncode
    print(f"-- block {number}: exit {status}, {time.monotonic() - started:.1f} s", flush=True)
    if status:
        sys.exit(1)
print(f"{len(blocks)} blocks ran")
