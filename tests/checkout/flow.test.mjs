/** From an order to its outcome when responses come late. The API is a stand-in, and the test moves the clock. */
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

const FIRST_VISIT = { paymentId: "", acquirer: "", leave: () => {}, reopen: () => {} };

/**
 * A flow whose requests for the order wait in `asked` until the test responds. Payments get no response, unless
 * `more` has the API's other calls. `attempt` is the open attempt that the opener stored.
 */
function aFlow(more = {}, attempt = "") {
  const asked = [];
  const api = {
    order: () => new Promise((answer, fail) => asked.push({ answer, fail })),
    pay: () => new Promise(() => {}),
    ...more,
  };
  const flow = new Flow(
    ID,
    api,
    () => {},
    () => {},
    FIRST_VISIT,
    attempt,
  );
  return { flow, asked };
}

const settled = () => new Promise(setImmediate);

test("a response about the order that arrives after Pay was pressed does not bring the form back", async () => {
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

test("after Try again, only the response to the newest request counts", async () => {
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

for (const status of [400, 404]) {
  test(`a stored payment that the API refuses for this order with ${status} is forgotten, and the form shows`, async () => {
    const attempt = JSON.stringify({ key: "co_1", paymentId: "pay_Fq3ZtW8kLmXs0aBc", at: Date.now() });
    const polled = [];
    const payment = async (...given) => {
      polled.push(given);
      throw new ApiError(status, "NOT_FOUND_ERROR", "Payment not found", { field: "order_id" });
    };
    const { flow, asked } = aFlow({ payment }, attempt);
    void flow.load();
    asked[0].answer(ORDER);
    await settled();
    mock.timers.tick(0);
    await settled();
    assert.deepEqual(polled, [["pay_Fq3ZtW8kLmXs0aBc", ID]]);
    asked[1].answer(ORDER);
    await settled();
    assert.equal(flow.state.name, "form");
  });
}
