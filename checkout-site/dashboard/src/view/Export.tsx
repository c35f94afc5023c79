/** Exports the filtered payments as a CSV file, which the browser assembles page by page. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Api } from "../logic/api";
import { csv, type Cell } from "../logic/csv";
import type { Filters } from "../logic/filters";
import { decimal } from "../logic/money";
import type { ExportBegun, Payment, PaymentList } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Problem } from "./parts";
import { useAction } from "./useAction";

const ROWS_MAX = 10_000;
const PAGE = 100;
const HEADS = [
  ...["payment_id", "order_id", "amount", "currency", "method", "instrument", "status", "captured"],
  ...["amount_captured", "amount_refunded", "created_at", "error_code", "error_description"],
];

export function Export({ filters }: { filters: Filters }): JSX.Element {
  const { api, say } = useAppContext();
  const action = useAction();
  const [count, setCount] = useState(0);
  const save = (): void => {
    void action.run(async () => {
      // First of all: what cannot be put on record is not exported.
      await api.send<ExportBegun>("POST", "/dashboard/exports", { of: "payments", ...filters });
      const payments = await everyPayment(api, filters, setCount);
      download(csv(HEADS, payments.map(row)), "payments.csv");
      const isAll = payments.length < ROWS_MAX;
      say(isAll ? en.exported.done(payments.length) : en.exported.cut(ROWS_MAX));
    });
  };
  return (
    <>
      <button type="button" data-test-id="export-csv" aria-disabled={action.busy} onClick={save}>
        {action.busy ? en.exported.busy(count) : en.exported.button}
      </button>
      {action.error && <Problem error={action.error} />}
    </>
  );
}

async function everyPayment(
  api: Api,
  filters: Filters,
  onProgress: (count: number) => void,
): Promise<Payment[]> {
  const found: Payment[] = [];
  let cursor = "";
  do {
    const query = { ...filters, cursor, limit: String(PAGE) };
    const page = await api.get<PaymentList>("/payments", query);
    found.push(...page.data);
    onProgress(found.length);
    cursor = page.next_cursor ?? "";
  } while (cursor && found.length < ROWS_MAX);
  return found.slice(0, ROWS_MAX);
}

function row(payment: Payment): Cell[] {
  const card = `${payment.card_network ?? ""} ${payment.card_last4 ?? ""}`.trim();
  return [
    ...[payment.id, payment.order_id, decimal(payment.amount), payment.currency, payment.method],
    ...[payment.vpa ?? card, payment.status, payment.captured, decimal(payment.amount_captured)],
    ...[decimal(payment.amount_refunded), payment.created_at, payment.error_code, payment.error_description],
  ];
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
