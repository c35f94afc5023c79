/**
 * How long from open() to a form that takes input: `npm run timing --prefix checkout-site`, against a running gateway.
 * First a fresh profile each time, then again with a warm cache.
 */
import { launch, newPage } from "./support/browser.mjs";
import { startShop } from "./support/shop.mjs";
import { createOrder } from "./support/stack.mjs";

const ROUNDS = 7;

async function open(page, orderId) {
  return page.evaluate(
    (id) =>
      new Promise((resolve) => {
        const began = performance.now();
        const onEvent = ({ name }) => name === "interactive" && resolve(performance.now() - began);
        window.gateway = checkout({ orderId: id, onEvent });
        gateway.open();
      }),
    orderId,
  );
}

const median = (times) => Math.round([...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]);

const shop = await startShop();
const browser = await launch();
const cold = [];
const warm = [];
for (let round = 0; round < ROUNDS; round++) {
  const page = await newPage(browser);
  await page.goto(shop.url, { waitUntil: "networkidle" });
  const orderId = await createOrder();
  cold.push(await open(page, orderId));
  await page.evaluate(() => gateway.close());
  warm.push(await open(page, orderId));
  await page.context().close();
}
await browser.close();
await shop.stop();
console.log(`open() to interactive, median of ${ROUNDS}: ${median(cold)} ms cold, ${median(warm)} ms warm`);
