#!/usr/bin/env python3
"""Writes the documents that stand in the READMEs of mjml's packages into a folder: those of the judge that is installed.

usage: mjml_readmes.py JUDGE FOLDER

JUDGE is the folder with node_modules/mjml. A document is a block of code with an <mjml> in it; its name is that of the
package, with a number where there are several.
"""
import pathlib
import re
import sys


def main(judge, folder):
    written = 0
    for readme in sorted(pathlib.Path(judge).glob("node_modules/mjml*/README.md")):
        blocks = re.findall(r"^```\w*\n(.*?)^```", readme.read_text(), re.M | re.S)
        documents = [block for block in blocks if "<mjml" in block]
        for number, document in enumerate(documents):
            name = readme.parent.name + (".%d" % (number + 1) if number else "")
            (pathlib.Path(folder) / (name + ".mjml")).write_text(document)
        written += len(documents)
    print("%d documents" % written)
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
