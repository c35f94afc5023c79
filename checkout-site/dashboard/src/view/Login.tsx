/** Signs in and returns to the page that the visitor came from. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../../shared/request";
import { invitationOf, returnPath } from "../logic/route";
import type { Session } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Mark } from "../../../checkout/src/view/icons";
import { CodeField } from "./Account";
import { Invitation } from "./Invitation";
import { Field, Problem } from "./parts";
import { useAction } from "./useAction";

export function Login(): JSX.Element {
  const { api, settings, search, setSession, navigate } = useAppContext();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [token, setToken] = useState(() => invitationOf(location.hash));
  const signIn = useAction();
  // Whoever has a second factor is asked for its code once the password was right.
  const begin = async (): Promise<Session | null> => {
    const body = { email: email.trim(), password, ...(needsCode ? { code: code.trim() } : {}) };
    try {
      return await api.send<Session>("POST", "/dashboard/session", body);
    } catch (problem) {
      if (needsCode || !(problem instanceof ApiError) || problem.field !== "code") throw problem;
      setNeedsCode(true);
      return null;
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void signIn.run(async () => {
      const session = await begin();
      if (!session) return;
      setSession(session);
      navigate(returnPath(search, location.origin), { replace: true });
    });
  };
  return (
    <main class="login" id="main">
      <div class="brand">
        <Mark /> AsyncPay
      </div>
      <h1 tabIndex={-1}>{token ? en.invitation.title : en.login.title}</h1>
      {token && (
        <Invitation
          token={token}
          onDone={() => {
            history.replaceState(history.state, "", "/login");
            setToken("");
          }}
        />
      )}
      {new URLSearchParams(search).has("return") && (
        <p class="notice" role="status">
          {en.login.ended}
        </p>
      )}
      {!token && (
        <form data-test-id="login-form" onSubmit={submit}>
          <Field label={en.login.email}>
            {(attributes) => (
              <input
                {...attributes}
                data-test-id="email-input"
                type="email"
                name="email"
                autocomplete="username"
                required
                maxLength={254}
                value={email}
                onInput={(event) => setEmail(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label={en.login.password} hint={settings.testStage ? en.login.anyPassword : undefined}>
            {(attributes) => (
              <input
                {...attributes}
                data-test-id="password-input"
                type="password"
                name="password"
                autocomplete="current-password"
                required
                maxLength={1024}
                value={password}
                onInput={(event) => setPassword(event.currentTarget.value)}
              />
            )}
          </Field>
          {needsCode && <CodeField label={en.login.code} testId="code-input" text={code} onText={setCode} />}
          {signIn.error && <Problem error={signIn.error} />}
          <button type="submit" class="primary" data-test-id="login-button" aria-disabled={signIn.busy}>
            {signIn.busy ? en.login.busy : en.login.button}
          </button>
        </form>
      )}
      {settings.testStage && <p class="test-note">{en.banner}</p>}
    </main>
  );
}
