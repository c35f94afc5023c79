/** The log's table. */

import type { JSX } from "preact";
import { webhookPath } from "../logic/route";
import type { ListedDelivery } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Badge, Moment, Problem } from "./parts";
import { Link } from "./router";
import { Cell, Table } from "./Table";
import { useAction } from "./useAction";

const heads = en.webhooks.heads;

interface Props {
  hooks: readonly ListedDelivery[];
  onRetried: () => void;
}

export function WebhookRows({ hooks, onRetried }: Props): JSX.Element {
  return (
    <Table caption={en.webhooks.log} heads={Object.values(heads)} testId="webhook-logs-table">
      {hooks.map((hook) => (
        <tr key={hook.id} role="row" data-test-id="webhook-log-item" data-webhook-id={hook.id}>
          <Cell head={heads.event} testId="webhook-event" class="id">
            <Link to={webhookPath(hook.id)}>{hook.event}</Link>
          </Cell>
          <Cell head={heads.status} testId="webhook-status">
            <Badge status={hook.status} />
          </Cell>
          <Cell head={heads.attempts} testId="webhook-attempts" class="number">
            {hook.attempts}
          </Cell>
          <Cell head={heads.last} testId="webhook-last-attempt">
            <Moment at={hook.last_attempt_at} />
          </Cell>
          <Cell head={heads.code} testId="webhook-response-code">
            {hook.response_code ?? <span class="soft">–</span>}
          </Cell>
          <Cell head={heads.action}>
            <Retry hook={hook} onRetried={onRetried} />
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

export function Retry({ hook, onRetried }: { hook: ListedDelivery; onRetried: () => void }): JSX.Element {
  const { api, say } = useAppContext();
  const action = useAction();
  const retry = (): void => {
    void action.run(async () => {
      const path = `/webhooks/${encodeURIComponent(hook.id)}/retry`;
      const answer = await api.send<{ message: string }>("POST", path);
      say(answer.message);
      onRetried();
    });
  };
  return (
    <>
      <button
        type="button"
        class="small"
        data-test-id="retry-webhook-button"
        data-webhook-id={hook.id}
        aria-label={en.webhooks.retryOf(hook.event)}
        aria-disabled={action.busy}
        onClick={retry}
      >
        {en.webhooks.retry}
      </button>
      {action.error && <Problem error={action.error} />}
    </>
  );
}
