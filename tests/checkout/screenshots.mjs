/**
 * Pictures of every state, desktop and mobile, into docs/screenshots: `node
 * tests/checkout/screenshots.mjs`. Not a test: they are for people to look at.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { byId, launch, newPage } from "./support/browser.mjs";
import { fillCard, hears, openCheckout, payByUpi } from "./support/shop.mjs";
import { CHECKOUT, createOrder, DEMO_SHOP, getCheckoutOrder, until } from "./support/stack.mjs";

const OUT = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const DEVICES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  mobile: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};

async function modalStates(page, shoot) {
  await page.goto(DEMO_SHOP);
  await page.locator("#buy").click();
  const frame = page.frameLocator("iframe[data-test-id=payment-iframe]");
  await byId(frame, "vpa-input").waitFor();
  await shoot("upi");
  await byId(frame, "qr-button").click();
  await byId(frame, "qr-panel").scrollIntoViewIfNeeded();
  await shoot("upi-qr");
  await byId(frame, "qr-button").click();
  await fillCard(frame);
  await shoot("card");
  await byId(frame, "card-number-input").fill("4000 0000 0000 0078");
  await byId(frame, "expiry-input").fill("01/20");
  await byId(frame, "card-form").locator("[data-test-id=pay-button]").click();
  await shoot("card-errors");
  await payByUpi(frame, "decline@asyncpay");
  await byId(frame, "processing-state").waitFor();
  await shoot("processing");
  await byId(frame, "error-state").waitFor();
  await shoot("failed");
  await byId(frame, "retry-button").click();
  await payByUpi(frame, "success@asyncpay");
  await byId(frame, "success-state").waitFor();
  await shoot("success");
}

async function pageStates(page, shoot) {
  const orderId = await createOrder(12_345_600);
  await page.goto(`${CHECKOUT}/checkout?order_id=${orderId}&locale=hi`);
  await byId(page, "vpa-input").waitFor();
  await shoot("page-hindi");
  await payByUpi(page, "success@asyncpay");
  await byId(page, "success-state").waitFor();
  await shoot("page-success-hindi");
  await page.goto(`${CHECKOUT}/checkout?order_id=${orderId}`);
  await byId(page, "paid-state").waitFor();
  await shoot("page-already-paid");
  await page.goto(`${CHECKOUT}/checkout?order_id=order_ZZZZZZZZZZZZZZZZ`);
  await byId(page, "unavailable-state").waitFor();
  await shoot("page-unknown-order");
  await page.goto(`${CHECKOUT}/checkout?order_id=${orderId}&key=key_of_nobody`);
  await byId(page, "unavailable-state").waitFor();
  await shoot("page-foreign-order");
  const late = await createOrder(50_000, { expires_at: new Date(Date.now() + 5_000).toISOString() });
  await until(async () => (await getCheckoutOrder(late)).expired, "the order has expired");
  await page.goto(`${CHECKOUT}/checkout?order_id=${late}`);
  await byId(page, "unavailable-state").waitFor();
  await shoot("page-expired-order");
}

async function blocked(page, shoot) {
  await page.route(`${CHECKOUT}/checkout?**`, (route) => route.abort());
  await page.goto(DEMO_SHOP);
  await page.locator("#buy").click();
  await page.locator(".retry-load").waitFor();
  await shoot("blocked");
}

await mkdir(OUT, { recursive: true });
const browser = await launch();
for (const [device, options] of Object.entries(DEVICES)) {
  const page = await newPage(browser, options);
  const shoot = (name) => page.screenshot({ path: `${OUT}${name}-${device}.png`, animations: "disabled" });
  for (const states of [modalStates, pageStates, blocked]) await states(page, shoot);
  await page.context().close();
}
await browser.close();
