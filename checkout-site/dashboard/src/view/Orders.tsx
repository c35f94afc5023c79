/** The orders, paid or not, newest first: found by receipt, narrowed, paged. An order leads to its payments. */

import type { JSX } from "preact";
import { filtersOf, ORDER_STATUSES, searchOf } from "../logic/filters";
import { money } from "../logic/money";
import { orderPath } from "../logic/route";
import type { Order } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { CursorList } from "./CursorList";
import { FilterForm } from "./FilterForm";
import { Badge, Head, Moment } from "./parts";
import { Link } from "./router";
import { Cell, Table } from "./Table";

const texts = en.orders;

export function Orders(): JSX.Element {
  const { path, search, navigate } = useAppContext();
  const filters = filtersOf(search, { statuses: ORDER_STATUSES });
  const { q: receipt, status, from, to } = filters;
  return (
    <>
      <Head title={en.pages.orders} />
      <FilterForm
        label={en.pages.orders}
        searchFor={texts.searchFor}
        statuses={ORDER_STATUSES}
        filters={filters}
        onChange={(next) => navigate(path + searchOf(next))}
      />
      <CursorList<Order> from="/orders" query={{ receipt, status, from, to }} filters={filters} texts={texts}>
        {(orders) => <Rows orders={orders} />}
      </CursorList>
    </>
  );
}

function Rows({ orders }: { orders: readonly Order[] }): JSX.Element {
  const { id, receipt, amount, status, created, expires } = texts.heads;
  return (
    <Table caption={texts.caption} heads={Object.values(texts.heads)} testId="orders-table">
      {orders.map((order) => (
        <tr key={order.id} role="row" data-test-id="order-row" data-order-id={order.id}>
          <Cell head={id} testId="order-id" class="id">
            <Link to={orderPath(order.id)}>{order.id}</Link>
          </Cell>
          <Cell head={receipt} testId="order-receipt">
            {order.receipt || <span class="soft">–</span>}
          </Cell>
          <Cell head={amount} testId="order-amount" class="number">
            {money(order.amount, order.currency)}
          </Cell>
          <Cell head={status} testId="order-status">
            <Badge status={order.status} />
          </Cell>
          <Cell head={created} testId="order-created-at">
            <Moment at={order.created_at} />
          </Cell>
          <Cell head={expires}>
            <Moment at={order.expires_at} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
