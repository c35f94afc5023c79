/**
 * The modal's look. It is a constructed style sheet: a strict style-src can't block it, and it leaves with the modal.
 * Shops define .modal-content and friends themselves (Bootstrap does), so every rule starts from `all: initial`
 * under our id.
 */

const M = "#payment-gateway-modal";
const CSS = `
html:has(${M}[open]){overflow:hidden}
${M},${M} *{all:initial;box-sizing:border-box;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
${M} [hidden]{display:none!important}
${M}{display:block;position:fixed;inset:0;width:100vw;width:100dvw;height:100vh;height:100dvh;z-index:2147483647}
${M}::backdrop{background:rgba(15,23,42,.6)}
${M} .modal-overlay{display:flex;position:fixed;inset:0;padding:24px;overflow:auto;overscroll-behavior:contain}
${M} .modal-content{display:block;position:relative;margin:auto;width:100%;max-width:440px;height:680px;
max-height:100%;border-radius:16px;overflow:hidden;background:#fff;box-shadow:0 24px 64px rgba(15,23,42,.35);
transition:height .2s}
${M} iframe{display:block;width:100%;height:100%;border:0;background:#fff;color-scheme:light}
${M} .close-button{position:absolute;top:10px;right:10px;z-index:1;width:40px;height:40px;border-radius:50%;
cursor:pointer;color:#334155;text-align:center;font-size:24px;line-height:40px;background:rgba(255,255,255,.9)}
${M} .close-button:hover{background:#e2e8f0}
${M} button:focus-visible,${M} iframe:focus-visible{outline:3px solid #2563eb;outline-offset:-3px}
${M} .modal-notice{display:flex;position:absolute;inset:0;padding:56px 32px;flex-direction:column;align-items:center;
justify-content:center;gap:20px;text-align:center;color:#334155;background:#fff}
${M} .modal-notice *{color:inherit;text-align:center}
${M} .modal-spinner{width:36px;height:36px;border:3px solid #dbe2ea;border-top-color:#2563eb;border-radius:50%;
animation:pg-spin .8s linear infinite}
${M} .retry-load{padding:10px 24px;border-radius:10px;background:#1d4ed8;color:#fff;font-weight:600;cursor:pointer}
@keyframes pg-spin{to{transform:rotate(1turn)}}
@media (max-width:480px){${M} .modal-overlay{padding:32px 0 0}
${M} .modal-content{margin-bottom:0;max-width:none;border-radius:16px 16px 0 0}}
@media (prefers-reduced-motion:reduce){${M} .modal-content{transition:none}${M} .modal-spinner{animation:none}}
@media (forced-colors:active){${M} .close-button,${M} .retry-load,${M} .modal-content{border:1px solid}}`;

/** Puts the style sheet on, and gives back what takes it off again. */
export function addStyle(): () => void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}
