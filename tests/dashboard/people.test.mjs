/** People, roles, the second factor and sessions: each as somebody in a browser of their own would do it. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import {
  axeFindings,
  byId,
  launch,
  newPage,
} from "../checkout/support/browser.mjs";
import { DASHBOARD, hasText, signedInPage } from "./support/dashboard.mjs";

const PASSWORD = "correct horse battery";
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const someone = () =>
  `p${Date.now()}${Math.floor(Math.random() * 1e6)}@example.com`;

/** Invites somebody as the owner; the page that sets their password. */
async function invitation(email, role, limit = "") {
  const page = await signedInPage(browser, "/dashboard/people");
  await byId(page, "people-table").waitFor();
  await byId(page, "invite-person").click();
  await byId(page, "person-email-input").fill(email);
  await byId(page, "person-role-select").selectOption(role);
  if (limit) await byId(page, "person-limit-input").fill(limit);
  assert.deepEqual(await axeFindings(page.mainFrame()), [], "person dialog");
  await byId(page, "person-submit").click();
  const link = await hasText(byId(page, "invitation-link"), /#invitation=./);
  await page
    .locator(`[data-test-id=person-row][data-email="${email}"]`)
    .waitFor();
  await page.context().close();
  return link;
}

async function join(email, role, limit) {
  const page = await newPage(browser);
  await page.goto(await invitation(email, role, limit));
  await byId(page, "invitation-password").fill(PASSWORD);
  assert.deepEqual(await axeFindings(page.mainFrame()), [], "invitation");
  await byId(page, "invitation-submit").click();
  await enter(page, email);
  await byId(page, "dashboard").waitFor();
  return page;
}

async function enter(page, email) {
  await byId(page, "email-input").fill(email);
  await byId(page, "password-input").fill(PASSWORD);
  await byId(page, "login-button").click();
}

test("somebody who is invited sets a password, signs in, and sees what their role allows", async () => {
  const email = someone();
  const page = await join(email, "support", "500");
  const nav = await page.locator("header nav").textContent();
  assert.match(nav, /Account/);
  assert.doesNotMatch(nav, /API keys|People|Audit log/);
  const status = await page.evaluate(
    async () => (await fetch("/api/v1/dashboard/users")).status,
  );
  assert.equal(status, 403);
});

test("a second factor is switched on, asked for at the next sign-in, and one recovery code replaces it", async () => {
  const email = someone();
  const page = await join(email, "developer");
  await page.goto(`${DASHBOARD}/dashboard/account`);
  await byId(page, "begin-second-factor").click();
  const secret = await hasText(byId(page, "second-factor-secret"), /./);
  await byId(page, "second-factor-code").fill(codeOf(secret));
  assert.deepEqual(await axeFindings(page.mainFrame()), [], "second factor");
  await byId(page, "second-factor-submit").click();
  const [first] = (await hasText(byId(page, "recovery-codes"), /./)).split(" ");
  await byId(page, "logout-button").click();
  await enter(page, email);
  await byId(page, "code-input").fill("000000");
  await byId(page, "login-button").click();
  await page.locator("[role=alert]").waitFor();
  await byId(page, "code-input").fill(first);
  await byId(page, "login-button").click();
  await byId(page, "dashboard").waitFor();
});

test("signing out everywhere ends the sessions of every browser", async () => {
  const email = someone();
  const page = await join(email, "read_only");
  const other = await newPage(browser);
  await other.goto(`${DASHBOARD}/login`);
  await enter(other, email);
  await byId(other, "dashboard").waitFor();
  await other.goto(`${DASHBOARD}/dashboard/account`);
  await byId(other, "end-session").first().waitFor();
  assert.equal(await byId(other, "session-row").count(), 2);
  await byId(other, "end-all-sessions").click();
  await byId(other, "login-form").waitFor();
  await page.goto(`${DASHBOARD}/dashboard/account`);
  await byId(page, "login-form").waitFor();
});

test("who is removed is out at once", async () => {
  const email = someone();
  const page = await join(email, "read_only");
  const owner = await signedInPage(browser, "/dashboard/people");
  const row = owner.locator(`[data-test-id=person-row][data-email="${email}"]`);
  await byId(row, "remove-person").click();
  await byId(owner, "confirm-button").click();
  await row.waitFor({ state: "detached" });
  await page.goto(`${DASHBOARD}/dashboard/account`);
  await byId(page, "login-form").waitFor();
});

/** RFC 6238, as an authenticator app does it. */
function codeOf(secret) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/=+$/, "")]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest[19] & 15;
  const number = (digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000;
  return String(number).padStart(6, "0");
}
