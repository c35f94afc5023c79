/** The webhook URL, the signing secret, and the log of deliveries. */

import type { JSX, TargetedEvent } from "preact";
import { useState } from "preact/hooks";
import { DEFAULT_EVENTS, ON_REQUEST, TEST_EVENT } from "../logic/events";
import { searchOf } from "../logic/filters";
import type { DeliveryList } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Pages } from "./CursorList";
import { Choice } from "./FilterForm";
import { Await, Card, Empty, Head } from "./parts";
import { RetryFailed } from "./RetryFailed";
import { useLoad } from "./useLoad";
import { WebhookEndpoints } from "./WebhookEndpoints";
import { WebhookForm } from "./WebhookForm";
import { WebhookRows } from "./WebhookRows";

const ROWS = 10;
const LOOK_AGAIN_MS = 2_000;
const STATUSES = ["pending", "success", "failed"];
const EVENTS: readonly string[] = [...DEFAULT_EVENTS, ...ON_REQUEST, TEST_EVENT];
const texts = en.webhooks;

export function Webhooks(): JSX.Element {
  const [sent, setSent] = useState(0);
  return (
    <div data-test-id="webhook-config">
      <Head title={en.pages.webhooks} />
      <Card title={texts.config}>
        <WebhookForm onSent={() => setSent((count) => count + 1)} />
      </Card>
      <Card title={en.endpoints.title}>
        <WebhookEndpoints onSent={() => setSent((count) => count + 1)} />
      </Card>
      <Card title={texts.log}>
        <RetryFailed onRetried={() => setSent((count) => count + 1)} />
        <Log sent={sent} />
      </Card>
    </div>
  );
}

/** `sent` counts the test events and retries: when it changes, the log is reloaded. */
function Log({ sent }: { sent: number }): JSX.Element {
  const { api, path, search, navigate } = useAppContext();
  const given = new URLSearchParams(search);
  const filters = {
    status: STATUSES.find((one) => one === given.get("status")) ?? "",
    event: EVENTS.find((one) => one === given.get("event")) ?? "",
  };
  const cursor = given.get("cursor") ?? "";
  const log = useLoad(
    `${search} ${sent}`,
    async (signal) => {
      const asked = { ...filters, cursor, limit: String(ROWS) };
      return { ...(await api.get<DeliveryList>("/webhooks", asked, signal)), filters };
    },
    ({ data }) => (data.some(({ status }) => status === "pending") ? LOOK_AGAIN_MS : 0),
  );
  const narrow = (name: string) => (event: TargetedEvent<HTMLSelectElement>) =>
    navigate(path + searchOf({ ...filters, [name]: event.currentTarget.value }));
  return (
    <>
      <div class="filters">
        <Choice
          label={en.filters.status}
          name="status"
          known={STATUSES}
          value={filters.status}
          onChange={narrow("status")}
        />
        <Choice
          label={texts.event}
          name="event"
          known={EVENTS}
          value={filters.event}
          onChange={narrow("event")}
        />
      </div>
      <Await of={log} lines={6}>
        {(page) => (
          <>
            <WebhookRows hooks={page.data} onRetried={log.reload} />
            {page.data.length === 0 && <Empty>{searchOf(filters) ? texts.noneFound : texts.none}</Empty>}
            {/* While other filters are read, the cursor is still one of the list that is shown. */}
            <Pages label={texts.pages} filters={page.filters} cursor={cursor} next={page.next_cursor ?? ""}>
              {page.total > 0 && texts.range(page.offset + 1, page.offset + page.data.length, page.total)}
            </Pages>
          </>
        )}
      </Await>
    </>
  );
}
