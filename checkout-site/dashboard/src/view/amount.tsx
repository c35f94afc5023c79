/** What the capture and refund dialogs share: their props, the amount field, and the two buttons. */

import type { JSX } from "preact";
import type { Payment } from "../../../shared/resources";
import { en } from "../texts/en";
import { Field } from "./parts";

export interface DialogProps {
  payment: Payment;
  onClose: () => void;
  onDone: (notice: string) => void;
}

interface AmountProps {
  label: string;
  hint: string | undefined;
  error: string;
  testId: string;
  text: string;
  onText: (text: string) => void;
}

export function AmountField({ label, hint, error, testId, text, onText }: AmountProps): JSX.Element {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <input
          {...attributes}
          data-test-id={testId}
          inputMode="decimal"
          autocomplete="off"
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface ButtonsProps {
  submit: string;
  testId: string;
  onCancel: () => void;
  busy?: boolean;
  autoFocus?: boolean;
}

export function Buttons({
  submit,
  testId,
  onCancel,
  busy = false,
  autoFocus = false,
}: ButtonsProps): JSX.Element {
  return (
    <div class="buttons">
      <button
        type="submit"
        class="primary"
        data-test-id={testId}
        aria-disabled={busy}
        ref={(button) => {
          if (autoFocus && button && !button.closest("form")?.contains(document.activeElement))
            button.focus();
        }}
      >
        {submit}
      </button>
      <button type="button" data-test-id="dialog-cancel" onClick={onCancel}>
        {en.cancel}
      </button>
    </div>
  );
}
