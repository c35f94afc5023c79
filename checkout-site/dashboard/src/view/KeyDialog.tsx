/** Making an API key: what it may do, for how long, and from where. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { en } from "../texts/en";
import { Buttons } from "./amount";
import { useAppContext } from "./context";
import { Dialog } from "./Dialog";
import { Field, Problem } from "./parts";
import type { Action } from "./useAction";

const RIGHTS = ["read", "payments", "refunds", "webhooks"] as const;
const DAYS = ["", "7", "30", "90", "365"];
const texts = en.keys;

export interface WantedKey {
  name?: string;
  rights?: string[];
  expires_in_days?: number;
  addresses?: string[];
}

interface Props {
  action: Action;
  onCreate: (wanted: WantedKey) => void;
  onClose: () => void;
}

export function KeyDialog({ action, onCreate, onClose }: Props): JSX.Element {
  const { session } = useAppContext();
  const held: readonly string[] = session?.user.rights ?? [];
  const canGiveAll = [...RIGHTS, "audit"].every((right) => held.includes(right));
  const [name, setName] = useState("");
  const [isRestricted, setRestricted] = useState(!canGiveAll);
  const [rights, setRights] = useState<string[]>(["read"]);
  const [days, setDays] = useState("");
  const [addresses, setAddresses] = useState("");
  const submit = (event: Event): void => {
    event.preventDefault();
    const networks = addresses.split(/[\s,]+/).filter(Boolean);
    onCreate({
      ...(name.trim() ? { name: name.trim() } : {}),
      ...(isRestricted ? { rights } : {}),
      ...(days ? { expires_in_days: Number(days) } : {}),
      ...(networks.length ? { addresses: networks } : {}),
    });
  };
  const toggle = (right: string): void =>
    setRights((before) =>
      before.includes(right) ? before.filter((each) => each !== right) : [...before, right],
    );
  return (
    <Dialog title={texts.create} onClose={onClose} testId="key-dialog">
      <form onSubmit={submit} noValidate>
        <Field label={texts.name} hint={texts.nameHint}>
          {(attributes) => (
            <input
              {...attributes}
              data-test-id="key-name-input"
              maxLength={100}
              autocomplete="off"
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <fieldset>
          <legend>{texts.rights}</legend>
          <label class="choice">
            <input
              type="checkbox"
              data-test-id="key-restricted"
              checked={isRestricted}
              disabled={!canGiveAll}
              onChange={(event) => setRestricted(event.currentTarget.checked)}
            />
            {texts.restricted}
          </label>
          {isRestricted &&
            RIGHTS.filter((right) => held.includes(right)).map((right) => (
              <label key={right} class="choice">
                <input
                  type="checkbox"
                  data-test-id={`key-right-${right}`}
                  checked={rights.includes(right)}
                  onChange={() => toggle(right)}
                />
                {texts.rightNames[right]}
              </label>
            ))}
        </fieldset>
        <Field label={texts.ends}>
          {(attributes) => (
            <select
              {...attributes}
              data-test-id="key-days"
              value={days}
              onChange={(event) => setDays(event.currentTarget.value)}
            >
              {DAYS.map((each) => (
                <option key={each} value={each}>
                  {each ? texts.inDays(each) : texts.never}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={texts.addresses} hint={texts.addressesHint}>
          {(attributes) => (
            <input
              {...attributes}
              data-test-id="key-addresses-input"
              autocomplete="off"
              value={addresses}
              onInput={(event) => setAddresses(event.currentTarget.value)}
            />
          )}
        </Field>
        {action.error && <Problem error={action.error} />}
        <Buttons submit={texts.create} testId="key-submit" busy={action.busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
