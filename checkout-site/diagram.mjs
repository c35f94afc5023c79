/**
 * Draws docs/architecture.svg from docs/architecture.dot with Graphviz (as WebAssembly, so that nothing needs to be installed).
 * `--check` fails if the picture is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { instance } from "@viz-js/viz";

const DOCS = new URL("../docs/", import.meta.url);
const picture = new URL("architecture.svg", DOCS);
const source = readFileSync(new URL("architecture.dot", DOCS), "utf8");
const drawn = (await instance()).renderString(source, { format: "svg", engine: "dot" });

if (!process.argv.includes("--check")) writeFileSync(picture, drawn);
else if (readFileSync(picture, "utf8") !== drawn) {
  console.error("docs/architecture.svg is not that of docs/architecture.dot: npm run diagram");
  process.exit(1);
}
