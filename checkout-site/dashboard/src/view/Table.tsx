/**
 * Tables that become a list of cards on narrow screens. Their roles are written out, because a browser that
 * lays a table out as blocks may no longer call it a table.
 */

import type { ComponentChildren, JSX } from "preact";

interface TableProps {
  caption: string;
  heads: readonly string[];
  children: ComponentChildren;
  testId?: string;
}

export function Table({ caption, heads, children, testId }: TableProps): JSX.Element {
  return (
    <table role="table" class="rows" data-test-id={testId}>
      <caption class="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {heads.map((head) => (
            <th key={head} role="columnheader" scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">{children}</tbody>
    </table>
  );
}

interface CellProps {
  /** The column's head, which a card shows beside the value. */
  head: string;
  children: ComponentChildren;
  testId?: string;
  class?: string;
}

export function Cell({ head, children, testId, class: name }: CellProps): JSX.Element {
  return (
    <td role="cell" data-head={head} data-test-id={testId} class={name}>
      {children}
    </td>
  );
}

/** Older and newer pages of a list. */
export function Pager({ label, newer, older, children }: PagerProps): JSX.Element | null {
  if (!newer && !older && !children) return null;
  return (
    <nav class="pager" aria-label={label}>
      {newer}
      {older}
      {children && <span class="soft">{children}</span>}
    </nav>
  );
}
interface PagerProps {
  label: string;
  newer: ComponentChildren;
  older: ComponentChildren;
  children?: ComponentChildren;
}
