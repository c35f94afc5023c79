/** The days that were compared with the acquirer's statement, the latest first, and where the two differ. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { money } from "../logic/money";
import { paymentPath } from "../logic/route";
import type { Reconciliation as Run, ReconciliationList } from "../../../shared/resources";
import { en } from "../texts/en";
import { OffsetPager } from "./Audit";
import { useAppContext } from "./context";
import { Await, Card, Empty, Head } from "./parts";
import { Link } from "./router";
import { Cell, Table } from "./Table";
import { useLoad } from "./useLoad";

const ROWS = 20;
const texts = en.reconciliation;

export function Reconciliation(): JSX.Element {
  const { api } = useAppContext();
  const [offset, setOffset] = useState(0);
  const query = { limit: String(ROWS), offset: String(offset) };
  const loaded = useLoad(`reconciliations ${offset}`, (signal) =>
    api.get<ReconciliationList>("/dashboard/reconciliations", query, signal),
  );
  return (
    <>
      <Head title={en.pages.reconciliation} />
      <Await of={loaded}>
        {({ data, total }) => (
          <>
            <Card title={texts.title}>
              <p class="soft">{texts.explained}</p>
              {data.length ? <Runs runs={data} /> : <Empty>{texts.none}</Empty>}
              <OffsetPager
                label={texts.pages}
                offset={offset}
                rows={ROWS}
                total={total}
                onOffset={setOffset}
              />
            </Card>
            {data.filter(({ differences }) => differences.length).map(differencesOf)}
          </>
        )}
      </Await>
    </>
  );
}

const keyOf = ({ day, account }: Run): string => `${day} ${account}`;

function Runs({ runs }: { runs: readonly Run[] }): JSX.Element {
  const { heads } = texts;
  return (
    <Table caption={texts.title} heads={Object.values(heads)} testId="reconciliation-table">
      {runs.map((run) => (
        <tr key={keyOf(run)} role="row" data-test-id="reconciliation-row">
          <Cell head={heads.day}>
            <time dateTime={run.day}>{run.day}</time>
          </Cell>
          <Cell head={heads.account} class="id">
            {run.account}
          </Cell>
          <Cell head={heads.movements} class="number">
            {run.movements}
          </Cell>
          <Cell head={heads.matched} class="number" testId="reconciliation-matched">
            {run.matched}
          </Cell>
          <Cell head={heads.taken} class="number">
            {sums(run.taken)}
          </Cell>
          <Cell head={heads.given} class="number">
            {sums(run.given_back)}
          </Cell>
          <Cell head={heads.fees} class="number" testId="reconciliation-fees">
            {sums(run.fees)}
          </Cell>
          <Cell head={heads.differences} class="number" testId="reconciliation-differences">
            {run.differences_total || texts.noDifferences}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

/** Amounts of several currencies. */
function sums(amounts: Record<string, number>): string {
  const shown = Object.entries(amounts).map(([currency, amount]) => money(amount, currency));
  return shown.join(", ") || "–";
}

function differencesOf(run: Run): JSX.Element {
  const { differences, differences_total: total } = run;
  const title = texts.differencesOf(run.day, run.account);
  const heads = texts.differenceHeads;
  const amount = (of: number | null, currency: string): string => (of === null ? "–" : money(of, currency));
  return (
    <Card key={keyOf(run)} title={title}>
      {differences.length < total && <p class="soft">{texts.firstOf(differences.length, total)}</p>}
      <Table caption={title} heads={Object.values(heads)} testId="differences-table">
        {differences.map((found, index) => (
          <tr key={index} role="row" data-test-id="difference-row">
            <Cell head={heads.problem}>{texts.problems[found.problem]}</Cell>
            <Cell head={heads.id} class="id">
              {found.our_id?.startsWith("pay_") ? (
                <Link to={paymentPath(found.our_id.split(":")[0]!)}>{found.our_id}</Link>
              ) : (
                (found.our_id ?? "–")
              )}
            </Cell>
            <Cell head={heads.reference} class="id">
              {found.reference ?? "–"}
            </Cell>
            <Cell head={heads.ours} class="number">
              {amount(found.ours, found.currency)}
            </Cell>
            <Cell head={heads.theirs} class="number">
              {amount(found.theirs, found.currency)}
            </Cell>
          </tr>
        ))}
      </Table>
    </Card>
  );
}
