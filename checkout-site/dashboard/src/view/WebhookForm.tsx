/** The URL, the signing secret and its rotation, and a test event. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { WebhookConfig } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Confirm } from "./Dialog";
import { Await, Copy, Field, Problem } from "./parts";
import { useAction } from "./useAction";
import { useLoad } from "./useLoad";

const URL_LENGTH_MAX = 2048;
const PATH = "/webhooks/config";
const texts = en.webhooks;

export function WebhookForm({ onSent }: { onSent: () => void }): JSX.Element {
  const { api } = useAppContext();
  const config = useLoad("config", (signal) => api.get<WebhookConfig>(PATH, {}, signal));
  return (
    <Await of={config}>{(read) => <Form config={read} onSent={onSent} onChanged={config.reload} />}</Await>
  );
}

interface FormProps {
  config: WebhookConfig;
  onSent: () => void;
  onChanged: () => void;
}

function Form({ config, onSent, onChanged }: FormProps): JSX.Element {
  const { api, say } = useAppContext();
  // Initial value only: the config is reloaded after each change and must not overwrite what is being typed.
  const [url, setUrl] = useState(config.webhook_url ?? "");
  const save = useAction();
  const test = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    void save.run(async () => {
      await api.send<WebhookConfig>("PUT", PATH, { webhook_url: url.trim() || null });
      say(url.trim() ? texts.saved : texts.cleared);
      onChanged();
    });
  };
  const sendTest = (): void => {
    void test.run(async () => {
      await api.send("POST", "/webhooks/test");
      say(texts.testSent);
      onSent();
    });
  };
  const ofTheUrl = save.error?.field === "webhook_url" ? save.error.description : undefined;
  return (
    <form data-test-id="webhook-config-form" onSubmit={submit} noValidate>
      <Field label={texts.url} hint={texts.urlHint} error={ofTheUrl}>
        {(attributes) => (
          <input
            {...attributes}
            data-test-id="webhook-url-input"
            type="url"
            inputMode="url"
            autocomplete="url"
            maxLength={URL_LENGTH_MAX}
            placeholder="https://shop.example/webhook"
            value={url}
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        )}
      </Field>
      <Secret secret={config.webhook_secret} onChanged={onChanged} />
      {save.error && !ofTheUrl && <Problem error={save.error} />}
      {test.error && <Problem error={test.error} />}
      <div class="buttons">
        <button type="submit" class="primary" data-test-id="save-webhook-button" aria-disabled={save.busy}>
          {texts.save}
        </button>
        <button type="button" data-test-id="test-webhook-button" aria-disabled={test.busy} onClick={sendTest}>
          {texts.test}
        </button>
      </div>
    </form>
  );
}

/** In test stages the secret is shown, and rotating it needs no confirmation. */
function Secret({ secret, onChanged }: { secret: string; onChanged: () => void }): JSX.Element {
  const { api, say, testStage } = useAppContext();
  const [shown, setShown] = useState(testStage);
  const [asking, setAsking] = useState(false);
  const rotation = useAction();
  const rotate = (): void => {
    void rotation.run(async () => {
      await api.send("POST", `${PATH}/secret`);
      setAsking(false);
      say(texts.rotated);
      onChanged();
    });
  };
  return (
    <div class="field">
      <span class="label">{texts.secret}</span>
      <div class="secret">
        <code data-test-id="webhook-secret">{shown ? secret : en.masked}</code>
        {!testStage && (
          <button type="button" class="small" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {en.show}
          </button>
        )}
        <Copy text={secret} what={texts.secret} />
        <button
          type="button"
          class="small"
          data-test-id="regenerate-secret-button"
          aria-disabled={rotation.busy}
          onClick={() => (testStage ? rotate() : setAsking(true))}
        >
          {texts.rotate}
        </button>
      </div>
      <p class="note">{texts.rotateHint}</p>
      {rotation.error && !asking && <Problem error={rotation.error} />}
      {asking && (
        <Confirm
          title={texts.rotate}
          question={texts.rotateQuestion}
          action={rotation}
          onConfirm={rotate}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
