/** Times as people read them: in the reader's time zone, in Indian English. */

const MOMENT: Intl.DateTimeFormatOptions = {
  day: "2-digit",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** "23 Nov 2026, 14:05:09". */
export function moment(iso: string, timeZone?: string): string {
  return new Intl.DateTimeFormat("en-IN", timeZone ? { ...MOMENT, timeZone } : MOMENT).format(new Date(iso));
}

/** "23 Nov", for the calendar day "2026-11-23". */
export function dayLabel(date: string): string {
  return new Intl.DateTimeFormat("en-IN", { day: "2-digit", month: "short", timeZone: "UTC" }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** The UTC calendar day `daysBefore` days before a time. The API counts in UTC days. */
export function utcDay(now: number, daysBefore = 0): string {
  return new Date(now - daysBefore * DAY_MS).toISOString().slice(0, 10);
}

/** "in 45 s", "in 12 min"; "now" for a time that has passed. */
export function until(iso: string, now: number): string {
  const ahead = Date.parse(iso) - now;
  if (ahead <= 0) return "now";
  if (ahead < 2 * MINUTE_MS) return `in ${Math.ceil(ahead / 1000)} s`;
  return `in ${Math.round(ahead / MINUTE_MS)} min`;
}
