/** The dashboard's rules without a browser: addresses, money, CSV, filters, days. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { esbuild } from "../checkout/support/browser.mjs";

const SOURCE = fileURLToPath(
  new URL("../../checkout-site/dashboard/src/logic/", import.meta.url),
);
const contents = [
  "route",
  "money",
  "csv",
  "filters",
  "series",
  "time",
  "payment",
  "ledger",
]
  .map((name) => `export * from "./${name}";`)
  .join("\n");
const { outputFiles } = await esbuild.build({
  stdin: { contents, resolveDir: SOURCE },
  bundle: true,
  write: false,
  format: "esm",
});
const logic = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`
);

test("each address is its page, and what is no page is none", () => {
  const cases = {
    "/login": { page: "login" },
    "/dashboard": { page: "overview" },
    "/dashboard/": { page: "overview" },
    "/dashboard/transactions": { page: "transactions" },
    "/dashboard/transactions/pay_1": { page: "payment", id: "pay_1" },
    "/dashboard/orders": { page: "orders" },
    "/dashboard/refunds/": { page: "refunds" },
    "/dashboard/balance": { page: "balance" },
    "/dashboard/orders/order_1": { page: "missing" },
    "/dashboard/webhooks/2c-9": { page: "webhook", id: "2c-9" },
    "/dashboard/keys": { page: "keys" },
    "/dashboard/reconciliation": { page: "reconciliation" },
    "/dashboard/audit": { page: "audit" },
    "/dashboard/people": { page: "people" },
    "/dashboard/account": { page: "account" },
    "/dashboard/chaos": { page: "chaos" },
    "/dashboard/docs": { page: "docs" },
    "/dashboard/constructor": { page: "missing" },
    "/dashboard/transactions/a/b": { page: "missing" },
    "/dashboard/transactions/%2e%2e": { page: "missing" },
    "/": { page: "missing" },
  };
  for (const [path, wanted] of Object.entries(cases))
    assert.deepEqual(logic.routeOf(path), wanted, path);
});

test("sign-in returns to a page of this dashboard only", () => {
  const back = (wanted) =>
    logic.returnPath(
      `?return=${encodeURIComponent(wanted)}`,
      "https://pay.example",
    );
  assert.equal(
    back("/dashboard/transactions?status=failed"),
    "/dashboard/transactions?status=failed",
  );
  const unsafe = [
    ...[
      "https://evil.example/",
      "//evil.example/dashboard",
      "/\\evil.example/dashboard",
      "\\\\evil.example",
    ],
    ...[
      "javascript:alert(1)",
      "/login",
      "/login?return=/login",
      "/api/v1/payments",
      "dashboard",
      "",
      "/\t/evil",
    ],
  ];
  for (const wanted of unsafe) assert.equal(back(wanted), "/dashboard", wanted);
  assert.equal(logic.returnPath("", "https://pay.example"), "/dashboard");
});

test("the way to sign-in keeps where the visitor was, and comes back there", () => {
  const from = "/dashboard/webhooks?status=failed&event=payment.failed";
  const { search } = new URL(logic.loginPath(from), "https://pay.example");
  assert.equal(logic.returnPath(search, "https://pay.example"), from);
  assert.equal(logic.loginPath("/dashboard"), "/login");
});

test("amounts are grouped as in India, and their decimals are exact", () => {
  assert.equal(logic.money(12_345_600, "INR"), "₹1,23,456.00");
  assert.equal(logic.money(0, "INR"), "₹0.00");
  for (const [amount, wanted] of [
    [50_000, "500.00"],
    [5, "0.05"],
    [-120, "-1.20"],
    [999_999_999_999_99, "999999999999.99"],
  ])
    assert.equal(logic.decimal(amount), wanted);
});

test("a typed amount becomes minor units without a float, or nothing", () => {
  for (const [text, wanted] of [
    ["500", 50_000],
    [" ₹ 1,23,456.5 ", 12_345_650],
    ["1,000.07", 100_007],
    ["0.29", 29], // 0.29 * 100 is 28.999...
    ["4.35", 435],
    ["", null],
    ["-5", null],
    ["1e3", null],
    ["1.005", null],
    ["1,2", null],
    ["٥", null],
    ["9999999999999", null],
  ])
    assert.equal(logic.parsedAmount(text), wanted, text);
});

test("what is shown as the most that can be refunded is what the API would take", () => {
  const payment = {
    status: "success",
    amount: 500,
    captured: false,
    amount_captured: 0,
    amount_refunded: 120,
  };
  assert.equal(logic.refundable(payment), 380);
  assert.equal(
    logic.refundable({ ...payment, captured: true, amount_captured: 200 }),
    80,
  );
  assert.equal(logic.refundable({ ...payment, status: "failed" }), 0);
  assert.equal(logic.capturable(payment), true);
  assert.equal(logic.capturable({ ...payment, captured: true }), false);
});

test("no cell of a CSV file is a formula to a spreadsheet", () => {
  for (const start of [
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
  ]) {
    assert.equal(logic.cell(`${start}1+1`), `"'${start}1+1"`);
  }
  assert.equal(logic.cell(-5), '"-5"');
  assert.equal(
    logic.cell('=HYPERLINK("http://evil")'),
    `"'=HYPERLINK(""http://evil"")"`,
  );
  assert.equal(logic.cell("a=b"), '"a=b"');
  assert.equal(logic.cell(null), '""');
});

test("a CSV file has its heads, CRLF and a mark that it is UTF-8", () => {
  assert.equal(
    logic.csv(["a", "b"], [["1", 'say "₹"']]),
    '\uFEFF"a","b"\r\n"1","say ""₹"""\r\n',
  );
});

test("filters survive the address, and nonsense in an address is dropped", () => {
  const filters = {
    q: "order_1",
    status: "failed",
    method: "card",
    from: "2026-11-01",
    to: "2026-11-23",
  };
  assert.deepEqual(logic.filtersOf(logic.searchOf(filters)), filters);
  assert.equal(logic.searchOf(logic.NONE), "");
  assert.deepEqual(
    logic.filtersOf("?status=<b>&method=x&from=2026-13-01&to=yesterday&q=%20"),
    logic.NONE,
  );
  assert.equal(logic.filtersOf(`?q=${"a".repeat(5000)}`).q.length, 255);
});

test("a list takes the statuses that it has, and no method unless it has some", () => {
  const search = "?status=paid&method=upi&q=r-1";
  const statuses = logic.ORDER_STATUSES;
  assert.deepEqual(logic.filtersOf(search, { statuses }), {
    ...logic.NONE,
    status: "paid",
    q: "r-1",
  });
  assert.equal(logic.filtersOf(search).status, "");
  assert.equal(
    logic.filtersOf(search, { statuses: logic.REFUND_STATUSES }).status,
    "",
  );
});

test("an entry changes the balance by what it credits and debits to the merchant", () => {
  const receivable = "processor_receivable";
  const payable = "merchant_payable";
  const line = (account, debit, credit) => ({ account, debit, credit });
  assert.equal(
    logic.change({ lines: [line(receivable, 500, 0), line(payable, 0, 500)] }),
    500,
  );
  assert.equal(
    logic.change({ lines: [line(payable, 200, 0), line(receivable, 0, 200)] }),
    -200,
  );
});

test("stacked bars end at the sum of what is below", () => {
  const day = {
    date: "2026-11-23",
    success: 5,
    failed: 2,
    pending: 1,
    amount: 0,
  };
  const series = logic.stacked([day]);
  assert.deepEqual(
    [series.success, series.failed, series.pending],
    [[5], [7], [8]],
  );
  assert.deepEqual(series.times, [Date.UTC(2026, 10, 23) / 1000]);
});

test("a rate has at most one decimal", () => {
  assert.deepEqual([95, 66.66, 100, 0].map(logic.percent), [
    "95%",
    "66.7%",
    "100%",
    "0%",
  ]);
});

test("instants and days read as in India", () => {
  assert.equal(
    logic.moment("2026-11-23T08:35:09.250Z", "Asia/Kolkata"),
    "23 Nov 2026, 14:05:09",
  );
  assert.equal(logic.dayLabel("2026-11-03"), "03 Nov");
  assert.equal(
    logic.utcDay(Date.parse("2026-03-01T00:30:00Z"), 1),
    "2026-02-28",
  );
});

test("how long until the next attempt", () => {
  const now = Date.parse("2026-11-23T10:00:00Z");
  assert.equal(logic.until("2026-11-23T10:00:45.000Z", now), "in 45 s");
  assert.equal(logic.until("2026-11-23T12:00:00.000Z", now), "in 120 min");
  assert.equal(logic.until("2026-11-23T09:00:00.000Z", now), "now");
});
