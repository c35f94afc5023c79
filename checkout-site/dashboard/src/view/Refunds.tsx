/** The refunds of all payments, newest first: narrowed, paged. A refund leads to its payment. */

import type { JSX } from "preact";
import { filtersOf, REFUND_STATUSES, searchOf } from "../logic/filters";
import { money } from "../logic/money";
import { paymentPath } from "../logic/route";
import type { Refund } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { CursorList } from "./CursorList";
import { FilterForm } from "./FilterForm";
import { Badge, Head, Moment } from "./parts";
import { Link } from "./router";
import { Cell, Table } from "./Table";

const texts = en.refunds;

export function Refunds(): JSX.Element {
  const { path, search, navigate } = useAppContext();
  const filters = { ...filtersOf(search, { statuses: REFUND_STATUSES }), q: "" };
  const { status, from, to } = filters;
  return (
    <>
      <Head title={en.pages.refunds} />
      <FilterForm
        label={en.pages.refunds}
        statuses={REFUND_STATUSES}
        filters={filters}
        onChange={(next) => navigate(path + searchOf(next))}
      />
      <CursorList<Refund> from="/refunds" query={{ status, from, to }} filters={filters} texts={texts}>
        {(refunds) => <Rows refunds={refunds} />}
      </CursorList>
    </>
  );
}

function Rows({ refunds }: { refunds: readonly Refund[] }): JSX.Element {
  const { id, payment, amount, status, reason, created, processed } = texts.heads;
  return (
    <Table caption={texts.caption} heads={Object.values(texts.heads)} testId="all-refunds-table">
      {refunds.map((refund) => (
        <tr key={refund.id} role="row" data-test-id="refund-row" data-refund-id={refund.id}>
          <Cell head={id} class="id">
            {refund.id}
          </Cell>
          <Cell head={payment} testId="refund-payment" class="id">
            <Link to={paymentPath(refund.payment_id)}>{refund.payment_id}</Link>
          </Cell>
          <Cell head={amount} testId="refund-amount" class="number">
            {money(refund.amount, refund.currency)}
          </Cell>
          <Cell head={status} testId="refund-status">
            <Badge status={refund.status} />
          </Cell>
          <Cell head={reason}>{refund.reason || <span class="soft">–</span>}</Cell>
          <Cell head={created}>
            <Moment at={refund.created_at} />
          </Cell>
          <Cell head={processed}>
            <Moment at={refund.processed_at} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
