/** The filters of a list. Choices apply immediately, the search text when it is submitted. */

import type { JSX, TargetedEvent } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { NONE, QUERY_LENGTH_MAX, searchOf, type Filters } from "../logic/filters";
import { en } from "../texts/en";
import { Field } from "./parts";

interface Props {
  label: string;
  /** What the search finds; without it, there is none. */
  searchFor?: string;
  statuses: readonly string[];
  methods?: readonly string[];
  filters: Filters;
  onChange: (filters: Filters) => void;
}

const texts = en.filters;

export function FilterForm(props: Props): JSX.Element {
  const { label, searchFor, statuses, methods, filters, onChange } = props;
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
    <form class="filters" role="search" aria-label={label} onSubmit={submit} data-test-id="filters">
      {searchFor && (
        <Field label={texts.search}>
          {(attributes) => (
            <input
              {...attributes}
              type="search"
              data-test-id="search-input"
              placeholder={searchFor}
              maxLength={QUERY_LENGTH_MAX}
              autocomplete="off"
              spellcheck={false}
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      <Choice
        label={texts.status}
        name="status"
        known={statuses}
        value={filters.status}
        onChange={choose("status")}
      />
      {methods && (
        <Choice
          label={texts.method}
          name="method"
          known={methods}
          value={filters.method}
          onChange={choose("method")}
        />
      )}
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
        {searchFor && (
          <button type="submit" class="primary" data-test-id="search-button">
            {texts.apply}
          </button>
        )}
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
