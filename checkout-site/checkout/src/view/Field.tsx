/** A labelled input that says what is wrong with it, in text and to screen readers. */

import type { ComponentChildren, InputHTMLAttributes, JSX } from "preact";

interface Props {
  id: string;
  testId: string;
  label: string;
  value: string;
  error: string | undefined;
  hint?: string;
  adornment?: ComponentChildren;
  onText: (input: HTMLInputElement) => void;
  onLeave: () => void;
  input: InputHTMLAttributes<HTMLInputElement>;
}

export function Field({
  id,
  testId,
  label,
  value,
  error,
  hint,
  adornment,
  onText,
  onLeave,
  input,
}: Props): JSX.Element {
  const note = error ?? hint;
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      <div class="control">
        <input
          {...input}
          id={id}
          data-test-id={testId}
          value={value}
          required
          aria-invalid={error ? "true" : "false"}
          aria-describedby={note ? `${id}-note` : undefined}
          spellcheck={false}
          autocapitalize="off"
          onInput={(event) => onText(event.currentTarget)}
          onBlur={onLeave}
        />
        {adornment}
      </div>
      <p class="note" id={`${id}-note`} aria-live="polite">
        {note}
      </p>
    </div>
  );
}
