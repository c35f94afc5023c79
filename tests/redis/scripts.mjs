// Prints the scripts with which Bull and BullMQ read, as JSON: package, name, number of keys, and text.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";

const NAMES = /^(get(Counts|CountsPerPriority|Ranges|Jobs|Metrics|DependencyCounts|RateLimitTtl|State|StateV2|JobScheduler)|is(Maxed|Finished|JobInList)|paginate)-(\d+)\.js$/;
const require = createRequire(import.meta.url);
const FOLDERS = { bull: "bull/lib/scripts", bullmq: "bullmq/dist/cjs/scripts", "bullmq-5.1": "bullmq-5.1/dist/cjs/scripts" };
const found = [];
for (const [name, folder] of Object.entries(FOLDERS)) {
  for (const file of readdirSync(new URL(`./node_modules/${folder}`, import.meta.url))) {
    if (!NAMES.test(file)) continue;
    const loaded = require(`./node_modules/${folder}/${file}`);
    const script = "content" in loaded ? loaded : Object.values(loaded).find((value) => value.content);
    found.push({ package: name, name: file.split("-")[0], keys: file.match(NAMES)[4], text: script.content });
  }
}
console.log(JSON.stringify(found));
