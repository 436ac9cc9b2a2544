// Builds the widget into the Python package.
//
//   node build.mjs           writes ../assistant/server/static/widget.{js,css}
//   node build.mjs --check   fails if these are not what the sources make, or are too large
//   node build.mjs --test    runs the tests of the parts that need no browser

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "../assistant/server/static");
const MOST_GZIPPED_BYTES = 30_000;
const target = ["es2021", "chrome90", "firefox98", "safari15.4"];

/** What the result depends on; tests/test_widget.py computes the same, without node. */
function sourceHash() {
  const names = ["build.mjs", "package-lock.json", "package.json", "tsconfig.json"];
  const sources = readdirSync(join(here, "src")).map((name) => `src/${name}`);
  const hash = createHash("sha256");
  for (const name of [...names, ...sources].sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(here, name)))
      .update("\0");
  return hash.digest("hex").slice(0, 32);
}

async function minifiedCss() {
  const source = readFileSync(join(here, "src/style.css"), "utf8");
  return (await transform(source, { loader: "css", minify: true, target, charset: "utf8" })).code.trim();
}

async function built() {
  const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const css = await minifiedCss();
  const style = {
    name: "style",
    setup: (made) => made.onLoad({ filter: /\.css$/ }, () => ({ contents: css, loader: "text" })),
  };
  const { outputFiles } = await build({
    entryPoints: [join(here, "src/main.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target,
    charset: "utf8",
    legalComments: "none",
    define: { VERSION: JSON.stringify(version) },
    plugins: [style],
  });
  const signed = (text) => {
    const body = `${text.trim()}\n`;
    const bodyHash = createHash("sha256").update(body).digest("hex").slice(0, 32);
    return `/*! policy-assistant widget ${version}, Apache-2.0. Built from widget/: source ${sourceHash()} body ${bodyHash} */\n${body}`;
  };
  return { "widget.js": signed(outputFiles[0].text), "widget.css": signed(css) };
}

async function test() {
  const folder = mkdtempSync(join(tmpdir(), "widget-"));
  try {
    const tests = readdirSync(join(here, "test")).map((name) => join(here, "test", name));
    await build({
      entryPoints: tests,
      bundle: true,
      platform: "node",
      format: "esm",
      outdir: folder,
      outExtension: { ".js": ".mjs" },
    });
    const files = readdirSync(folder).map((name) => join(folder, name));
    return spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tell(line) {
  process.stdout.write(`${line}\n`);
}

if (process.argv.includes("--test")) {
  process.exitCode = await test();
} else {
  const isCheck = process.argv.includes("--check");
  for (const [name, content] of Object.entries(await built())) {
    const size = gzipSync(content, { level: 9 }).length;
    tell(`${name}: ${size} bytes gzipped`);
    if (size > MOST_GZIPPED_BYTES) {
      tell(`${name} is too large: at most ${MOST_GZIPPED_BYTES} bytes`);
      process.exitCode = 1;
    }
    if (!isCheck) writeFileSync(join(out, name), content);
    else if (readFileSync(join(out, name), "utf8") !== content) {
      tell(`${name} is out of date: run make widget`);
      process.exitCode = 1;
    }
  }
}
