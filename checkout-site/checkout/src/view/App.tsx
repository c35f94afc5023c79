/** The page: the order's summary, and the form or its outcome. */

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useAppContext } from "./context";
import { LockIcon } from "./icons";
import { Methods } from "./Methods";
import { AlreadyPaid, Failed, Processing, Success, Unavailable } from "./Outcomes";

interface Props {
  onLanguage: () => void;
  onHeight: (height: number) => void;
}

export function App({ onLanguage, onHeight }: Props): JSX.Element {
  const { settings, texts, flow } = useAppContext();
  const root = useRef<HTMLElement>(null);
  const shown = flow.state.name;
  const before = useRef(shown);
  // The field that the API rejected; the form moves the focus there itself.
  const refused = flow.state.name === "form" && flow.state.field;
  useLayoutEffect(() => {
    // Screen readers announce a new state when its heading gets the focus. Not on arrival: reading starts at the top.
    // A layout effect, since after the paint the shopper may already be in a field.
    if (before.current !== shown && before.current !== "loading" && !refused) {
      root.current
        ?.querySelector<HTMLElement>("[data-state]:not([hidden]) :is(h1, h2), .pay:not([hidden]) h2")
        ?.focus();
    }
    before.current = shown;
  }, [shown]);
  useEffect(() => {
    const main = root.current;
    if (!main) return undefined;
    const observer = new ResizeObserver(() => onHeight(main.getBoundingClientRect().height));
    observer.observe(main);
    return () => observer.disconnect();
  }, []);
  return (
    <main
      ref={root}
      data-test-id="checkout-container"
      aria-label={texts.title}
      aria-busy={shown === "loading"}
      class={settings.embedded ? "page embedded" : "page"}
    >
      <Summary onLanguage={onLanguage} />
      <div class="body">
        {shown === "loading" && <Loading />}
        <Methods hidden={shown !== "form"} />
        <Processing />
        <Success />
        <AlreadyPaid />
        <Failed />
        <Unavailable />
        <footer>
          <span class="secure">
            <LockIcon size={14} /> {texts.secure}
          </span>
          {settings.testStage && <span class="test-mode">{texts.testMode}</span>}
        </footer>
      </div>
    </main>
  );
}

function Summary({ onLanguage }: { onLanguage: () => void }): JSX.Element {
  const { settings, texts, flow, amount, locale } = useAppContext();
  const shop = settings.opener && new URL(settings.opener).host;
  return (
    <header class="summary">
      <div class="brand">
        {settings.logo && <img class="logo" src={settings.logo} alt="" />}
        <span data-test-id="merchant-name">{flow.order?.merchant_name}</span>
        <button type="button" class="language" lang={locale === "en" ? "hi" : "en"} onClick={onLanguage}>
          {texts.language}
        </button>
      </div>
      <section
        class="order"
        data-test-id="order-summary"
        aria-labelledby="amount-label"
        hidden={flow.state.name === "unavailable"}
      >
        <h1 id="amount-label">{texts.amountToPay}</h1>
        <p class="amount" data-test-id="order-amount">
          {amount}
        </p>
        <dl>
          <div>
            <dt>{texts.orderId}</dt> <dd data-test-id="order-id">{settings.orderId}</dd>
          </div>
          {shop && (
            <div>
              <dt>{texts.payTo}</dt> <dd>{shop}</dd>
            </div>
          )}
        </dl>
      </section>
    </header>
  );
}

function Loading(): JSX.Element {
  const { texts } = useAppContext();
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{texts.loading}</span>
      <div class="bone wide" />
      <div class="bone" />
      <div class="bone wide" />
    </div>
  );
}
