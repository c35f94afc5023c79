/**
 * The shop's page as the browser built it, whatever its elements are named. A Document's named elements
 * override its own members (HTML, "DOM tree accessors"): after `<img name="currentScript">`, that image is
 * `document.currentScript`. Markup that a shop lets its users write may hold such an element (DOM clobbering),
 * so this script reads nothing from the document directly: it takes the members from its prototype.
 */

/** A member of `document` that no element of the page can replace. Methods come bound. */
export function ofDocument<Name extends keyof Document>(name: Name): Document[Name] {
  const found: unknown = Reflect.get(Document.prototype, name, document);
  return (typeof found === "function" ? found.bind(document) : found) as Document[Name];
}

/** The classic script that is running now; null in a module, in a callback and on a server. */
export function runningScript(): HTMLScriptElement | null {
  const script = typeof document === "undefined" ? null : ofDocument("currentScript");
  return script instanceof HTMLScriptElement ? script : null;
}

export function setStyleSheets(sheets: CSSStyleSheet[]): void {
  Reflect.set(Document.prototype, "adoptedStyleSheets", sheets, document);
}
