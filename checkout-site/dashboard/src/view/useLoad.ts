/** Loads data from the API, keeps showing it while it reloads, and polls on request. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../../shared/request";

export interface Loaded<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  reload: () => void;
}

const AFTER_ERROR_MS = 15_000;

/**
 * `key` identifies the data: when it changes, the data is reloaded. `again` returns the milliseconds until the
 * next poll, or 0 for none. Nothing is requested while the page is hidden.
 */
export function useLoad<T>(
  key: string,
  read: (signal: AbortSignal) => Promise<T>,
  again: (data: T) => number = () => 0,
): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: ApiError | null; loading: boolean }>({
    data: null,
    error: null,
    loading: true,
  });
  const [round, setRound] = useState(0);
  const latest = useRef({ read, again });
  latest.current = { read, again };
  const shownKey = useRef(key);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  useEffect(() => {
    const ended = new AbortController();
    let timer = 0;
    const next = (delay_ms: number): void => {
      if (delay_ms > 0 && !ended.signal.aborted) timer = window.setTimeout(look, delay_ms);
    };
    async function look(): Promise<void> {
      if (document.hidden) return next(1000);
      try {
        const data = await latest.current.read(ended.signal);
        if (ended.signal.aborted) return;
        shownKey.current = key;
        setState({ data, error: null, loading: false });
        next(latest.current.again(data));
      } catch (problem) {
        if (ended.signal.aborted) return;
        if (!(problem instanceof ApiError)) throw problem;
        // Data that was read before stays, with the error above it, unless it belongs to another key.
        setState(({ data }) => ({
          data: shownKey.current === key ? data : null,
          error: problem,
          loading: false,
        }));
        if (problem.status === 0 || problem.status >= 500) next(AFTER_ERROR_MS);
      }
    }
    setState((before) => ({ ...before, loading: true }));
    void look();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [key, round]);
  return { ...state, reload };
}
