/** A payment's timeline. Kinds without a text of ours are shown under the API's name. */

import type { JSX } from "preact";
import { money } from "../logic/money";
import { webhookPath } from "../logic/route";
import type {
  LedgerLine,
  Payment,
  Refund,
  Timeline as Entries,
  TimelineEntry,
} from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Empty, Moment } from "./parts";
import { Link } from "./router";
import { useLoad } from "./useLoad";

interface Props {
  payment: Payment;
  refunds: readonly Refund[];
}

// A change is visible before its webhooks are delivered.
const LOOK_AGAIN_MS = 3_000;
const UNTIL_MS = 60_000;

export function Timeline({ payment, refunds }: Props): JSX.Element {
  const { api } = useAppContext();
  const changes = [payment, ...refunds].map(({ status }) => status).join();
  const path = `/payments/${encodeURIComponent(payment.id)}/timeline`;
  const loaded = useLoad(
    `${path} ${changes} ${payment.captured}`,
    (signal) => api.get<Entries>(path, {}, signal),
    ({ data }) => (isFresh(data) ? LOOK_AGAIN_MS : 0),
  );
  return (
    <Await of={loaded}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty>{en.payment.noTimeline}</Empty>
        ) : (
          <ol class="timeline" data-test-id="timeline">
            {data.map((entry, index) => (
              <li key={index} data-test-id="timeline-entry" data-kind={entry.kind}>
                <Moment at={entry.at} />
                <span>{title(entry)}</span>
                <Detail entry={entry} currency={payment.currency} />
              </li>
            ))}
          </ol>
        )
      }
    </Await>
  );
}

const isFresh = (entries: readonly TimelineEntry[]): boolean =>
  entries.some(({ at }) => Date.now() - Date.parse(at) < UNTIL_MS);

const title = (entry: TimelineEntry): string => en.kinds[entry.kind] ?? entry.kind.replaceAll(/[._]/g, " ");

// Already on the page, or shown separately.
const LEFT_OUT = new Set([
  ...["at", "kind", "amount", "lines", "webhook_id"],
  ...["order_id", "payment_id", "entry_id", "entry_kind"],
]);

function Detail({ entry, currency }: { entry: TimelineEntry; currency: string }): JSX.Element | null {
  const { amount, webhook_id: webhook, lines } = entry;
  const words = Object.entries(entry)
    .filter(
      ([name, value]) => !LEFT_OUT.has(name) && ["string", "number"].includes(typeof value) && value !== "",
    )
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`);
  if (lines) words.unshift(...(lines as unknown as LedgerLine[]).map((line) => lineOf(line, currency)));
  else if (typeof amount === "number") words.unshift(money(amount, currency));
  if (words.length === 0 && typeof webhook !== "string") return null;
  return (
    <span class="soft">
      {words.join(" · ")}{" "}
      {typeof webhook === "string" && <Link to={webhookPath(webhook)}>{en.payment.delivery}</Link>}
    </span>
  );
}

function lineOf({ account, debit, credit }: LedgerLine, currency: string): string {
  const side = debit > 0 ? en.payment.debit : en.payment.credit;
  return `${side} ${account.replaceAll("_", " ")} ${money(debit || credit, currency)}`;
}
