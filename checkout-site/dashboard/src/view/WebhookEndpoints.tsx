/** The endpoints beside the webhook URL: add, try, rotate and remove them. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { DEFAULT_EVENTS, ON_REQUEST } from "../logic/events";
import type { Endpoint, EndpointList, ListedEndpoint } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Confirm } from "./Dialog";
import { Await, Badge, Copy, Empty, Field, Problem } from "./parts";
import { Cell, Table } from "./Table";
import { useAction } from "./useAction";
import { useLoad } from "./useLoad";

const PATH = "/webhook-endpoints";
const FIRST = "default";
const EVENTS = [...DEFAULT_EVENTS, ...ON_REQUEST];
const texts = en.endpoints;

const pathOf = (endpoint: ListedEndpoint): string => `${PATH}/${encodeURIComponent(endpoint.id)}`;

export function WebhookEndpoints({ onSent }: { onSent: () => void }): JSX.Element {
  const { api } = useAppContext();
  const list = useLoad("endpoints", (signal) => api.get<EndpointList>(PATH, {}, signal));
  // The first one is the form above.
  return (
    <Await of={list}>
      {({ data }) => {
        const added = data.filter(({ id }) => id !== FIRST);
        return (
          <>
            <p>{texts.intro}</p>
            {added.length === 0 ? (
              <Empty>{texts.none}</Empty>
            ) : (
              <Table
                caption={texts.title}
                heads={Object.values(texts.heads)}
                testId="webhook-endpoints-table"
              >
                {added.map((endpoint) => (
                  <Row key={endpoint.id} endpoint={endpoint} onChanged={list.reload} onSent={onSent} />
                ))}
              </Table>
            )}
            <NewEndpoint onAdded={list.reload} />
          </>
        );
      }}
    </Await>
  );
}

interface RowProps {
  endpoint: ListedEndpoint;
  onChanged: () => void;
  onSent: () => void;
}

function Row({ endpoint, onChanged, onSent }: RowProps): JSX.Element {
  const { api, say } = useAppContext();
  const [secret, setSecret] = useState("");
  const [asking, setAsking] = useState(false);
  const action = useAction();
  const test = (): void => {
    void action.run(async () => {
      await api.send("POST", `${pathOf(endpoint)}/test`);
      say(en.webhooks.testSent);
      onSent();
    });
  };
  const show = (): void => {
    void action.run(async () => {
      setSecret((await api.get<Endpoint>(pathOf(endpoint))).secret);
    });
  };
  const rotate = (): void => {
    void action.run(async () => {
      setSecret(
        (await api.send<{ webhook_secret: string }>("POST", `${pathOf(endpoint)}/secret`)).webhook_secret,
      );
      say(en.webhooks.rotated);
    });
  };
  const toggle = (): void => {
    void action.run(async () => {
      await api.send("PUT", pathOf(endpoint), { enabled: !endpoint.enabled });
      onChanged();
    });
  };
  const remove = (): void => {
    void action.run(async () => {
      await api.send("DELETE", pathOf(endpoint));
      setAsking(false);
      say(texts.removed);
      onChanged();
    });
  };
  const actions = [
    { id: "endpoint-test", label: en.webhooks.test, run: test },
    { id: "endpoint-show", label: texts.showSecret, run: show },
    { id: "endpoint-rotate", label: en.webhooks.rotate, run: rotate },
    { id: "endpoint-toggle", label: endpoint.enabled ? texts.disable : texts.enable, run: toggle },
  ];
  return (
    <tr role="row" data-test-id="webhook-endpoint" data-endpoint-id={endpoint.id}>
      <Cell head={texts.heads.url} class="id">
        {endpoint.url}
        {secret && (
          <div class="secret">
            <code data-test-id="endpoint-secret">{secret}</code>
            <Copy text={secret} what={en.webhooks.secret} />
          </div>
        )}
        {action.error && !asking && <Problem error={action.error} />}
      </Cell>
      <Cell head={texts.heads.events}>{endpoint.events.join(", ")}</Cell>
      <Cell head={texts.heads.status}>
        <Badge status={endpoint.enabled ? "enabled" : "disabled"} />
      </Cell>
      <Cell head={texts.heads.action}>
        <div class="buttons">
          {actions.map(({ id, label, run }) => (
            <button
              key={id}
              type="button"
              class="small"
              data-test-id={id}
              aria-disabled={action.busy}
              onClick={run}
            >
              {label}
            </button>
          ))}
          <button type="button" class="small" data-test-id="endpoint-remove" onClick={() => setAsking(true)}>
            {texts.remove}
          </button>
        </div>
        {asking && (
          <Confirm
            title={texts.remove}
            question={texts.removeQuestion(endpoint.url)}
            action={action}
            onConfirm={remove}
            onClose={() => setAsking(false)}
          />
        )}
      </Cell>
    </tr>
  );
}

function NewEndpoint({ onAdded }: { onAdded: () => void }): JSX.Element {
  const { api, say } = useAppContext();
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<readonly string[]>(DEFAULT_EVENTS);
  const action = useAction();
  const toggle = (name: string): void =>
    setEvents(events.includes(name) ? events.filter((one) => one !== name) : [...events, name]);
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.run(async () => {
      await api.send("POST", PATH, { url: url.trim(), events });
      setUrl("");
      setEvents(DEFAULT_EVENTS);
      say(texts.added);
      onAdded();
    });
  };
  const ofTheUrl = action.error?.field === "url" ? action.error.description : undefined;
  return (
    <form data-test-id="new-endpoint-form" onSubmit={submit} noValidate>
      <Field label={texts.url} error={ofTheUrl}>
        {(attributes) => (
          <input
            {...attributes}
            data-test-id="endpoint-url-input"
            type="url"
            inputMode="url"
            maxLength={2048}
            placeholder="https://books.example/webhook"
            value={url}
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        )}
      </Field>
      <fieldset>
        <legend>{texts.heads.events}</legend>
        {EVENTS.map((name) => (
          <label key={name} class="choice">
            <input
              type="checkbox"
              data-test-id={`endpoint-event-${name}`}
              checked={events.includes(name)}
              onChange={() => toggle(name)}
            />
            {name}
          </label>
        ))}
      </fieldset>
      {action.error && !ofTheUrl && <Problem error={action.error} />}
      <button type="submit" data-test-id="add-endpoint-button" aria-disabled={action.busy}>
        {texts.add}
      </button>
    </form>
  );
}
