/** The filters of the payments. Choices apply immediately, the search text when it is submitted. */

import type { JSX, TargetedEvent } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { METHODS, NONE, searchOf, STATUSES, type Filters } from "../logic/filters";
import { en } from "../texts/en";
import { Field } from "./parts";

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

const texts = en.filters;

export function FilterForm({ filters, onChange }: Props): JSX.Element {
  const [typed, setTyped] = useState(filters.q);
  // After Back or "Clear". A layout effect, since after the paint somebody may have typed more.
  useLayoutEffect(() => setTyped(filters.q), [filters.q]);
  const submit = (event: Event): void => {
    event.preventDefault();
    onChange({ ...filters, q: typed.trim() });
  };
  const choose = (name: keyof Filters) => (event: TargetedEvent<HTMLInputElement | HTMLSelectElement>) => {
    const value = event.currentTarget.value;
    // A half-typed date has no value yet.
    if (value !== filters[name]) onChange({ ...filters, q: typed.trim(), [name]: value });
  };
  return (
    <form class="filters" role="search" aria-label={texts.label} onSubmit={submit} data-test-id="filters">
      <Field label={texts.search}>
        {(attributes) => (
          <input
            {...attributes}
            type="search"
            data-test-id="search-input"
            placeholder={texts.searchFor}
            maxLength={100}
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
      <Choice
        label={texts.status}
        name="status"
        known={STATUSES}
        value={filters.status}
        onChange={choose("status")}
      />
      <Choice
        label={texts.method}
        name="method"
        known={METHODS}
        value={filters.method}
        onChange={choose("method")}
      />
      {(["from", "to"] as const).map((name) => (
        <Field key={name} label={texts[name]}>
          {(attributes) => (
            <input
              {...attributes}
              type="date"
              data-test-id={`filter-${name}`}
              value={filters[name]}
              onChange={choose(name)}
            />
          )}
        </Field>
      ))}
      <div class="buttons">
        <button type="submit" class="primary" data-test-id="search-button">
          {texts.apply}
        </button>
        {searchOf(filters) && (
          <button type="button" data-test-id="clear-filters" onClick={() => onChange(NONE)}>
            {texts.clear}
          </button>
        )}
      </div>
    </form>
  );
}

interface ChoiceProps {
  label: string;
  name: string;
  known: readonly string[];
  value: string;
  onChange: (event: TargetedEvent<HTMLSelectElement>) => void;
}

export function Choice({ label, name, known, value, onChange }: ChoiceProps): JSX.Element {
  return (
    <Field label={label}>
      {(attributes) => (
        <select {...attributes} data-test-id={`filter-${name}`} value={value} onChange={onChange}>
          <option value="">{texts.all}</option>
          {known.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
