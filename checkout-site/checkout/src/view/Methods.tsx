/** The choice of method: tabs, as the ARIA Authoring Practices describe them (arrow keys, one tab stop). */

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { CardEntryForm } from "./CardEntryForm";
import { CardForm } from "./CardForm";
import { useAppContext } from "./context";
import { CardIcon, UpiIcon } from "./icons";
import { UpiForm } from "./UpiForm";

const METHODS = ["upi", "card"] as const;
type Method = (typeof METHODS)[number];

export function Methods({ hidden }: { hidden: boolean }): JSX.Element {
  const { texts, flow } = useAppContext();
  const [wanted, choose] = useState<Method>("upi");
  const taken = flow.order?.methods ?? METHODS;
  const offered = METHODS.filter((method) => taken.includes(method));
  const chosen = offered.includes(wanted) ? wanted : (offered[0] ?? "upi");
  const entry = flow.order?.card_entry;
  const tabs = useRef<Partial<Record<Method, HTMLButtonElement | null>>>({});
  const root = useRef<HTMLDivElement>(null);
  const refused = flow.state.name === "form" ? flow.state.field : undefined;
  useLayoutEffect(() => {
    if (refused)
      root.current
        ?.querySelector<HTMLInputElement>("[role=tabpanel]:not([hidden]) [aria-invalid=true]")
        ?.focus();
  }, [refused, flow.state]);
  const move = (event: KeyboardEvent): void => {
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key) || offered.length < 2) return;
    event.preventDefault();
    const next =
      event.key === "Home" ? "upi" : event.key === "End" ? "card" : chosen === "upi" ? "card" : "upi";
    choose(next);
    tabs.current[next]?.focus();
  };
  return (
    <div class="pay" hidden={hidden} ref={root}>
      <h2 id="methods" tabIndex={-1}>
        {texts.methods}
      </h2>
      <div
        class="methods"
        role="tablist"
        aria-labelledby="methods"
        data-test-id="payment-methods"
        onKeyDown={move}
      >
        {offered.map((method) => (
          <button
            type="button"
            role="tab"
            id={`tab-${method}`}
            aria-controls={`panel-${method}`}
            key={method}
            aria-selected={method === chosen}
            tabIndex={method === chosen ? 0 : -1}
            data-method={method}
            data-test-id={`method-${method}`}
            onClick={() => choose(method)}
            ref={(element) => {
              tabs.current[method] = element;
            }}
          >
            {method === "upi" ? <UpiIcon /> : <CardIcon />} {texts[method]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="panel-upi" aria-labelledby="tab-upi" hidden={chosen !== "upi"}>
        <UpiForm />
      </div>
      <div role="tabpanel" id="panel-card" aria-labelledby="tab-card" hidden={chosen !== "card"}>
        {entry ? <CardEntryForm entry={entry} /> : <CardForm />}
      </div>
    </div>
  );
}
