/** Small components that all pages use: heading, loading and error states, badges, fields, copy buttons. */

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import type { ApiError } from "../../../shared/request";
import { moment } from "../logic/time";
import { en, explained } from "../texts/en";
import { useAppContext } from "./context";
import type { Loaded } from "./useLoad";

/** The page's heading. It gets the focus when the page changes, so that screen readers announce the page. */
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

/** An error as a sentence, with the request id that support needs. */
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

/** A skeleton while loading, then the data; the error, if any, above the data that was read before. */
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

/** A status, in the API's own word; the colour adds nothing to it. */
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

/** A label, its control, and the problem with its value. */
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
  const { say } = useAppContext();
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
