/** Starts all failed deliveries since a time again: one request for each forty, until none is left. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { DeliveriesRetried } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Field, Problem } from "./parts";
import { useAction } from "./useAction";

const HOUR_MS = 3_600_000;
// As many requests as the gateway takes in ten minutes, so that one click never meets the limit.
const REQUESTS_MAX = 90;
const texts = en.webhooks;

export function RetryFailed({ onRetried }: { onRetried: () => void }): JSX.Element {
  const { api, say } = useAppContext();
  const [hours, setHours] = useState(24);
  const action = useAction();
  const retry = (): void => {
    void action.run(async () => {
      const since = new Date(Date.now() - hours * HOUR_MS).toISOString();
      let cursor: string | null = null;
      let count = 0;
      for (let request = 0; request < REQUESTS_MAX; request += 1) {
        const done: DeliveriesRetried = await api.send<DeliveriesRetried>("POST", "/webhooks/retry", {
          since,
          cursor,
        });
        count += done.retried;
        cursor = done.next_cursor;
        if (cursor === null) break;
      }
      say(texts.retriedAll(count));
      onRetried();
    });
  };
  return (
    <div class="filters">
      <Field label={texts.failedSince}>
        {(attributes) => (
          <select
            {...attributes}
            data-test-id="retry-since"
            value={hours}
            onChange={(event) => setHours(Number(event.currentTarget.value))}
          >
            {Object.entries(texts.spans).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
      <button type="button" data-test-id="retry-failed-button" aria-disabled={action.busy} onClick={retry}>
        {texts.retryFailed}
      </button>
      {action.error && <Problem error={action.error} />}
    </div>
  );
}
