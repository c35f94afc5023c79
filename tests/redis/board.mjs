// Opens bull-board with both of its adapters, asks for every page and tab as a browser does, and prints the
// responses as JSON. node board.mjs <redis port>
import { createBullBoard } from "@bull-board/api";
import { BullAdapter } from "@bull-board/api/bullAdapter";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import Bull from "bull";
import { Queue } from "bullmq";
import express from "express";

const STATES = ["latest", "active", "waiting", "waiting-children", "prioritized", "completed", "failed", "delayed", "paused"];
const redis = `redis://default:x@127.0.0.1:${process.argv[2]}`;
const problems = [];
process.on("unhandledRejection", (problem) => problems.push(String(problem)));
const bull = new Bull("payments", redis);
const bullmq = new Queue("refunds", { connection: { url: redis } });
for (const queue of [bull, bullmq]) queue.on("error", (problem) => problems.push(problem.message));

const serverAdapter = new ExpressAdapter();
serverAdapter.setBasePath("/board");
createBullBoard({ queues: [new BullAdapter(bull), new BullMQAdapter(bullmq)], serverAdapter });
const server = express().use("/board", serverAdapter.getRouter()).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const base = `http://127.0.0.1:${server.address().port}/board/`;

const get = async (path, options) => {
  const response = await fetch(base + path, options);
  const text = await response.text();
  const isJson = response.headers.get("content-type").startsWith("application/json");
  return { status: response.status, body: isJson ? JSON.parse(text) : text.slice(0, 200) };
};
const found = { pages: {}, tabs: {}, details: {}, writes: {} };
for (const page of ["", "queue/payments", "queue/refunds", "queue/payments/7"]) found.pages[page] = await get(page);
for (const queue of ["payments", "refunds"]) {
  found.tabs[queue] = {};
  for (const state of STATES) {
    const query = `activeQueue=${queue}&status=${state}&page=1&jobsPerPage=10`;
    found.tabs[queue][state] = await get(`api/queues?${query}`);
  }
  for (const detail of ["metrics", "workers", "rate-limit", "default-job-options", "job-data-schema", "7/logs", "7", "7/flow"]) {
    found.details[`${queue}/${detail}`] = await get(`api/queues/${queue}/${detail}`);
  }
  found.writes[queue] = await get(`api/queues/${queue}/pause`, { method: "PUT" });
}
for (const path of ["redis/stats", "job-schedulers"]) found.details[path] = await get(`api/${path}`);
found.problems = problems;
console.log(JSON.stringify(found));
process.exit();
