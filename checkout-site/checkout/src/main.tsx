/** Starts the page. */

import { render, type JSX } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import { Api } from "./logic/api";
import { Flow } from "./logic/flow";
import { formatted } from "../../shared/money";
import { makeTell } from "./logic/opener";
import { Place } from "./logic/place";
import { readSettings } from "./logic/settings";
import { paint } from "./logic/theme";
import { en } from "./texts/en";
import { hi } from "./texts/hi";
import { App } from "./view/App";
import { Context } from "./view/context";

const place = new Place();
const settings = readSettings(place);
const tell = makeTell(settings);
const close = (): void => tell("close_modal");
let update = (): void => {};
const api = new Api(settings.apiBase, settings.key);
const flow = new Flow(settings.orderId, api, tell, () => update(), place, settings.attempt);

function Page(): JSX.Element {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [locale, setLocale] = useState(settings.locale);
  update = () => redraw(undefined);
  const texts = locale === "hi" ? hi : en;
  useEffect(() => {
    document.documentElement.lang = locale;
    document.title = [texts.title, flow.order?.merchant_name].filter(Boolean).join(" · ");
  }, [locale, flow.order]);
  const amount = flow.order ? formatted(flow.order, locale) : "";
  return (
    <Context.Provider value={{ flow, settings, place, texts, locale, amount, close }}>
      <App
        onLanguage={() => setLocale(locale === "hi" ? "en" : "hi")}
        onHeight={(height) => tell("checkout_resize", { height })}
      />
    </Context.Provider>
  );
}

// Escape closes the modal, even while the focus is inside this frame.
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) close();
});

if (settings.color) paint(settings.color);
const root = document.getElementById("root");
if (root) render(<Page />, root);
tell("checkout_ready");
void flow.load().then(() => {
  performance.mark("interactive");
  tell("checkout_event", { name: "interactive", state: flow.state.name });
});
