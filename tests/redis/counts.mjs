// Asks for job counts in the ways that Node programs do: bull, bullmq, ioredis. Prints them as JSON.
// node counts.mjs <port> <queue> [password]
import Bull from "bull";
import { Queue } from "bullmq";
import Redis from "ioredis";

const [port, name, password] = process.argv.slice(2);
const connection = { host: "127.0.0.1", port: Number(port), password };
const answers = {};

const bull = new Bull(name, { redis: connection });
answers.bull = await bull.getJobCounts();
answers.bullWaiting = await bull.getWaitingCount();
answers.bullCompleted = await bull.getCompletedCount();
answers.bullTotal = await bull.count();
await bull.close();

const bullmq = new Queue(name, { connection });
const problems = [];
bullmq.on("error", (problem) => problems.push(problem.message));
answers.bullmq = await bullmq.getJobCounts();
answers.bullmqTwo = await bullmq.getJobCounts("completed", "wait");
answers.bullmqAgain = await bullmq.getJobCounts("failed");
answers.bullmqPaused = await bullmq.isPaused();
answers.bullmqAdd = await bullmq.add("pay", {}).then(() => "added", (problem) => problem.message);
await bullmq.close();
answers.bullmqProblems = problems;

const redis = new Redis(connection);
answers.hash = await redis.hgetall("asyncpay:jobs");
answers.keys = (await redis.keys("asyncpay:jobs:*")).sort();
answers.pipeline = await redis.pipeline().get("asyncpay:worker").llen(`bull:${name}:wait`).get("none").exec();
answers.multi = await redis.multi().zcard(`bull:${name}:completed`).exists("asyncpay:jobs").exec();
answers.set = await redis.set("asyncpay:jobs:pending", "0").catch((problem) => problem.message);
const scanned = [];
for await (const keys of redis.scanStream({ match: `bull:${name}:*` })) scanned.push(...keys);
answers.scanned = scanned.sort();
await redis.quit();

console.log(JSON.stringify(answers));
