/** What can be asked of chaos: the numbers of the form, their bounds, and the body that they make. Pure. */

import type { ChaosWanted } from "../../../shared/resources";

export type ChaosField = keyof ChaosWanted;
export interface Bounds {
  min: number;
  max: number;
  /** What an empty field stands for; undefined where the gateway decides. */
  empty: number | undefined;
}

const percent: Bounds = { min: 0, max: 100, empty: 0 };
export const BOUNDS: Record<ChaosField, Bounds> = {
  error_percent: percent,
  rate_limit_percent: percent,
  slow_percent: percent,
  slow_ms: { min: 100, max: 5_000, empty: 3_000 },
  drop_percent: percent,
  repeat_percent: percent,
  delay_percent: percent,
  delay_seconds: { min: 1, max: 600, empty: 30 },
  reorder_percent: percent,
  late_percent: percent,
  late_seconds: { min: 1, max: 600, empty: 30 },
  minutes: { min: 1, max: 60, empty: 60 },
  seed: { min: 0, max: 2 ** 31 - 1, empty: undefined },
};
export const GROUPS = {
  requests: ["error_percent", "rate_limit_percent", "drop_percent", "slow_percent", "slow_ms"],
  deliveries: ["repeat_percent", "reorder_percent", "delay_percent", "delay_seconds"],
  outcomes: ["late_percent", "late_seconds"],
  all: ["minutes", "seed"],
} as const satisfies Record<string, readonly ChaosField[]>;
export type ChaosTexts = Record<ChaosField, string>;

/** A field's number; null where the text is none within the bounds. */
export function parsed(field: ChaosField, text: string): number | null | undefined {
  const { min, max, empty } = BOUNDS[field];
  const trimmed = text.trim();
  if (!trimmed) return empty;
  const number = Number(trimmed);
  return /^[0-9]{1,10}$/.test(trimmed) && number >= min && number <= max ? number : null;
}

/** The request's body, or the fields that are wrong. */
export function wanted(texts: ChaosTexts): { body: ChaosWanted } | { wrong: ChaosField[] } {
  const fields = Object.keys(BOUNDS) as ChaosField[];
  const wrong = fields.filter((field) => parsed(field, texts[field]) === null);
  if (wrong.length) return { wrong };
  const given = fields.map((field) => [field, parsed(field, texts[field])] as const);
  return { body: Object.fromEntries(given.filter(([, number]) => number !== undefined)) };
}

/** What the form shows: what is on now, with an empty field for a share of nothing. */
export function shown(chaos: Partial<Record<ChaosField, number | null>>, active: boolean): ChaosTexts {
  const fields = Object.keys(BOUNDS) as ChaosField[];
  const text = (field: ChaosField): string => {
    const number = active ? chaos[field] : undefined;
    return number ? String(number) : String((field !== "seed" && BOUNDS[field].empty) || "");
  };
  return Object.fromEntries(fields.map((field) => [field, text(field)])) as ChaosTexts;
}
