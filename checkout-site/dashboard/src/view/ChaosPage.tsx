/** Faults on request, in test stages: start, see and stop them. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { BOUNDS, GROUPS, shown, wanted, type ChaosField } from "../logic/chaos";
import { moment } from "../logic/time";
import type { Chaos } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Card, Field, Head, Problem } from "./parts";
import { useAction } from "./useAction";
import { useLoad } from "./useLoad";

const PATH = "/test/chaos";
const LOOK_AGAIN_MS = 10_000;
const texts = en.chaos;

export function ChaosPage(): JSX.Element {
  const { api } = useAppContext();
  // It ends by itself, so it is asked for again.
  const chaos = useLoad(
    "chaos",
    (signal) => api.get<Chaos>(PATH, {}, signal),
    ({ active }) => (active ? LOOK_AGAIN_MS : 0),
  );
  return (
    <div data-test-id="chaos">
      <Head title={en.pages.chaos} />
      <p>{texts.intro}</p>
      <Await of={chaos}>{(read) => <Form chaos={read} onChanged={chaos.reload} />}</Await>
      <p class="soft">{texts.more}</p>
    </div>
  );
}

function Form({ chaos, onChanged }: { chaos: Chaos; onChanged: () => void }): JSX.Element {
  const { api, say } = useAppContext();
  // Initial value only: what is being typed stays when the state is read again.
  const [numbers, setNumbers] = useState(() => shown(chaos, chaos.active));
  const [wrong, setWrong] = useState<ChaosField[]>([]);
  const action = useAction();
  const start = (event: Event): void => {
    event.preventDefault();
    const asked = wanted(numbers);
    setWrong("wrong" in asked ? asked.wrong : []);
    if ("wrong" in asked) return;
    void action.run(async () => {
      await api.send<Chaos>("PUT", PATH, asked.body);
      say(texts.started);
      onChanged();
    });
  };
  const stop = (): void => {
    void action.run(async () => {
      await api.send<Chaos>("DELETE", PATH);
      say(texts.stopped);
      onChanged();
    });
  };
  const problemOf = (field: ChaosField): string | undefined => {
    if (wrong.includes(field)) return texts.wrong(BOUNDS[field].min, BOUNDS[field].max);
    return action.error?.field === field ? action.error.description : undefined;
  };
  const isShown = Object.keys(BOUNDS).some((field) => action.error?.field === field);
  return (
    <form data-test-id="chaos-form" onSubmit={start} noValidate>
      <p data-test-id="chaos-state">
        <strong>{chaos.active ? texts.on(moment(chaos.until ?? ""), chaos.seed ?? 0) : texts.off}</strong>
      </p>
      {Object.entries(GROUPS).map(([group, fields]) => (
        <Card key={group} title={texts.groups[group as keyof typeof GROUPS]}>
          <div class="numbers">
            {fields.map((field) => (
              <Field key={field} label={texts.fields[field]} error={problemOf(field)}>
                {(attributes) => (
                  <input
                    {...attributes}
                    data-test-id={`chaos-${field}`}
                    inputMode="numeric"
                    autocomplete="off"
                    maxLength={10}
                    value={numbers[field]}
                    onInput={(event) => setNumbers({ ...numbers, [field]: event.currentTarget.value })}
                  />
                )}
              </Field>
            ))}
          </div>
        </Card>
      ))}
      {action.error && !isShown && <Problem error={action.error} />}
      <div class="buttons">
        <button type="submit" class="primary" data-test-id="chaos-start" aria-disabled={action.busy}>
          {chaos.active ? texts.restart : texts.start}
        </button>
        {chaos.active && (
          <button type="button" data-test-id="chaos-stop" aria-disabled={action.busy} onClick={stop}>
            {texts.stop}
          </button>
        )}
      </div>
    </form>
  );
}
