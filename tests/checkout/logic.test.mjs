/** The page's rules without a browser: cards, UPI, money, colours, polling. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { logicOf, standInPage } from "./support/logic.mjs";

const logic = await logicOf("card", "upi", "../../../shared/money", "theme", "poll");

test("a network is known by the contract's prefixes, everything else by card-validator or not at all", () => {
  const cases = {
    4: "visa",
    51: "mastercard",
    55: "mastercard",
    2221: "mastercard",
    2720: "mastercard",
    34: "amex",
    37: "amex",
    60: "rupay",
    65: "rupay",
    81: "rupay",
    89: "rupay",
    2721: "",
    80: "",
    90: "",
    36: "diners-club",
  };
  for (const [digits, network] of Object.entries(cases))
    assert.equal(logic.networkOf(digits), network, digits);
  assert.equal(logic.networkName("rupay"), "RuPay");
});

test("a card number is valid with 13 to 19 digits and the right check digit, however it is pasted", () => {
  for (const number of [
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    " 4222222222222 ",
    "6521111111111110",
    "9999999999999995",
  ]) {
    assert.equal(logic.numberProblem(number), undefined, number);
  }
  for (const number of ["4111111111111112", "411111111111", "", "0".repeat(12)])
    assert.ok(logic.numberProblem(number), number);
});

test("a number is shown in its network's groups", () => {
  assert.equal(logic.grouped("4111111111111111"), "4111 1111 1111 1111");
  assert.equal(logic.grouped("378282246310005"), "3782 822463 10005");
});

test("a CVV has 3 digits, 4 for Amex", () => {
  assert.equal(logic.cvvProblem("123", "4111"), undefined);
  assert.equal(logic.cvvProblem("1234", "3782"), undefined);
  for (const [cvv, number] of [
    ["12", "4111"],
    ["1234", "4111"],
    ["123", "3782"],
    ["12a", "4111"],
  ]) {
    assert.equal(logic.cvvProblem(cvv, number), "invalid", cvv);
  }
});

test("an expiry becomes MM/YY however it is typed or pasted, and can be deleted again", () => {
  const typed = {
    1: "1",
    12: "12/",
    3: "03/",
    "12/3": "12/3",
    "12/30": "12/30",
    1230: "12/30",
    122030: "12/30",
    "12 / 2030": "12/30",
    "12-30": "12/30",
    "1/30": "01/30",
    "02/2031": "02/31",
  };
  for (const [text, shown] of Object.entries(typed)) assert.equal(logic.expiryAsTyped(text, ""), shown, text);
  assert.equal(logic.expiryAsTyped("12", "12/"), "12");
  assert.equal(logic.expiryAsTyped("12/", "12/3"), "12");
  assert.equal(logic.expiryAsTyped("1", "12"), "1");
});

test("a card is good through the end of its month", () => {
  mock.timers.enable({ apis: ["Date"], now: new Date(2030, 5, 30, 23, 59) });
  assert.deepEqual(logic.readExpiry("06/30"), { month: "06", year: "30" });
  assert.equal(logic.readExpiry("05/30"), "expired");
  assert.equal(logic.readExpiry("13/30"), "invalid");
  assert.equal(logic.readExpiry(""), "required");
  mock.timers.reset();
});

test("a UPI ID follows the contract's pattern", () => {
  for (const vpa of ["a@b", "name.sur-name_1@okbank", " success@asyncpay "])
    assert.equal(logic.vpaProblem(vpa), undefined, vpa);
  for (const vpa of ["a", "@b", "a@", "a@b.c", "a b@c", "a@b@c", "é@bank"])
    assert.equal(logic.vpaProblem(vpa), "invalid", vpa);
});

test("money has Indian groups in both languages", () => {
  const order = { amount: 1_234_567_89, currency: "INR" };
  assert.equal(logic.formatted(order, "en"), "₹12,34,567.89");
  assert.equal(logic.formatted(order, "hi"), "₹12,34,567.89");
  assert.equal(logic.majorUnits(order), "1234567.89");
});

test("text on a shop's colour is readable", () => {
  assert.equal(logic.textOn("#1d4ed8"), "#ffffff");
  assert.equal(logic.textOn("#ffe000"), "#0f172a");
});

test("polling: every 2 s, every 5 s after a minute, at once when the shopper comes back", async () => {
  standInPage();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const asked = [];
  const stop = logic.poll(async () => {
    asked.push(Date.now());
    return false;
  });
  const pass = async (ms) => {
    for (let step = 0; step < ms; step += 500) {
      mock.timers.tick(500);
      await new Promise(setImmediate);
    }
  };
  await pass(80_000);
  assert.deepEqual(asked.slice(0, 3), [2_000, 4_000, 6_000]);
  assert.deepEqual(
    asked.slice(-2).map((at) => at % 1_000),
    [0, 0],
  );
  assert.equal(asked.at(-1) - asked.at(-2), 5_000);
  const count = asked.length;
  globalThis.window.dispatchEvent(new Event("focus"));
  await pass(500);
  assert.equal(asked.length, count + 1);
  stop();
  await pass(20_000);
  assert.equal(asked.length, count + 1);
  mock.timers.reset();
});
