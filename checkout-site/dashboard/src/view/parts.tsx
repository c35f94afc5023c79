/** Small pieces of every page: its head, its states, badges, fields, what can be copied. */

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import type { ApiError } from "../../../shared/request";
import { moment } from "../logic/time";
import { en, explained } from "../texts/en";
import { useSurroundings } from "./context";
import type { Loaded } from "./useLoad";

/** The page's heading. The focus moves to it when the page changes: a screen reader says where it is. */
export function Head({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="head">
      <h1 tabIndex={-1}>{title}</h1>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}

export function Card({ title, children, ...rest }: CardProps): JSX.Element {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id} {...rest}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
interface CardProps {
  title: string;
  children: ComponentChildren;
  "data-test-id"?: string;
}

/** An error, in words and with what helps support to find it. */
export function Problem({ error, onRetry }: { error: ApiError; onRetry?: () => void }): JSX.Element {
  return (
    <div class="problem" role="alert">
      <p>{explained(error)}</p>
      {error.requestId && (
        <p class="soft">
          {en.states.requestId} <code>{error.requestId}</code>
        </p>
      )}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {en.states.retry}
        </button>
      )}
    </div>
  );
}

export function Loading({ lines = 3 }: { lines?: number }): JSX.Element {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{en.states.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} class="bone" />
      ))}
    </div>
  );
}

/** Bones while nothing is here yet, the error where there is one, and what was read (also with an error). */
export function Await<T>({ of, children, lines = 3 }: AwaitProps<T>): JSX.Element {
  return (
    <div aria-busy={of.loading} class={of.loading && of.data !== null ? "stale" : ""}>
      {of.error && <Problem error={of.error} onRetry={of.reload} />}
      {of.data === null ? !of.error && <Loading lines={lines} /> : children(of.data)}
    </div>
  );
}
interface AwaitProps<T> {
  of: Loaded<T>;
  children: (data: T) => ComponentChildren;
  lines?: number;
}

export function Empty({ children }: { children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>;
}

/** A status, literally as the API says it; its colour only repeats it. */
export function Badge({ status }: { status: string }): JSX.Element {
  return <span class={`badge ${status}`}>{status}</span>;
}

export function Moment({ at }: { at: string | null | undefined }): JSX.Element {
  return at ? <time dateTime={at}>{moment(at)}</time> : <span class="soft">–</span>;
}

interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  children: (attributes: { id: string; "aria-describedby"?: string; "aria-invalid"?: "true" }) => JSX.Element;
}

/** A label, its control, and what is wrong with what is in it. */
export function Field({ label, hint, error, children }: FieldProps): JSX.Element {
  const id = useId();
  const note = error || hint;
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      {children({
        id,
        ...(note ? { "aria-describedby": `${id}-note` } : {}),
        ...(error ? { "aria-invalid": "true" as const } : {}),
      })}
      {note && (
        <p id={`${id}-note`} class="note" role={error ? "alert" : undefined}>
          {note}
        </p>
      )}
    </div>
  );
}

export function Copy({ text, what }: { text: string; what: string }): JSX.Element {
  const { say } = useSurroundings();
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => say(en.copy.done(what)),
      () => say(en.copy.failed),
    );
  };
  return (
    <button type="button" class="small" onClick={copy} aria-label={en.copy.label(what)}>
      {en.copy.button}
    </button>
  );
}
