/** What happened to a payment, in order. Kinds that we have no words for are shown as the API names them. */

import type { JSX } from "preact";
import { money } from "../logic/money";
import { webhookPath } from "../logic/route";
import type { TimelineEntry } from "../logic/types";
import { en } from "../texts/en";
import { Empty, Moment } from "./parts";
import { Link } from "./router";

interface Props {
  entries: readonly TimelineEntry[];
  currency: string;
}

export function Timeline({ entries, currency }: Props): JSX.Element {
  if (entries.length === 0) return <Empty>{en.payment.noTimeline}</Empty>;
  return (
    <ol class="timeline" data-test-id="timeline">
      {entries.map((entry, index) => (
        <li key={index} data-test-id="timeline-entry" data-kind={entry.kind}>
          <Moment at={entry.at} />
          <span>{title(entry)}</span>
          <Detail entry={entry} currency={currency} />
        </li>
      ))}
    </ol>
  );
}

const title = (entry: TimelineEntry): string => en.kinds[entry.kind] ?? entry.kind.replaceAll(/[._]/g, " ");

function Detail({ entry, currency }: { entry: TimelineEntry; currency: string }): JSX.Element | null {
  const { amount, webhook_id: webhook } = entry;
  const words = Object.entries(entry)
    .filter(([name]) => !["at", "kind", "amount", "currency", "webhook_id"].includes(name))
    .filter(([, value]) => ["string", "number"].includes(typeof value) && value !== "")
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`);
  if (typeof amount === "number") words.unshift(money(amount, currency));
  if (words.length === 0 && typeof webhook !== "string") return null;
  return (
    <span class="soft">
      {words.join(" · ")}{" "}
      {typeof webhook === "string" && <Link to={webhookPath(webhook)}>{en.payment.delivery}</Link>}
    </span>
  );
}
