import type { JSX } from "preact";
import {
  cvvLength,
  cvvProblem,
  digitsOf,
  expiryAsTyped,
  grouped,
  networkName,
  networkOf,
  numberProblem,
  readExpiry,
} from "../logic/card";
import { useAppContext } from "./context";
import { Field } from "./Field";
import { useFields } from "./fields";
import { PayButton } from "./PayButton";
import { retype } from "./retype";
import type { Texts } from "../texts/en";

const HOLDER_LENGTH_MAX = 100;
type Name = "number" | "expiry" | "cvv" | "holder";
// The API's names of the fields, for a value that passes here and is rejected there.
const API_FIELDS: Record<string, Name> = {
  "card.number": "number",
  "card.cvv": "cvv",
  "card.holder_name": "holder",
  "card.expiry_month": "expiry",
  "card.expiry_year": "expiry",
};

function problems(texts: Texts) {
  return (values: Record<Name, string>): Record<Name, string | undefined> => {
    const { fields } = texts;
    const number = numberProblem(values.number);
    const expiry = readExpiry(values.expiry);
    const cvv = cvvProblem(values.cvv, values.number);
    const holder = !values.holder.trim()
      ? "required"
      : values.holder.length > HOLDER_LENGTH_MAX
        ? "invalid"
        : undefined;
    return {
      number: number && fields.number[number as "invalid"],
      expiry: typeof expiry === "string" ? fields.expiry[expiry] : undefined,
      cvv: cvv && fields.cvv[cvv as "invalid"],
      holder: holder && fields.holder[holder],
    };
  };
}

export function CardForm(): JSX.Element {
  const { flow, settings, texts, place } = useAppContext();
  const fields = useFields<Name>(
    { number: "", expiry: "", cvv: "", holder: settings.name },
    problems(texts),
    (name, value) => name === "number" && digitsOf(value).length >= 16,
  );
  const { values } = fields;
  const network = networkOf(digitsOf(values.number));
  const length = cvvLength(digitsOf(values.number));
  const refusedField = flow.state.name === "form" ? API_FIELDS[flow.state.field ?? ""] : undefined;
  const common = (name: Name) => ({
    id: name,
    value: values[name],
    error: fields.shown(name) ?? (refusedField === name ? texts.fields[name].invalid : undefined),
    onLeave: () => fields.leave(name),
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const expiry = readExpiry(values.expiry);
    if (!fields.submit(event.currentTarget as HTMLFormElement) || typeof expiry === "string") return;
    const card = {
      number: digitsOf(values.number),
      expiry_month: expiry.month,
      expiry_year: expiry.year,
      cvv: values.cvv,
      holder_name: values.holder.trim(),
    };
    // The simulated bank sends nobody anywhere.
    const back = flow.order?.acquirer === "simulated" ? {} : { return_url: place.returnUrl() };
    void flow.pay({ order_id: settings.orderId, method: "card", card, ...back });
  };
  return (
    <form data-test-id="card-form" noValidate onSubmit={submit} aria-label={texts.card}>
      <Field
        {...common("number")}
        testId="card-number-input"
        label={texts.cardNumber}
        onText={(input) => fields.set("number", retype(input, /\d/, grouped, digitsOf(input.value)))}
        adornment={
          <span class="network" data-test-id="card-network">
            {networkName(network)}
          </span>
        }
        input={{
          name: "cc-number",
          inputMode: "numeric",
          autocomplete: "cc-number",
          placeholder: "1234 5678 9012 3456",
        }}
      />
      <div class="pair">
        <Field
          {...common("expiry")}
          testId="expiry-input"
          label={texts.expiry}
          onText={(input) => fields.set("expiry", (input.value = expiryAsTyped(input.value, values.expiry)))}
          input={{
            name: "cc-exp",
            inputMode: "numeric",
            autocomplete: "cc-exp",
            placeholder: "MM/YY",
            maxLength: 12,
          }}
        />
        <Field
          {...common("cvv")}
          testId="cvv-input"
          label={texts.cvv}
          hint={texts.cvvHint(length)}
          onText={(input) => fields.set("cvv", (input.value = digitsOf(input.value, 4)))}
          input={{
            name: "cc-csc",
            inputMode: "numeric",
            autocomplete: "cc-csc",
            class: "masked",
            maxLength: 8,
            placeholder: "•".repeat(length),
          }}
        />
      </div>
      <Field
        {...common("holder")}
        testId="cardholder-name-input"
        label={texts.holder}
        onText={(input) => fields.set("holder", input.value)}
        input={{
          name: "cc-name",
          autocomplete: "cc-name",
          maxLength: HOLDER_LENGTH_MAX,
          autocapitalize: "words",
        }}
      />
      <PayButton />
    </form>
  );
}
