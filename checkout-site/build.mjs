/**
 * Builds checkout.js (for shops' pages) and its npm package, the npm package for servers, the checkout page and
 * the dashboard. Prints sizes and the script's SRI hash, and fails if something exceeds its size limit.
 * CHECKOUT_ORIGIN is the origin at which the browser package opens the checkout unless told otherwise. CHECKOUT_DIST is
 * where everything goes, the packages too, in place of the directories that local servers and npm read.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { execFileSync } from "node:child_process";
import { build } from "esbuild";
import { Marked } from "marked";

const HERE = dirname(fileURLToPath(import.meta.url));
const SDK = join(HERE, "../sdk/checkout");
const NODE_SDK = join(HERE, "../sdk/node");
const DIST = process.env.CHECKOUT_DIST ?? join(HERE, "dist");
const SDK_DIST = process.env.CHECKOUT_DIST ? join(DIST, "sdk/checkout") : join(SDK, "dist");
const NODE_SDK_DIST = process.env.CHECKOUT_DIST ? join(DIST, "sdk/node") : join(NODE_SDK, "dist");
const TARGET = ["chrome105", "edge105", "firefox121", "safari16.4"];
const STAGE = process.env.CHECKOUT_STAGE === "test" ? "test" : "live";
const LIMITS = { "checkout.js": 6_000, page: 50_000, dashboard: 80_000, "api-reference": 600_000 };

const { version } = JSON.parse(await readFile(join(SDK, "package.json"), "utf8"));
const shared = {
  bundle: true,
  minify: true,
  target: TARGET,
  legalComments: "none",
  logLevel: "warning",
  write: false,
  define: {
    __VERSION__: JSON.stringify(version),
    __CHECKOUT_ORIGIN__: JSON.stringify(process.env.CHECKOUT_ORIGIN ?? "http://localhost:3001"),
  },
};

const sha = (text, algorithm, encoding) => createHash(algorithm).update(text).digest(encoding);
const integrity = (text) => `sha384-${sha(text, "sha384", "base64")}`;
const gzipped = (text) => gzipSync(text, { level: 9 }).length;

async function put(path, text) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function bundle(options) {
  const { outputFiles } = await build({ ...shared, ...options });
  return outputFiles[0].text;
}

/**
 * UMD: a script tag, AMD or CommonJS. The global is set in every browser, whatever module system happens to
 * be on the page, because shops rely on it; a second copy of the script keeps the first. An element
 * with the id "PaymentGateway" or "module" is a global of that name too, so only a class with a version counts
 * as the first copy, and only a `module` that is not a global as CommonJS's.
 */
function umd(body) {
  return (
    `/*! AsyncPay checkout ${version} | MIT */\n` +
    "(function(r,f){var P=r.document&&r.PaymentGateway;" +
    'if(!(typeof P=="function"&&P.version))P=f();if(r.document)r.PaymentGateway=P;' +
    'if(typeof module=="object"&&module&&module!==r.module&&module.exports)module.exports=P;' +
    'else if(typeof define=="function"&&define.amd)define([],function(){return P})' +
    '})(typeof globalThis=="object"?globalThis:self,function(){"use strict";' +
    `${body.trim()}return asyncpay.default});\n`
  );
}

async function buildSdk() {
  const entry = { entryPoints: [join(SDK, "src/index.ts")] };
  const built = (isScript, options) =>
    bundle({ ...entry, ...options, define: { ...shared.define, __IS_SCRIPT__: String(isScript) } });
  await rm(SDK_DIST, { recursive: true, force: true });
  const script = umd(await built(true, { format: "iife", globalName: "asyncpay" }));
  await put(join(SDK_DIST, "checkout.js"), script);
  await put(join(SDK_DIST, "esm/index.js"), await built(false, { format: "esm" }));
  await put(join(SDK_DIST, "cjs/index.cjs"), await built(false, { format: "cjs" }));
  // Types are for the npm package. Serving needs none, so TypeScript need not be installed for it.
  if (!process.argv.includes("--no-types")) await declareTypes(SDK);
  return script;
}

/** The package for servers. It is not minified, so that stack traces are readable. */
async function buildNodeSdk() {
  const entry = { entryPoints: [join(NODE_SDK, "src/index.ts")], minify: false, target: "node20" };
  await rm(NODE_SDK_DIST, { recursive: true, force: true });
  await put(join(NODE_SDK_DIST, "esm/index.js"), await bundle({ ...entry, format: "esm" }));
  await put(join(NODE_SDK_DIST, "cjs/index.cjs"), await bundle({ ...entry, format: "cjs" }));
  if (!process.argv.includes("--no-types")) await declareTypes(NODE_SDK);
}

/** tsc writes the types of ES modules; CommonJS needs the same in files ending in .cts. */
async function declareTypes(sdk) {
  const esm = join(sdk, "dist/esm");
  const tsc = join(HERE, "node_modules/typescript/bin/tsc");
  const flags = ["--declaration", "--emitDeclarationOnly", "--outDir", esm];
  execFileSync(process.execPath, [tsc, "-p", sdk, ...flags], { stdio: "inherit" });
  for (const name of await readdir(esm)) {
    if (!name.endsWith(".d.ts")) continue;
    const text = await readFile(join(esm, name), "utf8");
    await put(join(sdk, "dist/cjs", name.replace(/\.ts$/, ".cts")), text.replaceAll('.js"', '.cjs"'));
  }
}

