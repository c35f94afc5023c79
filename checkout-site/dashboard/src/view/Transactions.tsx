/** The payments, newest first: found by id, order or receipt, narrowed, paged, exported. */

import type { JSX } from "preact";
import { filtersOf, searchOf, type Filters } from "../logic/filters";
import { money } from "../logic/money";
import { paymentPath } from "../logic/route";
import type { Payment, PaymentList } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Export } from "./Export";
import { FilterForm } from "./FilterForm";
import { Await, Badge, Empty, Head, Moment } from "./parts";
import { depth, Link } from "./router";
import { Cell, Pager, Table } from "./Table";
import { useLoad } from "./useLoad";

const ROWS = 20;
const LOOK_AGAIN_MS = 4_000;
const texts = en.transactions;

export function Transactions(): JSX.Element {
  const { api, path, search, navigate } = useAppContext();
  const filters = filtersOf(search);
  const cursor = new URLSearchParams(search).get("cursor") ?? "";
  const list = useLoad(
    search,
    async (signal) => {
      const query = { ...filters, cursor, limit: String(ROWS) };
      return { ...(await api.get<PaymentList>("/payments", query, signal)), filters };
    },
    ({ data }) => (data.some((payment) => payment.status === "pending") ? LOOK_AGAIN_MS : 0),
  );
  const narrow = (next: Filters): void => navigate(path + searchOf(next));
  return (
    <>
      <Head title={en.pages.transactions}>
        <Export filters={filters} />
      </Head>
      <FilterForm filters={filters} onChange={narrow} />
      <Await of={list} lines={8}>
        {(page) => (
          <>
            <p class="visually-hidden" role="status">
              {texts.shown(page.data.length)}
            </p>
            <Rows payments={page.data} />
            {page.data.length === 0 && <Empty>{searchOf(filters) ? texts.noneFound : texts.none}</Empty>}
            {/* While other filters are read, the cursor is still one of the list that is shown. */}
            <Pages filters={page.filters} cursor={cursor} next={page.next_cursor ?? ""} />
          </>
        )}
      </Await>
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

function Pages({ filters, cursor, next }: { filters: Filters; cursor: string; next: string }): JSX.Element {
  const { path } = useAppContext();
  const first = path + searchOf(filters);
  // The page before is the one that we came from; who came by a link begins with the newest.
  const newer =
    depth() > 0 ? (
      <button type="button" onClick={() => history.back()}>
        {texts.newer}
      </button>
    ) : (
      <Link class="button" to={first}>
        {texts.newest}
      </Link>
    );
  return (
    <Pager
      label={texts.pages}
      newer={cursor && newer}
      older={
        next && (
          <Link class="button" to={path + searchOf({ ...filters, cursor: next })}>
            {texts.older}
          </Link>
        )
      }
    />
  );
}
