/**
 * Polls every 2 s, every 5 s after the first minute, and immediately when the shopper returns to the tab.
 */

export const POLL_MS = 2_000;
export const POLL_SLOW_MS = 5_000;
const SLOW_AFTER_MS = 60_000;

/** Calls `ask` until it resolves to true or the returned function is called. One call at a time. */
export function poll(ask: (elapsedMs: number) => Promise<boolean>, firstAfterMs = POLL_MS): () => void {
  const began = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let stopped = false;

  const schedule = (wait: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), wait);
  };
  const run = async (): Promise<void> => {
    if (asking || stopped) return;
    asking = true;
    const asked = Date.now();
    const done = await ask(asked - began).catch(() => false);
    asking = false;
    if (stopped) return;
    if (done) return stop();
    const gap = Date.now() - began > SLOW_AFTER_MS ? POLL_SLOW_MS : POLL_MS;
    schedule(Math.max(0, gap - (Date.now() - asked)));
  };
  // A background tab's timers are throttled and a phone's are frozen while the bank's app is in front.
  const wake = (): void => {
    if (document.visibilityState === "visible") schedule(0);
  };
  const signals: [EventTarget, string][] = [
    [window, "focus"],
    [window, "online"],
    [document, "visibilitychange"],
  ];
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
    for (const [target, name] of signals) target.removeEventListener(name, wake);
  };
  for (const [target, name] of signals) target.addEventListener(name, wake);
  schedule(firstAfterMs);
  return stop;
}
