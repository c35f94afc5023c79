/** Days as a chart wants them: without gaps, and stacked. */

import type { Day } from "./types";

const DAY_MS = 86_400_000;

export interface Series {
  days: Day[];
  /** Unix seconds of each day's beginning, in UTC: the axis' values. */
  times: number[];
  /** Heights of the stacks' upper edges, in the order success, failed, pending. */
  stacked: [number[], number[], number[]];
}

/** The last `count` days up to the latest one that has something; days without payments are zero. */
export function seriesOf(byDay: readonly Day[], count: number): Series {
  const found = new Map(byDay.map((day) => [day.date, day]));
  const dates = [...found.keys()].sort();
  const last = Date.parse(`${dates.at(-1) ?? ""}T00:00:00Z`);
  const first = Math.max(Date.parse(`${dates[0] ?? ""}T00:00:00Z`), last - (count - 1) * DAY_MS);
  const days: Day[] = [];
  for (let at = first; at <= last; at += DAY_MS) {
    const date = new Date(at).toISOString().slice(0, 10);
    days.push(found.get(date) ?? { date, success: 0, failed: 0, pending: 0, amount: 0 });
  }
  return {
    days,
    times: days.map((day) => Date.parse(`${day.date}T00:00:00Z`) / 1000),
    stacked: [
      days.map((day) => day.success),
      days.map((day) => day.success + day.failed),
      days.map((day) => day.success + day.failed + day.pending),
    ],
  };
}

/** "95%", "66.7%"; a rate of nothing is "0%". */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "0%";
  return `${Number(((100 * part) / whole).toFixed(1))}%`;
}
