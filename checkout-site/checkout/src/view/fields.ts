/** The values of a form, and which of them are ready to be validated in view. */

import { useState } from "preact/hooks";

export interface Fields<Name extends string> {
  values: Record<Name, string>;
  /** The problem to show, once the shopper has left the field or tried to submit. */
  shown: (name: Name) => string | undefined;
  set: (name: Name, value: string) => void;
  leave: (name: Name) => void;
  /** Validates all fields. If one is invalid, focuses the first such field and returns false. */
  submit: (form: HTMLFormElement) => boolean;
}

export function useFields<Name extends string>(
  initial: Record<Name, string>,
  problems: (values: Record<Name, string>) => Record<Name, string | undefined>,
  /** Whether a value looks complete, so that its problem can be shown while the shopper is still typing. */
  complete: (name: Name, value: string) => boolean = () => false,
): Fields<Name> {
  const [values, setValues] = useState(initial);
  const [left, setLeft] = useState<Partial<Record<Name, boolean>>>({});
  const found = problems(values);
  const names = Object.keys(initial) as Name[];
  return {
    values,
    shown: (name) => (left[name] || complete(name, values[name]) ? found[name] : undefined),
    set: (name, value) => setValues((old) => ({ ...old, [name]: value })),
    leave: (name) => values[name] && setLeft((old) => ({ ...old, [name]: true })),
    submit: (form) => {
      setLeft(Object.fromEntries(names.map((name) => [name, true])) as Record<Name, boolean>);
      const wrong = names.find((name) => found[name]);
      if (wrong) form.querySelector<HTMLInputElement>(`#${wrong}`)?.focus();
      return !wrong;
    },
  };
}
