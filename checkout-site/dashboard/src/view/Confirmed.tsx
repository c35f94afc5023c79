/** What decides who else gets in needs a recent password: asks for it when the API does, and goes on then. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../../shared/request";
import { en } from "../texts/en";
import { Buttons } from "./amount";
import { useAppContext } from "./context";
import { Dialog } from "./Dialog";
import { Field, Problem } from "./parts";
import { useAction, type Action } from "./useAction";

type Work = () => Promise<void>;

export interface ConfirmedAction extends Action {
  /** The question for the password, while it is open. */
  dialog: JSX.Element | null;
}

/** An action that may need the password once more. */
export function useConfirmed(): ConfirmedAction {
  const [waiting, setWaiting] = useState<{ work: Work } | null>(null);
  const action = useAction();
  const run = (work: Work): Promise<void> =>
    action.run(async () => {
      try {
        await work();
      } catch (problem) {
        if (!(problem instanceof ApiError) || problem.status !== 403 || problem.field !== "password")
          throw problem;
        setWaiting({ work });
      }
    });
  const dialog = waiting && (
    <PasswordDialog
      onClose={() => setWaiting(null)}
      onDone={() => {
        setWaiting(null);
        void run(waiting.work);
      }}
    />
  );
  return { ...action, run, dialog };
}

function PasswordDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }): JSX.Element {
  const { api } = useAppContext();
  const [password, setPassword] = useState("");
  const action = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.run(async () => {
      await api.send("POST", "/dashboard/session/confirm", { password });
      onDone();
    });
  };
  return (
    <Dialog title={en.confirmed.title} onClose={onClose} testId="password-dialog">
      <form onSubmit={submit}>
        <p>{en.confirmed.why}</p>
        <PasswordField label={en.login.password} testId="confirm-password-input" onText={setPassword} />
        {action.error && <Problem error={action.error} />}
        <Buttons submit={en.confirmed.go} testId="confirm-password" busy={action.busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

interface PasswordFieldProps {
  label: string;
  testId: string;
  onText: (text: string) => void;
  isNew?: boolean;
  hint?: string;
}

export function PasswordField({
  label,
  testId,
  onText,
  isNew = false,
  hint,
}: PasswordFieldProps): JSX.Element {
  return (
    <Field label={label} hint={hint}>
      {(attributes) => (
        <input
          {...attributes}
          data-test-id={testId}
          type="password"
          autocomplete={isNew ? "new-password" : "current-password"}
          required
          minLength={isNew ? 12 : undefined}
          maxLength={1024}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
