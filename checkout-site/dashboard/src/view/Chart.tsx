/**
 * Payments by day, stacked by status. Drawn by uPlot: 22 kB, one canvas, no dependency, no inline style in
 * markup, so it works under our policy. What it shows is also a table, for who cannot see a canvas.
 */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { money } from "../logic/money";
import { stacked } from "../logic/series";
import { dayLabel } from "../logic/time";
import type { Day } from "../../../shared/resources";
import { en } from "../texts/en";
import { Empty } from "./parts";
import { Cell, Table } from "./Table";

const HEIGHT = 220;
const STATUSES = ["success", "failed", "pending"] as const;
const texts = en.chart;

export function Chart({ byDay, currency }: { byDay: readonly Day[]; currency: string }): JSX.Element {
  const [at, setAt] = useState<number | null>(null);
  const pointed = at === null ? undefined : byDay[at];
  if (byDay.every((day) => day.success + day.failed + day.pending === 0)) return <Empty>{texts.none}</Empty>;
  return (
    <figure data-test-id="payments-chart">
      <Canvas days={byDay} onPoint={setAt} />
      <figcaption>
        <ul class="legend">
          {STATUSES.map((status) => (
            <li key={status}>
              <span class={`swatch ${status}`} /> {status}
            </li>
          ))}
        </ul>
        <span class="soft">
          {pointed ? texts.day(dayLabel(pointed.date), pointed, money(pointed.amount, currency)) : texts.hint}
        </span>
      </figcaption>
      <details>
        <summary>{texts.asTable}</summary>
        <Table caption={texts.caption} heads={Object.values(texts.heads)} testId="chart-table">
          {[...byDay].reverse().map((day) => (
            <tr key={day.date} role="row" data-date={day.date}>
              <Cell head={texts.heads.date}>{dayLabel(day.date)}</Cell>
              {STATUSES.map((status) => (
                <Cell key={status} head={texts.heads[status]} class="number">
                  {day[status]}
                </Cell>
              ))}
              <Cell head={texts.heads.amount} class="number">
                {money(day.amount, currency)}
              </Cell>
            </tr>
          ))}
        </Table>
      </details>
    </figure>
  );
}

function Canvas({
  days,
  onPoint,
}: {
  days: readonly Day[];
  onPoint: (index: number | null) => void;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const data = JSON.stringify(days);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let plot: uPlot | null = null;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(options(element, onPoint), columns(days), element);
    };
    draw();
    const observer = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)"); // a canvas does not follow style sheets
    scheme.addEventListener("change", draw);
    return () => {
      scheme.removeEventListener("change", draw);
      observer.disconnect();
      plot?.destroy();
    };
  }, [data]);
  return <div class="plot" ref={place} role="img" aria-label={texts.label(days.length)} />;
}

/** The tallest first: each lower stack is painted over it. */
function columns(days: readonly Day[]): uPlot.AlignedData {
  const { times, success, failed, pending } = stacked(days);
  return [times, pending, failed, success];
}

function options(element: HTMLElement, onPoint: (index: number | null) => void): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const bars = uPlot.paths.bars?.({ size: [0.7, 28], align: 0 });
  const font = `12px ${style.fontFamily}`;
  const axis = {
    stroke: colour("soft"),
    font,
    ticks: { show: false },
    grid: { stroke: colour("line"), width: 1 },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
    // Half a day on each side, so that the outer bars are whole; one day alone gets an axis too.
    scales: {
      x: { time: true, range: (_plot, from, to) => [from - 43_200, to + 43_200] },
      y: { range: (_plot, _from, to) => [0, Math.max(4, Math.ceil(to * 1.1))] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 30,
        incrs: [1, 2, 7, 14, 28].map((days) => days * 86_400),
        space: 56,
        values: (_plot, times) =>
          times.map((time) => dayLabel(new Date(time * 1000).toISOString().slice(0, 10))),
      },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] },
    ],
    series: [
      {},
      ...(["pending", "failed", "success"] as const).map((status) => ({
        fill: colour(status),
        width: 0,
        points: { show: false },
        ...(bars ? { paths: bars } : {}),
      })),
    ],
  };
}
