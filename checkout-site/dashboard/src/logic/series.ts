/** Days as stacked series for the chart. */

import type { Day } from "../../../shared/resources";

export interface Series {
  /** The start of each day (UTC) in Unix seconds: the values of the axis. */
  times: number[];
  /** The upper edges of the stacked bars. */
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
