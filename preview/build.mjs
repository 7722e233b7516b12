// Makes dist/: the same sources give the same bytes, with no dates and no paths in them.
import { cp } from "node:fs/promises";
import * as esbuild from "esbuild";

const options = {
  entryPoints: ["src/app.tsx", "src/app.css"],
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
  logLevel: "info",
};

for (const file of ["index.html", "icon.svg"]) {
  await cp(`src/${file}`, `dist/${file}`);
}
if (process.argv.includes("--watch")) {
  await (await esbuild.context(options)).watch();
} else {
  await esbuild.build(options);
}
