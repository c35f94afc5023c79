/** A setting from the page's server, in a `<meta name="asyncpay-…">`; "" if there is none. */
export function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="asyncpay-${name}"]`)?.content ?? "";
}
