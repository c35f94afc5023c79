/** What the page shows instead of the form: processing, paid, failed, or unavailable. */

import type { ComponentChildren, JSX } from "preact";
import { useAppContext } from "./context";
import { AlertIcon, CrossIcon, TickIcon } from "./icons";
import { UpiLink } from "./QrCode";

interface PanelProps {
  name: string;
  testId: string;
  heading: string;
  icon: ComponentChildren;
  tone: "good" | "bad" | "wait";
  children: ComponentChildren;
}

function Panel({ name, testId, heading, icon, tone, children }: PanelProps): JSX.Element {
  const { flow } = useAppContext();
  // Without an order there is no summary, so this is the page's main heading.
  const Heading = name === "unavailable" ? "h1" : "h2";
  return (
    <section class="outcome" data-state={name} data-test-id={testId} hidden={flow.state.name !== name}>
      <div class={`badge ${tone}`}>{icon}</div>
      <Heading tabIndex={-1}>{heading}</Heading>
      {children}
    </section>
  );
}

export function Processing(): JSX.Element {
  const { texts, flow, place, amount } = useAppContext();
  const state = flow.state.name === "processing" ? flow.state : undefined;
  const hint = state?.slow ? texts.processingSlow : texts.processingHint;
  const { bank, upi } = state ?? {};
  const inApp = upi && (upi.link ? texts.upiAppHint : texts.upiCollectHint);
  return (
    <section
      class="outcome"
      data-state="processing"
      data-test-id="processing-state"
      hidden={flow.state.name !== "processing"}
    >
      <div class="spinner" />
      <h2 tabIndex={-1} data-test-id="processing-message">
        {texts.processing}
      </h2>
      <p role="status">{state?.checking ? texts.checking : (inApp ?? hint)}</p>
      {upi?.link && <UpiLink link={upi.link} label={texts.qrAlt(amount)} open={texts.qrOpen} />}
      {upi && state?.slow && <p class="soft">{texts.processingSlow}</p>}
      {bank && (
        <button type="button" class="primary" data-test-id="bank-button" onClick={() => place.leave(bank)}>
          {texts.toBank}
        </button>
      )}
    </section>
  );
}

export function Success(): JSX.Element {
  const { texts, flow } = useAppContext();
  return (
    <Panel name="success" testId="success-state" heading={texts.success} icon={<TickIcon />} tone="good">
      <p data-test-id="success-message">{texts.successMessage}</p>
      <dl>
        <dt>{texts.paymentId}</dt>
        <dd data-test-id="payment-id">{flow.state.name === "success" ? flow.state.paymentId : ""}</dd>
      </dl>
    </Panel>
  );
}

export function AlreadyPaid(): JSX.Element {
  const { texts } = useAppContext();
  return (
    <Panel name="paid" testId="paid-state" heading={texts.paid} icon={<TickIcon />} tone="good">
      <p>{texts.paidMessage}</p>
      <CloseButton />
    </Panel>
  );
}

export function Failed(): JSX.Element {
  const { texts, flow, locale } = useAppContext();
  const error = flow.state.name === "error" ? flow.state : undefined;
  // The API's descriptions are in English: they are shown in English only, and replaced in Hindi.
  const described = error && (texts.errors[error.description] ?? texts.errors[error.code]);
  const message = described ?? (locale === "en" ? error?.description : texts.errors["PAYMENT_FAILED"]);
  return (
    <Panel
      name="error"
      testId="error-state"
      heading={error?.unknown ? texts.unknown : texts.failed}
      tone="bad"
      icon={error?.unknown ? <AlertIcon /> : <CrossIcon />}
    >
      <p data-test-id="error-message" role="alert">
        {message}
      </p>
      <p class="soft">{error?.unknown ? texts.unknownHint : texts.failedHint}</p>
      <button type="button" class="primary" data-test-id="retry-button" onClick={() => void flow.retry()}>
        {error?.unknown ? texts.checkAgain : texts.retry}
      </button>
    </Panel>
  );
}

export function Unavailable(): JSX.Element {
  const { texts, flow } = useAppContext();
  const problem = flow.state.name === "unavailable" ? flow.state.problem : "not_found";
  const [heading = "", hint] = texts.unavailable[problem];
  return (
    <Panel name="unavailable" testId="unavailable-state" heading={heading} icon={<AlertIcon />} tone="wait">
      <p>{hint}</p>
      {problem === "offline" ? (
        <button type="button" class="primary" onClick={() => void flow.load()}>
          {texts.retry}
        </button>
      ) : (
        <CloseButton />
      )}
    </Panel>
  );
}

function CloseButton(): JSX.Element | null {
  const { texts, settings, close } = useAppContext();
  if (!settings.embedded) return null;
  return (
    <button type="button" class="primary" onClick={close}>
      {texts.backToShop}
    </button>
  );
}
