/** Reads something from the API, keeps what is shown while it reads again, and polls while that is of use. */

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
 * `key` says what is read: when it changes, it is read anew. `again` gives the time until the next look at
 * it, or 0 for none; nothing is asked while the page is hidden.
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
        // What was read before is still shown, with the error above it; unless it answers another question.
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
