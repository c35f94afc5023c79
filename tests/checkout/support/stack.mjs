/** The running gateway that the tests talk to; run.mjs starts one, or the environment names one. */
export const API = process.env.API_URL ?? "http://localhost:8000";
export const CHECKOUT = process.env.CHECKOUT_URL ?? "http://localhost:3001";
export const DEMO_SHOP = process.env.SHOP_URL ?? "http://127.0.0.1:3002";
export const KEY = "key_test_abc123";
const SECRET = "secret_test_xyz789";
const ANSWER_LIMIT_MS = 30_000;

async function call(path, init = {}) {
  const headers = { "Content-Type": "application/json", "X-Api-Key": KEY, "X-Api-Secret": SECRET };
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const response = await fetch(`${API}/api/v1${path}`, { ...init, headers, signal });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

export async function createOrder(amount = 50_000, more = {}) {
  const body = JSON.stringify({ amount, currency: "INR", ...more });
  const order = await call("/orders", { method: "POST", body });
  return order.id;
}

export const read = (path) => call(path);
export const getOrder = (id) => call(`/orders/${id}`);
export const getCheckoutOrder = (id) => call(`/checkout/orders/${id}`);
export const getPayment = (id) => call(`/payments/${id}`);

export async function paymentsOf(orderId) {
  const { data } = await call(`/payments?order_id=${orderId}`);
  return data;
}

/** Waits for a condition of the server's; asks every quarter of a second. */
export async function until(condition, what, limitMs = 60_000) {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    const found = await condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`never: ${what}`);
}
