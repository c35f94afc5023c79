/** What the server that serves the page says about itself, in a `<meta name="asyncpay-…">`; "" where it says nothing. */
export function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="asyncpay-${name}"]`)?.content ?? "";
}
