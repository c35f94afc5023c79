/** A list that is read on by cursor, whose filters and place are in the address: loading, rows, pages. */

import type { ComponentChildren, JSX } from "preact";
import { searchOf, type Filters } from "../logic/filters";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Empty } from "./parts";
import { depth, Link } from "./router";
import { Pager } from "./Table";
import { useLoad } from "./useLoad";

const ROWS = 20;
const LOOK_AGAIN_MS = 4_000;

interface Page<Item> {
  data: readonly Item[];
  next_cursor: string | null;
}

interface Texts {
  shown: (count: number) => string;
  none: string;
  noneFound: string;
  pages: string;
}

interface Props<Item> {
  /** The API's path, and the filters as it names them. */
  from: string;
  query: Record<string, string>;
  filters: Filters;
  texts: Texts;
  children: (items: readonly Item[]) => ComponentChildren;
}

/** While something in it is pending, the list is read again every few seconds. */
export function CursorList<Item extends { id: string; status?: string }>({
  from,
  query,
  filters,
  texts,
  children,
}: Props<Item>): JSX.Element {
  const { api, search } = useAppContext();
  const cursor = new URLSearchParams(search).get("cursor") ?? "";
  const list = useLoad(
    search,
    async (signal) => {
      const asked = { ...query, cursor, limit: String(ROWS) };
      return { ...(await api.get<Page<Item>>(from, asked, signal)), filters };
    },
    ({ data }) => (data.some(({ status }) => status === "pending") ? LOOK_AGAIN_MS : 0),
  );
  return (
    <Await of={list} lines={8}>
      {(page) => (
        <>
          <p class="visually-hidden" role="status">
            {texts.shown(page.data.length)}
          </p>
          {children(page.data)}
          {page.data.length === 0 && <Empty>{searchOf(filters) ? texts.noneFound : texts.none}</Empty>}
          {/* While other filters are read, the cursor is still one of the list that is shown. */}
          <Pages label={texts.pages} filters={page.filters} cursor={cursor} next={page.next_cursor ?? ""} />
        </>
      )}
    </Await>
  );
}

interface PagesProps {
  label: string;
  filters: object;
  cursor: string;
  next: string;
  children?: ComponentChildren;
}

/** Links to the pages before and behind one that `cursor` led to. */
export function Pages({ label, filters, cursor, next, children }: PagesProps): JSX.Element {
  const { path } = useAppContext();
  // The page before is the one that we came from; who came by a link begins with the newest.
  const newer =
    depth() > 0 ? (
      <button type="button" onClick={() => history.back()}>
        {en.lists.newer}
      </button>
    ) : (
      <Link class="button" to={path + searchOf(filters)}>
        {en.lists.newest}
      </Link>
    );
  return (
    <Pager
      label={label}
      newer={cursor && newer}
      older={
        next && (
          <Link class="button" to={path + searchOf({ ...filters, cursor: next })}>
            {en.lists.older}
          </Link>
        )
      }
    >
      {children}
    </Pager>
  );
}
