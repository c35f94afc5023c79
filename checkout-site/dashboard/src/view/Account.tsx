/** One's own account: the password, the second factor, and where one is signed in. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RecoveryCodes, SecondFactor, SessionList } from "../../../shared/resources";
import { en } from "../texts/en";
import { Buttons } from "./amount";
import { PasswordField, useConfirmed } from "./Confirmed";
import { useAppContext } from "./context";
import { Dialog } from "./Dialog";
import { Await, Card, Copy, Field, Head, Moment, Problem } from "./parts";
import { Cell, Table } from "./Table";
import { useAction } from "./useAction";
import { useLoad } from "./useLoad";

const texts = en.account;

export function Account(): JSX.Element {
  const { session } = useAppContext();
  return (
    <>
      <Head title={en.pages.account} />
      <p data-test-id="account-who">
        {session?.user.email} <span class="soft">{session && en.people.roles[session.user.role]}</span>
      </p>
      <Sessions />
      <Factor />
      <Password />
    </>
  );
}

function Sessions(): JSX.Element {
  const { api, setSession, navigate, say } = useAppContext();
  const [changes, setChanges] = useState(0);
  const list = useLoad(`sessions ${changes}`, (signal) =>
    api.get<SessionList>("/dashboard/sessions", {}, signal),
  );
  const action = useAction();
  const end = (id: string): void => {
    void action.run(async () => {
      await api.send("DELETE", `/dashboard/sessions/${encodeURIComponent(id)}`);
      setChanges((count) => count + 1);
      say(texts.ended);
    });
  };
  const endAll = (): void => {
    void action.run(async () => {
      await api.send("DELETE", "/dashboard/sessions");
      navigate("/login", { replace: true });
      setSession(null);
    });
  };
  const { heads } = texts;
  return (
    <Card title={texts.sessions}>
      {action.error && <Problem error={action.error} />}
      <Await of={list}>
        {({ data }) => (
          <Table caption={texts.sessions} heads={Object.values(heads)} testId="sessions-table">
            {data.map((each) => (
              <tr key={each.id} role="row" data-test-id="session-row">
                <Cell head={heads.begun}>
                  <Moment at={each.created_at} />
                </Cell>
                <Cell head={heads.source} class="id">
                  {each.source ?? "–"}
                </Cell>
                <Cell head={heads.ends}>
                  <Moment at={each.expires_at} />
                </Cell>
                <Cell head={heads.actions}>
                  {each.is_current ? (
                    texts.thisOne
                  ) : (
                    <button
                      type="button"
                      class="small"
                      data-test-id="end-session"
                      onClick={() => end(each.id)}
                    >
                      {texts.end}
                    </button>
                  )}
                </Cell>
              </tr>
            ))}
          </Table>
        )}
      </Await>
      <button type="button" data-test-id="end-all-sessions" aria-disabled={action.busy} onClick={endAll}>
        {texts.endAll}
      </button>
    </Card>
  );
}

function Factor(): JSX.Element {
  const { api, session, setSession, say } = useAppContext();
  const [begun, setBegun] = useState<SecondFactor | null>(null);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [code, setCode] = useState("");
  const action = useConfirmed();
  const isOn = session?.user.second_factor ?? false;
  const setOn = (second_factor: boolean): void => {
    if (session) setSession({ ...session, user: { ...session.user, second_factor } });
  };
  const begin = (): void => {
    void action.run(async () => setBegun(await api.send<SecondFactor>("POST", "/dashboard/second-factor")));
  };
  const confirm = (event: Event): void => {
    event.preventDefault();
    void action.run(async () => {
      const path = "/dashboard/second-factor/confirm";
      const made = await api.send<RecoveryCodes>("POST", path, { code: code.trim() });
      setCodes(made.recovery_codes);
      setBegun(null);
      setOn(true);
    });
  };
  const end = (): void => {
    void action.run(async () => {
      await api.send("DELETE", "/dashboard/second-factor");
      setCodes([]);
      setOn(false);
      say(texts.factorOff);
    });
  };
  return (
    <Card title={texts.factor} data-test-id="second-factor">
      <p>{isOn ? texts.factorIsOn : texts.factorWhy}</p>
      {codes.length > 0 && (
        <div class="once" role="status">
          <p>{texts.codes}</p>
          <p>
            <code class="wrap" data-test-id="recovery-codes">
              {codes.join(" ")}
            </code>{" "}
            <Copy text={codes.join("\n")} what={texts.codesName} />
          </p>
        </div>
      )}
      {action.error && !begun && <Problem error={action.error} />}
      <button
        type="button"
        data-test-id={isOn ? "end-second-factor" : "begin-second-factor"}
        aria-disabled={action.busy}
        onClick={isOn ? end : begin}
      >
        {isOn ? texts.switchOff : texts.switchOn}
      </button>
      {begun && (
        <Dialog title={texts.factor} onClose={() => setBegun(null)} testId="second-factor-dialog">
          <form onSubmit={confirm}>
            <p>{texts.scan}</p>
            <p>
              <code class="wrap" data-test-id="second-factor-secret">
                {begun.secret}
              </code>{" "}
              <Copy text={begun.secret} what={texts.secretName} />
            </p>
            <p>
              <a class="button" href={begun.uri}>
                {texts.openApp}
              </a>
            </p>
            <CodeField label={texts.code} testId="second-factor-code" text={code} onText={setCode} />
            {action.error && <Problem error={action.error} />}
            <Buttons
              submit={texts.switchOn}
              testId="second-factor-submit"
              busy={action.busy}
              onCancel={() => setBegun(null)}
            />
          </form>
        </Dialog>
      )}
      {action.dialog}
    </Card>
  );
}

interface CodeFieldProps {
  label: string;
  testId: string;
  text: string;
  onText: (text: string) => void;
}

export function CodeField({ label, testId, text, onText }: CodeFieldProps): JSX.Element {
  return (
    <Field label={label}>
      {(attributes) => (
        <input
          {...attributes}
          data-test-id={testId}
          autocomplete="one-time-code"
          maxLength={32}
          required
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function Password(): JSX.Element {
  const { api, setSession, navigate } = useAppContext();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const action = useConfirmed();
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.run(async () => {
      await api.send("PUT", "/dashboard/password", { current_password: current, new_password: next });
      navigate("/login", { replace: true });
      setSession(null);
    });
  };
  return (
    <Card title={texts.password}>
      <p>{texts.passwordWhy}</p>
      <form onSubmit={submit}>
        <PasswordField label={texts.current} testId="current-password" onText={setCurrent} />
        <PasswordField
          label={texts.next}
          hint={texts.passwordRule}
          testId="new-password"
          onText={setNext}
          isNew
        />
        {action.error && <Problem error={action.error} />}
        <div class="buttons">
          <button type="submit" data-test-id="change-password" aria-disabled={action.busy}>
            {texts.passwordButton}
          </button>
        </div>
      </form>
      {action.dialog}
    </Card>
  );
}
