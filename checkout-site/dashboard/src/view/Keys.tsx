/** API keys: making them with the rights that they need, rotating with an overlap, disabling. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiKey, ApiKeyList } from "../../../shared/resources";
import { en } from "../texts/en";
import { OffsetPager } from "./Audit";
import { useConfirmed } from "./Confirmed";
import { useAppContext } from "./context";
import { Confirm } from "./Dialog";
import { KeyDialog, type WantedKey } from "./KeyDialog";
import { Await, Badge, Card, Copy, Head, Moment } from "./parts";
import { Cell, Table } from "./Table";
import { useLoad } from "./useLoad";

const OVERLAP_HOURS = 24;
const ROWS = 20;
const texts = en.keys;

interface Question {
  title: string;
  question: string;
  work: () => Promise<void>;
}
interface Made {
  api_key: string;
  api_secret: string;
}

export function Keys(): JSX.Element {
  const { api, say } = useAppContext();
  const [made, setMade] = useState<Made | null>(null);
  const [asked, setAsked] = useState<Question | null>(null);
  const [isCreating, setCreating] = useState(false);
  const [changes, setChanges] = useState(0);
  const [offset, setOffset] = useState(0);
  const action = useConfirmed();
  const keys = useLoad(`keys ${changes} ${offset}`, (signal) =>
    api.get<ApiKeyList>("/dashboard/api-keys", { limit: String(ROWS), offset: String(offset) }, signal),
  );
  const changed = (notice: string): void => {
    setAsked(null);
    setCreating(false);
    setChanges((count) => count + 1);
    say(notice);
  };
  const create = (wanted: WantedKey): void => {
    void action.run(async () => {
      setMade(await api.send<Made>("POST", "/dashboard/api-keys", wanted));
      changed(texts.created);
    });
  };
  const pathOf = (key: string): string => `/dashboard/api-keys/${encodeURIComponent(key)}`;
  const rotate = (key: string): Question => ({
    title: texts.rotate,
    question: texts.rotateQuestion(key, OVERLAP_HOURS),
    work: async () => {
      setMade(await api.send<Made>("POST", `${pathOf(key)}/rotate`, { overlap_hours: OVERLAP_HOURS }));
      changed(texts.rotated);
    },
  });
  const disable = (key: string): Question => ({
    title: texts.disable,
    question: texts.disableQuestion(key),
    work: async () => {
      await api.send("DELETE", pathOf(key));
      changed(texts.disabled);
    },
  });
  const close = (): void => {
    action.clear();
    setAsked(null);
    setCreating(false);
  };
  return (
    <>
      <Head title={en.pages.keys}>
        <button type="button" class="primary" data-test-id="create-key" onClick={() => setCreating(true)}>
          {texts.create}
        </button>
      </Head>
      {made && <ShownOnce made={made} onClose={() => setMade(null)} />}
      <Card title={texts.title}>
        <Await of={keys}>
          {({ data, total }) => (
            <>
              <KeyTable
                keys={data}
                onRotate={(key) => setAsked(rotate(key))}
                onDisable={(key) => setAsked(disable(key))}
              />
              <OffsetPager
                label={texts.pages}
                offset={offset}
                rows={ROWS}
                total={total}
                onOffset={setOffset}
              />
            </>
          )}
        </Await>
      </Card>
      {isCreating && <KeyDialog action={action} onCreate={create} onClose={close} />}
      {asked && (
        <Confirm
          title={asked.title}
          question={asked.question}
          action={action}
          onConfirm={() => void action.run(asked.work)}
          onClose={close}
        />
      )}
      {action.dialog}
    </>
  );
}

function ShownOnce({ made, onClose }: { made: Made; onClose: () => void }): JSX.Element {
  return (
    <section class="card once" aria-label={texts.onceTitle} role="status" data-test-id="new-key">
      <p>{texts.once}</p>
      <dl class="details">
        <div>
          <dt>{en.credentials.key}</dt>
          <dd>
            <code data-test-id="new-api-key">{made.api_key}</code>{" "}
            <Copy text={made.api_key} what={en.credentials.key} />
          </dd>
        </div>
        <div>
          <dt>{en.credentials.secret}</dt>
          <dd>
            <code data-test-id="new-api-secret">{made.api_secret}</code>{" "}
            <Copy text={made.api_secret} what={en.credentials.secret} />
          </dd>
        </div>
      </dl>
      <button type="button" onClick={onClose}>
        {texts.keep}
      </button>
    </section>
  );
}

interface KeyTableProps {
  keys: readonly ApiKey[];
  onRotate: (key: string) => void;
  onDisable: (key: string) => void;
}

function KeyTable({ keys, onRotate, onDisable }: KeyTableProps): JSX.Element {
  const { heads } = texts;
  return (
    <Table caption={texts.title} heads={Object.values(heads)} testId="keys-table">
      {keys.map((key) => (
        <tr key={key.api_key} role="row" data-test-id="key-row" data-key={key.api_key}>
          <Cell head={heads.key} class="id">
            {key.name && <span>{key.name} </span>}
            {key.api_key}
          </Cell>
          <Cell head={heads.status} testId="key-status">
            <Badge status={statusOf(key)} />
          </Cell>
          <Cell head={heads.rights} testId="key-rights">
            {key.rights ? key.rights.join(", ") : texts.everything}
            {key.addresses.length > 0 && <span class="soft"> {key.addresses.join(", ")}</span>}
          </Cell>
          <Cell head={heads.used}>
            <Moment at={key.last_used_at} />
          </Cell>
          <Cell head={heads.expires}>
            <Moment at={key.expires_at} />
          </Cell>
          <Cell head={heads.actions}>
            {key.active && (
              <div class="buttons">
                <button
                  type="button"
                  class="small"
                  data-test-id="rotate-key"
                  aria-label={texts.rotateOf(key.api_key)}
                  onClick={() => onRotate(key.api_key)}
                >
                  {texts.rotate}
                </button>
                <button
                  type="button"
                  class="small"
                  data-test-id="disable-key"
                  aria-label={texts.disableOf(key.api_key)}
                  onClick={() => onDisable(key.api_key)}
                >
                  {texts.disable}
                </button>
              </div>
            )}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

function statusOf(key: ApiKey): string {
  if (!key.active) return "disabled";
  return key.expires_at ? "expiring" : "active";
}