/** One page of the site: HTML that names a script and a style sheet, both with their hashes. */
async function buildPage(name) {
  const source = join(HERE, name);
  const script = await bundle({
    entryPoints: [join(source, "src/main.tsx")],
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { ...shared.define, ...(name === "dashboard" ? await taught() : {}) },
  });
  const style = await bundle({ entryPoints: [join(source, "src/style.css")] });
  const assets = { SCRIPT: [script, "js"], STYLE: [style, "css"] };
  let html = await readFile(join(source, "index.html"), "utf8");
  for (const [placeholder, [text, extension]] of Object.entries(assets)) {
    const path = `/${name}/assets/page-${sha(text, "sha256", "hex").slice(0, 16)}.${extension}`;
    await put(join(DIST, path), text);
    html = html.replaceAll(`__${placeholder}__`, path).replaceAll(`__${placeholder}_SRI__`, integrity(text));
  }
  // Local servers fill in the meta elements. On AWS the API is on the page's own origin, so they stay empty.
  html = html.replace('content="live"', `content="${STAGE}"`);
  await put(join(DIST, name, "index.html"), html);
  return [script, style, html].reduce((sum, text) => sum + gzipped(text), 0);
}

/** A code block of a document, as its tests take it: the first in the language, after the heading. */
async function blockOf(name, heading, language) {
  const text = await readFile(join(HERE, "../docs", `${name}.md`), "utf8");
  const [, after = ""] = text.split(`\n${heading}\n`);
  const [, block] = after.match(new RegExp(`\\n\`\`\`${language}\\n(.*?)\\n\`\`\`\\n`, "s")) ?? [];
  if (!block) throw new Error(`docs/${name}.md has no ${language} below ${heading}`);
  return block;
}

/** What the dashboard's guide teaches is what the documents teach. */
async function taught() {
  const judge = (language) => blockOf("webhooks", "### Verify, in five languages", language);
  return {
    __CHECKOUT_SAMPLE__: JSON.stringify(await blockOf("checkout", "## For a shop", "html")),
    __JUDGE_JS__: JSON.stringify(await judge("js")),
    __JUDGE_PYTHON__: JSON.stringify(await judge("python")),
  };
}

/** Documents that errors link to, as pages: each heading has its text as its id. */
async function buildDocs() {
  const renderer = {
    heading({ tokens, depth, text }) {
      const id = text.toLowerCase().replace(/[^a-z0-9_]+/g, "-");
      return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
  };
  for (const name of ["errors"]) {
    const text = await readFile(join(HERE, "../docs", `${name}.md`), "utf8");
    const body = new Marked({ renderer }).parse(text);
    const title = text.slice(2, text.indexOf("\n"));
    const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>`;
    await put(
      join(DIST, `docs/${name}.html`),
      `<!doctype html><html lang="en"><head>${head}</head><body><main>${body}</main></body></html>\n`,
    );
  }
}

await rm(DIST, { recursive: true, force: true });
const script = await buildSdk();
await buildNodeSdk();
const [page, dashboard] = [await buildPage("checkout"), await buildPage("dashboard")];
const reference = await buildPage("api-reference");
await buildDocs();
// The licences of the viewer and of what it bundles.
for (const name of ["LICENSE", "NOTICE", "swagger-ui-es-bundle.js.LICENSE.txt"]) {
  await cp(join(HERE, "node_modules/swagger-ui-dist", name), join(DIST, "api-reference/assets", name));
}
// The name holds the content's hash besides the version, so it can be cached forever, in development too.
const versioned = `/checkout-${version}-${sha(script, "sha256", "hex").slice(0, 12)}.js`;
await put(join(DIST, "checkout.js"), script);
await put(join(DIST, versioned), script);
await cp(join(HERE, "shop"), join(DIST, "shop"), { recursive: true });
// The package of the AWS function that serves the page (infra/edge.yaml).
await put(join(DIST, "edge/checkout_page.py"), await readFile(join(HERE, "edge/checkout_page.py"), "utf8"));
await put(join(DIST, "edge/headers.json"), await readFile(join(HERE, "headers.json"), "utf8"));
await cp(join(DIST, "checkout/index.html"), join(DIST, "edge/index.html"));
const sizes = { "checkout.js": gzipped(script), page, dashboard, "api-reference": reference };
const release = { version, script: versioned, integrity: integrity(script), gzipped: sizes };
await put(join(DIST, "checkout/release.json"), `${JSON.stringify(release, null, 2)}\n`);
console.log(JSON.stringify(release, null, 2));
for (const [name, size] of Object.entries(sizes)) {
  if (size > LIMITS[name]) {
    console.error(`${name} is ${size} bytes gzipped; the limit is ${LIMITS[name]}`);
    process.exitCode = 1;
  }
}
