/** One delivery: the request, and the response to each attempt. */

import type { JSX } from "preact";
import { paymentPath } from "../logic/route";
import { until } from "../logic/time";
import type { Delivery, DeliveryAttempt } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Badge, Card, Copy, Empty, Head, Moment } from "./parts";
import { Link } from "./router";
import { useLoad } from "./useLoad";
import { Retry } from "./WebhookRows";

const LOOK_AGAIN_MS = 2_000;
const texts = en.webhook;

export function WebhookPage({ id }: { id: string }): JSX.Element {
  const { api } = useAppContext();
  const row = useLoad(
    id,
    (signal) => api.get<Delivery>(`/webhooks/${encodeURIComponent(id)}`, {}, signal),
    ({ status }) => (status === "pending" ? LOOK_AGAIN_MS : 0),
  );
  return (
    <>
      <p class="back">
        <Link to="/dashboard/webhooks">{texts.back}</Link>
      </p>
      <Head title={en.pages.webhook}>{row.data && <Retry hook={row.data} onRetried={row.reload} />}</Head>
      <Await of={row} lines={8}>
        {(hook) => <Shown hook={hook} />}
      </Await>
    </>
  );
}

function Shown({ hook }: { hook: Delivery }): JSX.Element {
  const body = JSON.stringify(hook.payload, null, 2);
  const payment = (hook.payload as { data?: { payment?: { id?: string } } }).data?.payment?.id;
  return (
    <div data-test-id="webhook">
      <p class="sum">
        <span class="figure">{hook.event}</span> <Badge status={hook.status} />
      </p>
      <Card title={texts.attempts}>
        {hook.status === "pending" && hook.next_retry_at && (
          <p role="status">
            {texts.next} <Moment at={hook.next_retry_at} /> ({until(hook.next_retry_at, Date.now())})
          </p>
        )}
        {hook.attempt_log.length === 0 && <Empty>{texts.noAttempts}</Empty>}
        <ol class="attempts">
          {hook.attempt_log.map((attempt, index) => (
            <Tried key={index} attempt={attempt} />
          ))}
        </ol>
      </Card>
      <Card title={texts.request}>
        <dl class="details">
          <div>
            <dt>{texts.id}</dt>
            <dd>
              <code>{hook.id}</code>
            </dd>
          </div>
          {payment && (
            <div>
              <dt>{texts.payment}</dt>
              <dd>
                <Link to={paymentPath(payment)}>{payment}</Link>
              </dd>
            </div>
          )}
          <div>
            <dt>{texts.created}</dt>
            <dd>
              <Moment at={hook.created_at} />
            </dd>
          </div>
        </dl>
        <p class="soft">{texts.indented}</p>
        <div class="code">
          <Copy text={JSON.stringify(hook.payload)} what={texts.body} />
          <pre tabIndex={0} role="region" aria-label={texts.body} data-test-id="webhook-payload">
            {body}
          </pre>
        </div>
      </Card>
    </div>
  );
}

function Tried({ attempt }: { attempt: DeliveryAttempt }): JSX.Element {
  const code = attempt.response_code;
  const isGood = code !== null && code >= 200 && code < 300;
  return (
    <li data-test-id="webhook-attempt">
      <p>
        <span class={`badge ${isGood ? "success" : "failed"}`}>
          {code ?? attempt.error ?? texts.noAnswer}
        </span>{" "}
        <Moment at={attempt.at} /> <span class="soft">{texts.took(attempt.duration_ms)}</span>
      </p>
      {attempt.response_body ? (
        <pre tabIndex={0} role="region" aria-label={texts.answer}>
          {attempt.response_body}
        </pre>
      ) : (
        <p class="soft">{code === null ? texts.errors[attempt.error ?? ""] : texts.emptyAnswer}</p>
      )}
    </li>
  );
}
