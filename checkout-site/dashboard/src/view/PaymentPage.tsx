/** One payment: details, timeline, refunds, and the actions that it allows. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { money } from "../logic/money";
import { capturable, refundable } from "../logic/payment";
import { moment } from "../logic/time";
import type { Payment, Refund, RefundList } from "../../../shared/resources";
import { en } from "../texts/en";
import { AtAcquirer } from "./AtAcquirer";
import { CaptureDialog } from "./CaptureDialog";
import { useAppContext } from "./context";
import { Await, Badge, Card, Copy, Empty, Head, Moment } from "./parts";
import { RefundDialog } from "./RefundDialog";
import { Link } from "./router";
import { Cell, Table } from "./Table";
import { Timeline } from "./Timeline";
import { useLoad } from "./useLoad";

interface Read {
  payment: Payment;
  refunds: readonly Refund[];
}

const LOOK_AGAIN_MS = 2_000;
const REFUNDS_SHOWN = "100";
const texts = en.payment;

/** Whether the payment or a refund is still pending. */
const isOpen = ({ payment, refunds }: Read): boolean =>
  [payment, ...refunds].some(({ status }) => status === "pending");

export function PaymentPage({ id }: { id: string }): JSX.Element {
  const { api } = useAppContext();
  const path = `/payments/${encodeURIComponent(id)}`;
  const loaded = useLoad<Read>(
    id,
    async (signal) => {
      const [payment, refunds] = await Promise.all([
        api.get<Payment>(path, {}, signal),
        api.get<RefundList>(`${path}/refunds`, { limit: REFUNDS_SHOWN }, signal),
      ]);
      return { payment, refunds: refunds.data };
    },
    (read) => (isOpen(read) ? LOOK_AGAIN_MS : 0),
  );
  return (
    <>
      <p class="back">
        <Link to="/dashboard/transactions">{texts.back}</Link>
      </p>
      <Head title={en.pages.payment}>
        {loaded.data && <Actions payment={loaded.data.payment} reload={loaded.reload} />}
      </Head>
      <Await of={loaded} lines={8}>
        {(read) => <Shown {...read} />}
      </Await>
    </>
  );
}

function Actions({ payment, reload }: { payment: Payment; reload: () => void }): JSX.Element {
  const { say } = useAppContext();
  const [open, setOpen] = useState<"refund" | "capture" | "">("");
  const done = (notice: string): void => {
    setOpen("");
    say(notice);
    reload();
  };
  const dialog = { payment, onClose: () => setOpen(""), onDone: done };
  return (
    <>
      {refundable(payment) > 0 && (
        <button type="button" data-test-id="refund-button" onClick={() => setOpen("refund")}>
          {en.refund.open}
        </button>
      )}
      {capturable(payment) && (
        <button type="button" data-test-id="capture-button" onClick={() => setOpen("capture")}>
          {en.capture.open}
        </button>
      )}
      {open === "refund" && <RefundDialog {...dialog} />}
      {open === "capture" && <CaptureDialog {...dialog} />}
    </>
  );
}

function Shown({ payment, refunds }: Read): JSX.Element {
  return (
    <div data-test-id="payment">
      <p class="sum">
        <span class="figure">{money(payment.amount, payment.currency)}</span>{" "}
        <Badge status={payment.status} />
      </p>
      <div class="columns">
        <Card title={texts.details}>
          <Details payment={payment} />
        </Card>
        <Card title={texts.timeline}>
          <Timeline payment={payment} refunds={refunds} />
        </Card>
      </div>
      <Card title={texts.refunds}>
        <Refunds refunds={refunds} />
      </Card>
      <Card title={texts.acquirer.title}>
        <AtAcquirer
          payment={payment}
          changes={[payment.updated_at, ...refunds.map(({ status }) => status)].join()}
        />
      </Card>
    </div>
  );
}

function Details({ payment }: { payment: Payment }): JSX.Element {
  const names = texts.members;
  const card = `${payment.card_network ?? ""} •••• ${payment.card_last4 ?? ""}`;
  const { currency } = payment;
  const lines: [string, string][] = [
    [names.order, payment.order_id],
    [names.method, payment.method],
    [names.instrument, payment.vpa ?? card],
    [names.captured, payment.captured ? money(payment.amount_captured, currency) : texts.notCaptured],
    [names.refunded, money(payment.amount_refunded, currency)],
    [names.created, moment(payment.created_at)],
    [names.updated, moment(payment.updated_at)],
  ];
  if (payment.error_code) {
    const { error_code: code, error_reason: reason, error_description: description = "" } = payment;
    lines.push([names.error, `${code}: ${description}${reason ? ` (${reason})` : ""}`]);
  }
  return (
    <dl class="details">
      <div>
        <dt>{names.id}</dt>
        <dd>
          <code>{payment.id}</code> <Copy text={payment.id} what={names.id} />
        </dd>
      </div>
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Refunds({ refunds }: { refunds: readonly Refund[] }): JSX.Element {
  const heads = texts.refundHeads;
  if (refunds.length === 0) return <Empty>{texts.noRefunds}</Empty>;
  return (
    <Table caption={texts.refunds} heads={Object.values(heads)} testId="refunds-table">
      {refunds.map((refund) => (
        <tr key={refund.id} role="row" data-test-id="refund-row" data-refund-id={refund.id}>
          <Cell head={heads.id} class="id">
            {refund.id}
          </Cell>
          <Cell head={heads.amount} class="number" testId="refund-amount">
            {money(refund.amount, refund.currency)}
          </Cell>
          <Cell head={heads.status} testId="refund-status">
            <Badge status={refund.status} />
          </Cell>
          <Cell head={heads.reason}>{refund.reason || "–"}</Cell>
          <Cell head={heads.created}>
            <Moment at={refund.created_at} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
