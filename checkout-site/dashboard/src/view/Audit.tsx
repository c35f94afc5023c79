/** The record of changes: who, from where, when, what; the newest first. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AuditList } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Card, Empty, Head, Moment } from "./parts";
import { Cell, Pager, Table } from "./Table";
import { useLoad } from "./useLoad";

const ROWS = 20;
const texts = en.audit;

export function Audit(): JSX.Element {
  const { api } = useAppContext();
  const [offset, setOffset] = useState(0);
  const rows = useLoad(`audit ${offset}`, (signal) =>
    api.get<AuditList>("/dashboard/audit", { limit: String(ROWS), offset: String(offset) }, signal),
  );
  const { heads } = texts;
  return (
    <>
      <Head title={en.pages.audit} />
      <Card title={texts.title}>
        <p class="soft">{texts.explained}</p>
        <Await of={rows}>
          {({ data, total }) => (
            <>
              {data.length === 0 && <Empty>{texts.none}</Empty>}
              {data.length > 0 && (
                <Table caption={texts.title} heads={Object.values(heads)} testId="audit-table">
                  {data.map((row) => (
                    <tr key={row.id} role="row" data-test-id="audit-row">
                      <Cell head={heads.at}>
                        <Moment at={row.at} />
                      </Cell>
                      <Cell head={heads.action}>{row.action}</Cell>
                      <Cell head={heads.actor} class="id">
                        {row.actor}
                      </Cell>
                      <Cell head={heads.source} class="id">
                        {row.source ?? "–"}
                      </Cell>
                      <Cell head={heads.object} class="id">
                        {row.object}
                      </Cell>
                    </tr>
                  ))}
                </Table>
              )}
              <OffsetPager
                label={texts.pages}
                offset={offset}
                rows={ROWS}
                total={total}
                onOffset={setOffset}
              />
            </>
          )}
        </Await>
      </Card>
    </>
  );
}

interface OffsetPagerProps {
  label: string;
  offset: number;
  rows: number;
  total: number;
  onOffset: (offset: number) => void;
}

/** Pages of a list that is counted. */
export function OffsetPager({ label, offset, rows, total, onOffset }: OffsetPagerProps): JSX.Element {
  return (
    <Pager
      label={label}
      newer={
        offset > 0 && (
          <button type="button" onClick={() => onOffset(Math.max(0, offset - rows))}>
            {en.lists.newer}
          </button>
        )
      }
      older={
        offset + rows < total && (
          <button type="button" data-test-id="older" onClick={() => onOffset(offset + rows)}>
            {en.lists.older}
          </button>
        )
      }
    />
  );
}
