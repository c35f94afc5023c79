/** API keys: creating, rotating with an overlap, disabling; and the audit log. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApiKey, AuditList, Credentials } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Confirm } from "./Dialog";
import { Await, Badge, Card, Copy, Empty, Head, Moment, Problem } from "./parts";
import { Cell, Table } from "./Table";
import { useAction } from "./useAction";
import { useLoad } from "./useLoad";

const OVERLAP_HOURS = 24;
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
  const [changes, setChanges] = useState(0);
  const action = useAction();
  const creation = useAction();
  const keys = useLoad(`keys ${changes}`, (signal) =>
    api.get<Credentials>("/dashboard/credentials", {}, signal),
  );
  const changed = (notice: string): void => {
    setAsked(null);
    setChanges((count) => count + 1);
    say(notice);
  };
  const create = (): void => {
    void creation.run(async () => {
      setMade(await api.send<Made>("POST", "/dashboard/api-keys"));
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
  return (
    <>
      <Head title={en.pages.keys}>
        <button
          type="button"
          class="primary"
          data-test-id="create-key"
          aria-disabled={creation.busy}
          onClick={create}
        >
          {texts.create}
        </button>
      </Head>
      {creation.error && <Problem error={creation.error} />}
      {made && <ShownOnce made={made} onClose={() => setMade(null)} />}
      <Card title={texts.title}>
        <Await of={keys}>
          {(read) => (
            <KeyTable
              keys={read.keys}
              onRotate={(key) => setAsked(rotate(key))}
              onDisable={(key) => setAsked(disable(key))}
            />
          )}
        </Await>
      </Card>
      <Card title={texts.audit}>
        <Audit changes={changes} />
      </Card>
      {asked && (
        <Confirm
          title={asked.title}
          question={asked.question}
          action={action}
          onConfirm={() => void action.run(asked.work)}
          onClose={() => {
            action.clear();
            setAsked(null);
          }}
        />
      )}
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
            {key.api_key}
          </Cell>
          <Cell head={heads.status} testId="key-status">
            <Badge status={statusOf(key)} />
          </Cell>
          <Cell head={heads.created}>
            <Moment at={key.created_at} />
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

function Audit({ changes }: { changes: number }): JSX.Element {
  const { api } = useAppContext();
  const rows = useLoad(`audit ${changes}`, (signal) => api.get<AuditList>("/dashboard/audit", {}, signal));
  const heads = texts.auditHeads;
  return (
    <Await of={rows}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty>{texts.noAudit}</Empty>
        ) : (
          <Table caption={texts.audit} heads={Object.values(heads)} testId="audit-table">
            {data.map((row) => (
              <tr key={row.id} role="row" data-test-id="audit-row">
                <Cell head={heads.at}>
                  <Moment at={row.at} />
                </Cell>
                <Cell head={heads.action}>{row.action}</Cell>
                <Cell head={heads.actor}>{row.actor}</Cell>
                <Cell head={heads.object}>{row.object}</Cell>
              </tr>
            ))}
          </Table>
        )
      }
    </Await>
  );
}
