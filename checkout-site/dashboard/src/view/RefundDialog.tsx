/** A refund in two steps: how much, then "really?". One key per amount: a repeated press gives nothing back twice. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { decimal, money, parsedAmount } from "../logic/money";
import { refundable } from "../logic/payment";
import type { Refund } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Dialog } from "./Dialog";
import { AmountField, Buttons, type DialogProps } from "./amount";
import { Field, Problem } from "./parts";
import { useAction } from "./useAction";

const REASON_LENGTH_MAX = 255;
const texts = en.refund;

export function RefundDialog({ payment, onClose, onDone }: DialogProps): JSX.Element {
  const { api } = useAppContext();
  // What is left when the dialog opens; a poll of the page behind it must not move the figures being typed.
  const [left] = useState(() => refundable(payment));
  const [text, setText] = useState(decimal(left));
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState("");
  const [asked, setAsked] = useState<{ amount: number; key: string } | null>(null);
  const action = useAction();
  const shown = (amount: number): string => money(amount, payment.currency);
  const ask = (event: Event): void => {
    event.preventDefault();
    const amount = parsedAmount(text);
    const isFine = amount !== null && amount >= 1 && amount <= left;
    setWrong(isFine ? "" : texts.wrong(shown(left)));
    action.clear();
    if (isFine) setAsked({ amount, key: crypto.randomUUID() });
  };
  const refund = (): void => {
    void action.run(async () => {
      if (!asked) return;
      const body = { amount: asked.amount, ...(reason.trim() ? { reason: reason.trim() } : {}) };
      const path = `/payments/${encodeURIComponent(payment.id)}/refunds`;
      await api.send<Refund>("POST", path, body, asked.key);
      onDone(texts.done(shown(asked.amount)));
    });
  };
  return (
    <Dialog title={texts.title} onClose={onClose} testId="refund-dialog">
      {!asked ? (
        <form onSubmit={ask} noValidate>
          <AmountField
            label={texts.amount}
            hint={texts.left(shown(left))}
            error={wrong}
            testId="refund-amount-input"
            text={text}
            onText={setText}
          />
          <Field label={texts.reason}>
            {(attributes) => (
              <input
                {...attributes}
                data-test-id="refund-reason-input"
                maxLength={REASON_LENGTH_MAX}
                autocomplete="off"
                value={reason}
                onInput={(event) => setReason(event.currentTarget.value)}
              />
            )}
          </Field>
          <Buttons submit={texts.next} testId="refund-next" onCancel={onClose} />
        </form>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            refund();
          }}
        >
          <p data-test-id="refund-question" role="status">
            {texts.question(shown(asked.amount), payment.id)}
          </p>
          {action.error && <Problem error={action.error} />}
          <Buttons
            submit={action.busy ? texts.busy : texts.confirm(shown(asked.amount))}
            testId="refund-confirm"
            busy={action.busy}
            autoFocus
            onCancel={() => (action.error ? setAsked(null) : onClose())}
          />
        </form>
      )}
    </Dialog>
  );
}
