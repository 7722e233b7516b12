#!/usr/bin/env python3
"""Compares our HTML with mjml's own: the npm package mjml 4.18.0 is the judge.

    mjml_4.py [FOLDER OF MJML FILES …]      without one: tests/judges/documents and those of mjml_documents.py

Needs node and npm; installs the judge into a temporary folder, or takes it from $MJML_JUDGE if that names a folder
with node_modules/mjml. Two emails are equal if html_equiv.py finds no difference that can be seen.
Exit status 0: all are equal, or differ in the way that documents/DIFFERENCES.txt says.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import html_equiv  # noqa: E402  (it stands beside this file)
import mjml_documents  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VERSION = "4.18.0"
JUDGE = """
const fs = require('fs'), path = require('path');
const mjml = require('mjml');
const [, , out, ...files] = process.argv;
for (const file of files) {
  try {
    const { html } = (mjml.default || mjml)(fs.readFileSync(file, 'utf8'), { filePath: file, actualPath: file });
    fs.writeFileSync(path.join(out, path.basename(file, '.mjml') + '.html'), html);
  } catch (error) { console.error(path.basename(file) + ': ' + String(error).split('\\n')[0]); }
}
"""


def judge(temporary):
    """The folder in which the judge can be required."""
    known = os.environ.get("MJML_JUDGE")
    if known and (pathlib.Path(known) / "node_modules/mjml").is_dir():
        return pathlib.Path(known)
    folder = temporary / "judge"
    folder.mkdir()
    (folder / "package.json").write_text("{}")
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "mjml@" + VERSION], cwd=folder, check=True)
    return folder


def known_differences():
    """Documents that are known to differ: name and reason."""
    path = HERE / "documents/DIFFERENCES.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split(": ", 1) for line in lines if line.strip() and not line.startswith("#"))


def main(folders):
    subprocess.run(["cargo", "build", "--quiet", "--profile", "ci", "--example", "compile_mjml"], cwd=ROOT, check=True)
    known = known_differences()
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        ours, theirs = temporary / "ours", temporary / "theirs"
        ours.mkdir(), theirs.mkdir()
        if not folders:
            folders = [HERE / "documents", temporary / "generated"]
            mjml_documents.write(folders[1])
        files = sorted(f for folder in folders for f in pathlib.Path(folder).glob("*.mjml"))
        folder = judge(temporary)
        (folder / "judge.js").write_text(JUDGE)
        names = [str(f) for f in files]
        subprocess.run(["node", "judge.js", str(theirs)] + names, cwd=folder, check=True)
        target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
        subprocess.run([pathlib.Path(target) / "ci/examples/compile_mjml", str(ours)] + names, stderr=subprocess.DEVNULL)
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
    print("%d documents, %d compiled, %d equal to mjml %s" % (len(files), compiled, equal, VERSION))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
