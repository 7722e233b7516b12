#!/usr/bin/env python3
"""Compares our HTML with mjml's own: the npm package mjml 4 is the judge.

usage: mjml_4.py JUDGE DOCUMENTS OURS

JUDGE is the folder with node_modules/mjml, DOCUMENTS that of the MJML files, OURS that of the HTML that we make of them
(none: we refuse the document). Two emails are equal if html_equiv.py finds no difference that can be seen. Exit status
0: all are equal, or differ in the way that DIFFERENCES.txt beside the documents says.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import html_equiv

JUDGE = """
const fs = require('fs'), path = require('path');
const mjml = require('mjml');
const [, out, ...files] = process.argv;
for (const file of files) {
  try {
    const { html } = (mjml.default || mjml)(fs.readFileSync(file, 'utf8'), { filePath: file, actualPath: file });
    fs.writeFileSync(path.join(out, path.basename(file, '.mjml') + '.html'), html);
  } catch (error) { console.error(path.basename(file) + ': ' + String(error).split('\\n')[0]); }
}
"""


def known_differences(documents):
    """Documents that are known to differ: name and reason."""
    path = documents / "DIFFERENCES.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split(": ", 1) for line in lines if line.strip() and not line.startswith("#"))


def compile_with_mjml(judge, files, out):
    """Writes the HTML that mjml makes of each file into the folder `out`."""
    # Beside node_modules, or else it would not be found.
    command = ["node", "-e", JUDGE, str(out.resolve())] + [str(file.resolve()) for file in files]
    subprocess.run(command, cwd=judge, check=True)


def main(judge, documents, ours):
    judge, documents, ours = map(pathlib.Path, (judge, documents, ours))
    files = sorted(documents.glob("*.mjml"))
    known = known_differences(documents)
    with tempfile.TemporaryDirectory() as temporary:
        theirs = pathlib.Path(temporary)
        compile_with_mjml(judge, files, theirs)
        compiled, equal, bad = 0, 0, []
        for file in files:
            name = file.stem + ".html"
            if not (theirs / name).exists():
                print("mjml refuses", file.name)
                continue
            if not (ours / name).exists():
                bad.append(file.stem)
                print("we refuse", file.name)
                continue
            compiled += 1
            differences = html_equiv.compare((theirs / name).read_text(), (ours / name).read_text())
            if not differences:
                equal += 1
                if file.stem in known:
                    bad.append(file.stem)
                    print(file.stem, "is equal now: take it out of DIFFERENCES.txt")
                continue
            if file.stem in known:
                print("differs as known", file.name, "-", known[file.stem])
                continue
            bad.append(file.stem)
            print("differs", file.name)
            for line in [line for d in differences for line in html_equiv.explain(*d)][:12]:
                print("   ", re.sub(r"\s+", " ", line)[:300])
    print("%d documents, %d compiled, %d equal to mjml" % (len(files), compiled, equal))
    return 1 if bad or not compiled else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
