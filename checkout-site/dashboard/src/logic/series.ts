/** Days as a chart wants them: stacked. */

import type { Day } from "../../../shared/resources";

export interface Series {
  /** Unix seconds of each day's beginning, in UTC: the axis' values. */
  times: number[];
  /** The upper edges of the stacks, each on top of the one before. */
  success: number[];
  failed: number[];
  pending: number[];
}

export function stacked(days: readonly Day[]): Series {
  return {
    times: days.map((day) => Date.parse(`${day.date}T00:00:00Z`) / 1000),
    success: days.map((day) => day.success),
    failed: days.map((day) => day.success + day.failed),
    pending: days.map((day) => day.success + day.failed + day.pending),
  };
}

/** "95%", "66.7%". */
export const percent = (rate: number): string => `${Number(rate.toFixed(1))}%`;
