/** Messages to the page that opened us: the contract's {type, data}, with the session's nonce. */

import type { Settings } from "./settings";

export type Tell = (type: string, data?: Record<string, unknown>) => void;

/** Speaks to the opener's origin only; to nobody when the page stands on its own. */
export function makeTell(settings: Settings): Tell {
  return (type, data = {}) => {
    if (!settings.embedded || !settings.opener) return;
    const nonce = settings.nonce ? { nonce: settings.nonce } : {};
    window.parent.postMessage({ type, data, ...nonce }, settings.opener);
  };
}
