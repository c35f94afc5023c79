/** What the acquirer said about a payment: its ids, the keys it was asked by, its own codes. */

import type { JSX } from "preact";
import { money } from "../logic/money";
import type { AtAcquirerList, Dispute, Payment } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Badge, Moment } from "./parts";
import { Cell, Table } from "./Table";
import { useLoad } from "./useLoad";

const texts = en.payment.acquirer;

export function AtAcquirer({ payment, changes }: { payment: Payment; changes: string }): JSX.Element {
  const { api } = useAppContext();
  const path = `/payments/${encodeURIComponent(payment.id)}/acquirer`;
  const loaded = useLoad(`${path} ${changes}`, (signal) => api.get<AtAcquirerList>(path, {}, signal));
  const { heads } = texts;
  return (
    <Await of={loaded}>
      {({ data, disputes }) => (
        <>
          {data.some(({ parked }) => parked) && (
            <p role="alert" data-test-id="acquirer-parked">
              {texts.parked(data.flatMap(({ parked }) => parked ?? []).join("; "))}
            </p>
          )}
          <Table caption={texts.title} heads={Object.values(heads)} testId="acquirer-table">
            {data.map((found) => (
              <tr key={found.id} role="row" data-test-id="acquirer-row">
                <Cell head={heads.kind}>{texts.kinds[found.kind]}</Cell>
                <Cell head={heads.amount} class="number">
                  {money(found.amount, payment.currency)}
                </Cell>
                <Cell head={heads.account} class="id">
                  {found.account}
                </Cell>
                <Cell head={heads.reference} class="id" testId="acquirer-reference">
                  {found.reference ?? "–"}
                </Cell>
                <Cell head={heads.key} class="id">
                  {found.key}
                </Cell>
                <Cell head={heads.code}>{found.raw_code ?? "–"}</Cell>
                <Cell head={heads.asked}>{found.asked_at ? <Moment at={found.asked_at} /> : "–"}</Cell>
                <Cell head={heads.next}>{found.next_at ? <Moment at={found.next_at} /> : "–"}</Cell>
              </tr>
            ))}
          </Table>
          {disputes.length > 0 && <Disputes disputes={disputes} />}
        </>
      )}
    </Await>
  );
}

function Disputes({ disputes }: { disputes: readonly Dispute[] }): JSX.Element {
  const heads = texts.disputeHeads;
  return (
    <>
      <h3>{texts.disputes}</h3>
      <p class="soft">{texts.disputesExplained}</p>
      <Table caption={texts.disputes} heads={Object.values(heads)} testId="disputes-table">
        {disputes.map((dispute) => (
          <tr key={dispute.id} role="row" data-test-id="dispute-row">
            <Cell head={heads.id} class="id">
              {dispute.id}
            </Cell>
            <Cell head={heads.amount} class="number">
              {money(dispute.amount, dispute.currency)}
            </Cell>
            <Cell head={heads.status} testId="dispute-status">
              <Badge status={dispute.status} />
            </Cell>
            <Cell head={heads.reason}>{dispute.reason ?? "–"}</Cell>
            <Cell head={heads.respond}>
              <Moment at={dispute.respond_by} />
            </Cell>
            <Cell head={heads.opened}>
              <Moment at={dispute.created_at} />
            </Cell>
            <Cell head={heads.reference} class="id">
              {dispute.reference}
            </Cell>
          </tr>
        ))}
      </Table>
    </>
  );
}
