// Makes every call with which Bull and BullMQ read a queue. Prints as JSON what each returned, or its error.
// node reads.mjs <redis port> <queue>
import Bull from "bull";
import { Queue, QueueEvents } from "bullmq";
import { Queue as OldQueue } from "bullmq-5.1";

const [port, name] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(port) };
const unhandled = [];
process.on("unhandledRejection", (problem) => unhandled.push(problem.message));

const CALLS = {
  count: [], getJobCounts: [], getWaiting: [], getActive: [], getDelayed: [], getCompleted: [], getFailed: [],
  getPrioritized: [], getWaitingChildren: [], getJobs: [["waiting", "active", "completed", "failed", "delayed"], 0, 20, true],
  getJob: ["7"], getJobState: ["7"], getJobLogs: ["7"], getMetrics: ["completed"], isPaused: [], isMaxed: [],
  getRepeatableJobs: [], getRepeatableCount: [], getJobSchedulers: [], getJobSchedulersCount: [], getJobScheduler: ["daily"],
  getCountsPerPriority: [[0, 1]], getRateLimitTtl: [], getGlobalConcurrency: [], getStalledCount: [],
  getDependencies: ["7", "processed", 0, 10],
};

async function read(queue) {
  const found = {};
  for (const [call, words] of Object.entries(CALLS)) {
    if (typeof queue[call] !== "function") continue;
    found[call] = await queue[call](...words).then((value) => value ?? null, (problem) => `FAILED ${problem.message}`);
  }
  return found;
}

const bull = new Bull(name, { redis: connection });
const [bullmq, old] = [new Queue(name, { connection }), new OldQueue(name, { connection })];
const found = { bull: await read(bull), bullmq: await read(bullmq), old: await read(old), problems: [] };
// Listening to a queue's events: Bull subscribes, BullMQ waits for a stream.
bull.on("error", (problem) => found.problems.push(problem.message));
bull.on("global:completed", () => {}).on("global:active", () => {});
const events = new QueueEvents(name, { connection });
events.on("error", (problem) => found.problems.push(problem.message));
await events.waitUntilReady();
// Both listen once the server says so; an error would have come before.
const isListening = (clients) => clients.includes("sub=1 psub=1") && clients.includes("cmd=xread");
while (!isListening(await bull.client.client("LIST"))) await new Promise((resolve) => setTimeout(resolve, 20));
found.unhandled = unhandled;
console.log(JSON.stringify(found));
process.exit();
