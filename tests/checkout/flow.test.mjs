/** The way from an order to its outcome, where answers come late: the API is a stand-in, time is passed by hand. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { logicOf, standInPage } from "./support/logic.mjs";

const { ApiError, Flow, POLL_MS } = await logicOf("../../../shared/request", "flow", "poll");
const ID = "order_Fq3ZtW8kLmXs0aBc";
const ORDER = { id: ID, amount: 50_000, currency: "INR", status: "created", expired: false };
const UPI = { order_id: ID, method: "upi", vpa: "asha@okbank" };

beforeEach(() => {
  standInPage();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});
afterEach(() => mock.timers.reset());

/** A flow whose every ask for the order waits in `asked` until the test answers it; payments get no answer. */
function aFlow() {
  const asked = [];
  const api = {
    order: () => new Promise((answer, fail) => asked.push({ answer, fail })),
    pay: () => new Promise(() => {}),
  };
  const flow = new Flow(
    ID,
    api,
    () => {},
    () => {},
  );
  return { flow, asked };
}

const settled = () => new Promise(setImmediate);

test("a look at the order that is answered after Pay was pressed does not bring the form back", async () => {
  const { flow, asked } = aFlow();
  void flow.load();
  asked[0].answer(ORDER);
  await settled();
  const stop = flow.watchOrder();
  mock.timers.tick(POLL_MS);
  assert.equal(asked.length, 2);
  void flow.pay(UPI);
  asked[1].answer(ORDER);
  await settled();
  assert.equal(flow.state.name, "processing");
  stop();
});

test("Try again pressed while an ask is under way: only the newest answer begins", async () => {
  const { flow, asked } = aFlow();
  void flow.load();
  asked[0].fail(new ApiError(0, "NETWORK_ERROR", "No response"));
  await settled();
  assert.deepEqual(flow.state, { name: "unavailable", problem: "offline" });
  mock.timers.tick(POLL_MS);
  void flow.load();
  asked[2].answer(ORDER);
  await settled();
  void flow.pay(UPI);
  asked[1].answer(ORDER);
  await settled();
  assert.equal(flow.state.name, "processing");
});
