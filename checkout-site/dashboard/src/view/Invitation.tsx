/** Sets a password by the link of an invitation, or of an administrator; then one signs in. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { en } from "../texts/en";
import { PasswordField } from "./Confirmed";
import { useAppContext } from "./context";
import { Problem } from "./parts";
import { useAction } from "./useAction";

const texts = en.invitation;

export function Invitation({ token, onDone }: { token: string; onDone: () => void }): JSX.Element {
  const { api, say } = useAppContext();
  const [password, setPassword] = useState("");
  const action = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.run(async () => {
      await api.send("POST", "/dashboard/password/reset", { token, password });
      say(texts.done);
      onDone();
    });
  };
  return (
    <form data-test-id="invitation-form" onSubmit={submit}>
      <p>{texts.why}</p>
      <PasswordField
        label={en.account.next}
        hint={en.account.passwordRule}
        testId="invitation-password"
        onText={setPassword}
        isNew
      />
      {action.error && <Problem error={action.error} />}
      <button type="submit" class="primary" data-test-id="invitation-submit" aria-disabled={action.busy}>
        {texts.button}
      </button>
    </form>
  );
}
