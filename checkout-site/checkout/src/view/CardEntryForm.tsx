/** The card form of shops whose cards are typed into the acquirer's own field. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { mountCardEntry, type CardEntry } from "../logic/cardEntry";
import type { CheckoutOrder } from "../../../shared/resources";
import { useAppContext } from "./context";
import { Field } from "./Field";
import { useFields } from "./fields";
import { PayButton } from "./PayButton";

const HOLDER_LENGTH_MAX = 100;

export function CardEntryForm({ entry }: { entry: NonNullable<CheckoutOrder["card_entry"]> }): JSX.Element {
  const { flow, settings, texts, place } = useAppContext();
  const where = useRef<HTMLDivElement>(null);
  const card = useRef<CardEntry | null>(null);
  const [problem, setProblem] = useState("");
  const fields = useFields<"holder">({ holder: settings.name }, ({ holder }) => ({
    holder: holder.trim() ? undefined : texts.fields.holder.required,
  }));
  useEffect(() => {
    if (!where.current) return;
    mountCardEntry(entry, where.current, setProblem).then(
      (mounted) => (card.current = mounted),
      () => setProblem(texts.cardEntryMissing),
    );
  }, []);
  const refused =
    flow.state.name === "form" && flow.state.field?.startsWith("card") ? texts.fields.number.invalid : "";
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!card.current || !fields.submit(event.currentTarget as HTMLFormElement)) return;
    const read = await card.current.token(fields.values.holder.trim());
    if ("problem" in read) return setProblem(read.problem);
    await flow.pay({
      order_id: settings.orderId,
      method: "card",
      card_token: read.token,
      return_url: place.returnUrl(),
    });
  };
  return (
    <form
      data-test-id="card-form"
      noValidate
      onSubmit={(event) => void submit(event)}
      aria-label={texts.card}
    >
      <div class="field">
        <span class="label">{texts.card}</span>
        <div class="card-entry" data-test-id="card-entry" ref={where} />
        <p class="problem" role="alert" hidden={!problem && !refused} data-test-id="card-entry-problem">
          {problem || refused}
        </p>
      </div>
      <Field
        id="holder"
        value={fields.values.holder}
        error={fields.shown("holder")}
        onLeave={() => fields.leave("holder")}
        testId="cardholder-name-input"
        label={texts.holder}
        onText={(input) => fields.set("holder", input.value)}
        input={{ name: "cc-name", autocomplete: "cc-name", maxLength: HOLDER_LENGTH_MAX }}
      />
      <PayButton />
    </form>
  );
}
