/**
 * The modal's look. It is a constructed style sheet: a strict style-src can't block it, and it is removed
 * with the modal. Shops define .modal-content and friends themselves (Bootstrap does), so every rule starts from
 * `all: initial` under our id. The modal is fixed at its top edge (as a sheet, its height fits both
 * forms), so that nothing moves under a shopper's finger when the page inside grows.
 */

import { ofDocument, setStyleSheets } from "./page.js";

const M = "#payment-gateway-modal";
const CSS = `
html:has(${M}[open]){overflow:hidden}
${M},${M} *{all:initial;box-sizing:border-box;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
${M} [hidden]{display:none!important}
${M}{display:block;position:fixed;inset:0;width:100vw;width:100dvw;height:100vh;height:100dvh;
z-index:2147483647}
${M}::backdrop{background:rgba(15,23,42,.6)}
${M} .modal-overlay{display:flex;position:fixed;inset:0;padding:16px 24px;overflow:auto;
overscroll-behavior:contain}
${M} .modal-content{display:block;position:relative;margin:min(3vh,64px) auto auto;width:100%;max-width:440px;
height:620px;max-height:100%;border-radius:16px;overflow:hidden;background:#fff;
box-shadow:0 24px 64px rgba(15,23,42,.35)}
${M} iframe{display:block;width:100%;height:100%;border:0;background:#fff;color-scheme:light}
${M} .close-button{position:absolute;top:12px;right:12px;z-index:1;width:36px;height:36px;border-radius:50%;
cursor:pointer;color:#fff;text-align:center;font-size:22px;line-height:35px;background:#334155}
${M} .close-button:hover{background:#64748b}
${M} button:focus-visible,${M} iframe:focus-visible{outline:3px solid #2563eb;outline-offset:-3px}
${M} .modal-notice{display:flex;position:absolute;inset:0;padding:56px 32px;flex-direction:column;
align-items:center;justify-content:center;gap:20px;text-align:center;color:#334155;background:#fff}
${M} .modal-notice *{color:inherit;text-align:center}
${M} .modal-spinner{width:36px;height:36px;border:3px solid #dbe2ea;border-top-color:#2563eb;
border-radius:50%;animation:pg-spin .8s linear infinite}
${M} .retry-load{padding:10px 24px;border-radius:10px;background:#1d4ed8;color:#fff;font-weight:600;
cursor:pointer}
@keyframes pg-spin{to{transform:rotate(1turn)}}
@media (max-width:480px){${M} .modal-overlay{padding:32px 0 0}
${M} .modal-content{margin:auto 0 0;max-width:none;min-height:min(660px,100%);border-radius:16px 16px 0 0}}
@media (prefers-reduced-motion:reduce){${M} .modal-spinner{animation:none}}
@media (forced-colors:active){${M} .close-button,${M} .retry-load,${M} .modal-content{border:1px solid}}`;

/** Adds the style sheet to the page, and returns what removes it. */
export function addStyle(): () => void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  setStyleSheets([...ofDocument("adoptedStyleSheets"), sheet]);
  return () => setStyleSheets(ofDocument("adoptedStyleSheets").filter((other) => other !== sheet));
}
