import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { upiIntent, vpaProblem } from "../logic/upi";
import { useAppContext } from "./context";
import { Field } from "./Field";
import { useFields } from "./fields";
import { QrIcon } from "./icons";
import { PayButton } from "./PayButton";
import { QrCode } from "./QrCode";

export function UpiForm(): JSX.Element {
  const { flow, settings, texts } = useAppContext();
  const fields = useFields({ vpa: settings.vpa }, ({ vpa }) => {
    const problem = vpaProblem(vpa);
    return { vpa: problem && texts.fields.vpa[problem] };
  });
  const refused =
    flow.state.name === "form" && flow.state.field === "vpa" ? texts.fields.vpa.invalid : undefined;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!fields.submit(event.currentTarget as HTMLFormElement)) return;
    void flow.pay({ order_id: settings.orderId, method: "upi", vpa: fields.values.vpa.trim() });
  };
  const payByApp = (): void =>
    void flow.pay({ order_id: settings.orderId, method: "upi", upi_flow: "intent" });
  return (
    <form data-test-id="upi-form" noValidate onSubmit={submit} aria-label={texts.upi}>
      <Field
        id="vpa"
        testId="vpa-input"
        label={texts.vpa}
        hint={texts.vpaHint}
        value={fields.values.vpa}
        error={fields.shown("vpa") ?? refused}
        onLeave={() => fields.leave("vpa")}
        onText={(input) => fields.set("vpa", input.value)}
        input={{
          name: "upi-id",
          type: "text",
          inputMode: "email",
          autocomplete: "on",
          maxLength: 255,
          placeholder: "name@bank",
        }}
      />
      <PayButton />
      {flow.order?.acquirer === "simulated" && <QrPanel />}
      {flow.order?.upi_intent && (
        <button type="button" class="quiet" data-test-id="upi-app-button" onClick={payByApp}>
          <QrIcon /> {texts.upiApp}
        </button>
      )}
    </form>
  );
}

function QrPanel(): JSX.Element | null {
  const { flow, texts, amount } = useAppContext();
  const [open, setOpen] = useState(false);
  useEffect(() => (open ? flow.watchOrder() : undefined), [open]);
  if (!flow.order || flow.order.currency !== "INR") return null;
  const intent = upiIntent(flow.order);
  return (
    <div class="qr">
      <button
        type="button"
        class="quiet"
        aria-expanded={open}
        data-test-id="qr-button"
        onClick={() => setOpen(!open)}
      >
        <QrIcon /> {open ? texts.hideQr : texts.showQr}
      </button>
      {open && (
        <div class="qr-panel" data-test-id="qr-panel">
          <QrCode text={intent} label={texts.qrAlt(amount)} />
          <p>{texts.qrHint}</p>
          <a href={intent} target="_top">
            {texts.qrOpen}
          </a>
        </div>
      )}
    </div>
  );
}
