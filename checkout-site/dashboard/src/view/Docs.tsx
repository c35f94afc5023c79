/** The integration guide, with the reader's own key in it. */

import type { JSX } from "preact";
import { createOrder, sdk, webhook, type Reader, type Sample } from "../logic/samples";
import type { Credentials, WebhookConfig } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Card, Copy, Head } from "./parts";
import { Link } from "./router";
import { useLoad } from "./useLoad";

const texts = en.docs;

export function Docs(): JSX.Element {
  const { api, settings, testStage } = useAppContext();
  const loaded = useLoad<Reader>("reader", async (signal) => {
    const [credentials, hooks] = await Promise.all([
      api.get<Credentials>("/dashboard/credentials", {}, signal),
      api.get<WebhookConfig>("/webhooks/config", {}, signal),
    ]);
    return {
      apiUrl: settings.apiUrl,
      checkoutUrl: settings.checkoutUrl,
      apiKey: credentials.api_key ?? "YOUR_API_KEY",
      apiSecret: credentials.api_secret ?? "",
      // A page that is copied from and shown to colleagues is no place for a live secret.
      webhookSecret: testStage ? hooks.webhook_secret : "",
    };
  });
  return (
    <div data-test-id="api-docs">
      <Head title={en.pages.docs} />
      <p>{texts.intro}</p>
      <Await of={loaded} lines={8}>
        {(reader) => (
          <>
            <Section name="create-order" words={texts.createOrder} samples={createOrder(reader)} />
            <Section name="sdk-integration" words={texts.sdk} samples={sdk(reader)} />
            <Section name="webhook-verification" words={texts.webhook} samples={webhook(reader)} />
          </>
        )}
      </Await>
      <Card title={texts.tryTitle}>
        <p>{texts.tryText}</p>
        {testStage && (
          <dl class="details">
            {texts.instruments.map(([instrument, outcome]) => (
              <div key={instrument}>
                <dt>
                  <code>{instrument}</code>
                </dt>
                <dd>{outcome}</dd>
              </div>
            ))}
          </dl>
        )}
        <p>
          <Link to="/dashboard/webhooks">{texts.toWebhooks}</Link> ·{" "}
          <a href="/api-reference">{texts.toReference}</a>
        </p>
      </Card>
    </div>
  );
}

interface SectionProps {
  name: string;
  words: { title: string; text: readonly string[] };
  samples: readonly Sample[];
}

function Section({ name, words, samples }: SectionProps): JSX.Element {
  return (
    <Card title={words.title} data-test-id={`section-${name}`}>
      {words.text.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {samples.map(({ id, language, code }) => (
        <div key={id} class="code">
          <h3>{language}</h3>
          <Copy text={code} what={texts.sample(language)} />
          <pre tabIndex={0} role="region" aria-label={`${words.title}: ${language}`}>
            <code data-test-id={`code-snippet-${id}`}>{code}</code>
          </pre>
        </div>
      ))}
    </Card>
  );
}
