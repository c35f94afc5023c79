/** How it goes: credentials, totals, payments by day, methods. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { money } from "../logic/money";
import { percent } from "../logic/series";
import { utcDay } from "../logic/time";
import type { Summary } from "../../../shared/resources";
import { en } from "../texts/en";
import { Chart } from "./Chart";
import { useAppContext } from "./context";
import { Credentials } from "./Credentials";
import { Await, Card, Empty, Field, Head } from "./parts";
import { Link } from "./router";
import { useLoad } from "./useLoad";

const LOOK_AGAIN_MS = 5_000;
const RANGES = [0, 7, 30, 90] as const;
const texts = en.overview;

export function Overview(): JSX.Element {
  const { api } = useAppContext();
  const [days, setDays] = useState(0);
  const from = days ? utcDay(Date.now(), days - 1) : "";
  const to = days ? utcDay(Date.now()) : "";
  const summary = useLoad(
    from,
    (signal) => api.get<Summary>("/dashboard/summary", { from, to }, signal),
    ({ by_status: { pending = 0 } }) => (pending > 0 ? LOOK_AGAIN_MS : 0),
  );
  return (
    <div data-test-id="dashboard">
      <Head title={en.pages.overview}>
        <Field label={texts.range}>
          {(attributes) => (
            <select
              {...attributes}
              data-test-id="summary-range"
              value={days}
              onChange={(event) => setDays(Number(event.currentTarget.value))}
            >
              {RANGES.map((range) => (
                <option key={range} value={range}>
                  {texts.ranges(range)}
                </option>
              ))}
            </select>
          )}
        </Field>
      </Head>
      <Credentials />
      <Await of={summary} lines={6}>
        {(read) => (
          <>
            <Totals summary={read} />
            <div class="columns wide-first">
              <Card title={texts.byDay}>
                <Chart byDay={read.by_day} currency={read.currency} />
              </Card>
              <Card title={texts.byMethod}>
                <Split summary={read} />
              </Card>
            </div>
          </>
        )}
      </Await>
    </div>
  );
}

function Totals({ summary }: { summary: Summary }): JSX.Element {
  const { success = 0, failed = 0, pending = 0 } = summary.by_status;
  const totals = [
    [
      "total-transactions",
      texts.transactions,
      new Intl.NumberFormat("en-IN").format(summary.total_transactions),
    ],
    ["total-amount", texts.amount, money(summary.total_amount, summary.currency)],
    ["success-rate", texts.rate, percent(summary.success_rate)],
  ] as const;
  const hints = [texts.states(success, failed, pending), texts.amountHint, texts.rateHint];
  return (
    <dl class="totals" data-test-id="stats-container">
      {totals.map(([id, name, value], index) => (
        <div class="card" key={id}>
          <dt>{name}</dt>
          <dd class="figure" data-test-id={id}>
            {value}
          </dd>
          <dd class="soft">{hints[index]}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Each method's share, with a bar beside the figure. */
function Split({ summary }: { summary: Summary }): JSX.Element {
  const rows = Object.entries(summary.by_method).filter(([, { count }]) => count > 0);
  const all = rows.reduce((sum, [, { count }]) => sum + count, 0);
  if (all === 0)
    return (
      <Empty>
        {texts.noMethods} <Link to="/dashboard/docs">{texts.toDocs}</Link>
      </Empty>
    );
  return (
    <ul class="split" data-test-id="method-split">
      {rows.map(([method, { count, amount }]) => (
        <li key={method} data-method={method}>
          <span>
            {method} <span class="soft">{money(amount, summary.currency)}</span>
          </span>
          <span class="number">{`${count} (${percent((100 * count) / all)})`}</span>
          <span class="bar" aria-hidden="true">
            <span style={{ width: `${(100 * count) / all}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}
