/** What the server that hands out the page says about itself (its meta elements). */

export interface Settings {
  /** The API and the checkout, as the reader's own programs and pages reach them. */
  apiUrl: string;
  checkoutUrl: string;
  testStage: boolean;
}

export function readSettings(): Settings {
  const meta = (name: string): string =>
    document.querySelector<HTMLMetaElement>(`meta[name="asyncpay-${name}"]`)?.content ?? "";
  return {
    apiUrl: meta("api") || location.origin,
    checkoutUrl: meta("checkout") || location.origin,
    testStage: meta("stage") === "test",
  };
}
