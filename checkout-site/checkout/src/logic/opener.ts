/** Messages to the page that opened us: {type, data} (docs/checkout.md) and the session's nonce. */

import type { Settings } from "./settings";

export type Tell = (type: string, data?: Record<string, unknown>) => void;

/** Posts to the opener's origin only; does nothing when the page was opened on its own. */
export function makeTell(settings: Settings): Tell {
  return (type, data = {}) => {
    if (!settings.embedded || !settings.opener) return;
    const nonce = settings.nonce ? { nonce: settings.nonce } : {};
    window.parent.postMessage({ type, data, ...nonce }, settings.opener);
  };
}
