/** Captures the whole amount, or a part of it, which releases the rest. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { decimal, money, parsedAmount } from "../logic/money";
import type { Payment } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Dialog } from "./Dialog";
import { AmountField, Buttons, type DialogProps } from "./amount";
import { Problem } from "./parts";
import { useAction } from "./useAction";

const texts = en.capture;

export function CaptureDialog({ payment, onClose, onDone }: DialogProps): JSX.Element {
  const { api } = useAppContext();
  const [text, setText] = useState(decimal(payment.amount));
  const [wrong, setWrong] = useState("");
  const action = useAction();
  const shown = (amount: number): string => money(amount, payment.currency);
  const typed = parsedAmount(text);
  const released = typed !== null && typed > 0 && typed < payment.amount ? payment.amount - typed : 0;
  const capture = (event: Event): void => {
    event.preventDefault();
    const amount = parsedAmount(text);
    const isFine = amount !== null && amount >= 1 && amount <= payment.amount;
    setWrong(isFine ? "" : texts.wrong(shown(payment.amount)));
    if (!isFine) return;
    void action.run(async () => {
      // No idempotency key: a payment can be captured only once anyway.
      await api.send<Payment>("POST", `/payments/${encodeURIComponent(payment.id)}/capture`, { amount });
      onDone(texts.done(shown(amount)));
    });
  };
  return (
    <Dialog title={texts.title} onClose={onClose} testId="capture-dialog">
      <form onSubmit={capture} noValidate>
        <p>{texts.explained}</p>
        <AmountField
          label={texts.amount}
          hint={released ? texts.releases(shown(released)) : undefined}
          error={wrong}
          testId="capture-amount-input"
          text={text}
          onText={setText}
        />
        {action.error && <Problem error={action.error} />}
        <Buttons
          submit={action.busy ? texts.busy : texts.confirm}
          testId="capture-confirm"
          busy={action.busy}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}
