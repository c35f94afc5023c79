/** What the merchant is owed in each currency, and the ledger's entries, which add up to it. */

import type { JSX } from "preact";
import { NONE } from "../logic/filters";
import { change } from "../logic/ledger";
import { money } from "../logic/money";
import { paymentPath } from "../logic/route";
import type { Balance as Sums, BalanceList, LedgerEntry } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { CursorList } from "./CursorList";
import { Await, Card, Empty, Head, Moment } from "./parts";
import { Link } from "./router";
import { Cell, Table } from "./Table";
import { useLoad } from "./useLoad";

const texts = en.balance;

export function Balance(): JSX.Element {
  const { api } = useAppContext();
  const balances = useLoad("balance", (signal) => api.get<BalanceList>("/balance", {}, signal));
  return (
    <>
      <Head title={en.pages.balance} />
      <Card title={texts.balances}>
        <Await of={balances}>
          {({ data }) => (data.length ? <Balances balances={data} /> : <Empty>{texts.none}</Empty>)}
        </Await>
      </Card>
      <Card title={texts.ledger}>
        <CursorList<LedgerEntry> from="/ledger" query={{}} filters={NONE} texts={texts}>
          {(entries) => <Entries entries={entries} />}
        </CursorList>
      </Card>
    </>
  );
}

function Balances({ balances }: { balances: readonly Sums[] }): JSX.Element {
  const { currency, ...sums } = texts.balanceHeads;
  return (
    <Table caption={texts.balances} heads={Object.values(texts.balanceHeads)} testId="balances-table">
      {balances.map((balance) => (
        <tr key={balance.currency} role="row" data-test-id="balance-row">
          <Cell head={currency} testId="balance-currency">
            {balance.currency}
          </Cell>
          {(["amount", "payments", "refunds", "reversals"] as const).map((name) => (
            <Cell key={name} head={sums[name]} testId={`balance-${name}`} class="number">
              {money(balance[name], balance.currency)}
            </Cell>
          ))}
        </tr>
      ))}
    </Table>
  );
}

function Entries({ entries }: { entries: readonly LedgerEntry[] }): JSX.Element {
  const { created, kind, payment, refund, amount } = texts.heads;
  return (
    <Table caption={texts.caption} heads={Object.values(texts.heads)} testId="ledger-table">
      {entries.map((entry) => (
        <tr key={entry.id} role="row" data-test-id="ledger-row" data-entry-id={entry.id}>
          <Cell head={created}>
            <Moment at={entry.created_at} />
          </Cell>
          <Cell head={kind} testId="ledger-kind">
            {entry.kind}
          </Cell>
          <Cell head={payment} class="id">
            <Link to={paymentPath(entry.payment_id)}>{entry.payment_id}</Link>
          </Cell>
          <Cell head={refund} class="id">
            {entry.refund_id || <span class="soft">–</span>}
          </Cell>
          <Cell head={amount} testId="ledger-amount" class="number">
            {money(change(entry), entry.currency)}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
