/** The payments, newest first: found by id, order or receipt, narrowed, paged, exported. */

import type { JSX } from "preact";
import { filtersOf, METHODS, searchOf, STATUSES } from "../logic/filters";
import { money } from "../logic/money";
import { paymentPath } from "../logic/route";
import type { Payment } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { CursorList } from "./CursorList";
import { Export } from "./Export";
import { FilterForm } from "./FilterForm";
import { Badge, Head, Moment } from "./parts";
import { Link } from "./router";
import { Cell, Table } from "./Table";

const texts = en.transactions;

export function Transactions(): JSX.Element {
  const { path, search, navigate } = useAppContext();
  const filters = filtersOf(search);
  return (
    <>
      <Head title={en.pages.transactions}>
        <Export filters={filters} />
      </Head>
      <FilterForm
        label={en.filters.label}
        searchFor={en.filters.searchFor}
        statuses={STATUSES}
        methods={METHODS}
        filters={filters}
        onChange={(next) => navigate(path + searchOf(next))}
      />
      <CursorList<Payment> from="/payments" query={{ ...filters }} filters={filters} texts={texts}>
        {(payments) => <Rows payments={payments} />}
      </CursorList>
    </>
  );
}

function Rows({ payments }: { payments: readonly Payment[] }): JSX.Element {
  const { id, order, amount, method, status, created } = texts.heads;
  return (
    <Table caption={texts.caption} heads={Object.values(texts.heads)} testId="transactions-table">
      {payments.map((payment) => (
        <tr key={payment.id} role="row" data-test-id="transaction-row" data-payment-id={payment.id}>
          <Cell head={id} testId="payment-id" class="id">
            <Link to={paymentPath(payment.id)}>{payment.id}</Link>
          </Cell>
          <Cell head={order} testId="order-id" class="id">
            {payment.order_id}
          </Cell>
          <Cell head={amount} testId="amount" class="number">
            {money(payment.amount, payment.currency)}
          </Cell>
          <Cell head={method} testId="method">
            {payment.method}
          </Cell>
          <Cell head={status} testId="status">
            <Badge status={payment.status} />
          </Cell>
          <Cell head={created} testId="created-at">
            <Moment at={payment.created_at} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
