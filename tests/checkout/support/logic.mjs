/** The page's rules without a browser: modules of checkout-site/checkout/src/logic and of shared/, as one. */
import { fileURLToPath } from "node:url";
import { esbuild } from "./browser.mjs";

const SOURCE = fileURLToPath(new URL("../../../checkout-site/checkout/src/logic/", import.meta.url));

export async function logicOf(...names) {
  const contents = names.map((name) => `export * from "./${name}";`).join("\n");
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: SOURCE },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
  });
  const code = Buffer.from(outputFiles[0].text).toString("base64");
  return import(`data:text/javascript;base64,${code}`);
}

/** A page that nobody looks away from, for what listens to it. */
export function standInPage() {
  const target = () => Object.assign(new EventTarget(), { visibilityState: "visible" });
  globalThis.window = target();
  globalThis.document = target();
}
