/** The merchant's newest key. Outside test stages its secret was shown once, when the key was created. */

import type { JSX } from "preact";
import type { Credentials as Read } from "../../../shared/resources";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Await, Card, Copy } from "./parts";
import { Link } from "./router";
import { useLoad } from "./useLoad";

const texts = en.credentials;

export function Credentials(): JSX.Element {
  const { api } = useAppContext();
  const loaded = useLoad("credentials", (signal) => api.get<Read>("/dashboard/credentials", {}, signal));
  return (
    <Card title={texts.title} data-test-id="api-credentials">
      <Await of={loaded} lines={1}>
        {({ api_key: key, api_secret: secret }) => (
          <dl class="details">
            <div>
              <dt>{texts.key}</dt>
              <dd>
                <code data-test-id="api-key">{key ?? texts.noKey}</code>{" "}
                {key && <Copy text={key} what={texts.key} />}
              </dd>
            </div>
            <div>
              <dt>{texts.secret}</dt>
              <dd>
                <code data-test-id="api-secret">{secret ?? en.masked}</code>{" "}
                {secret ? (
                  <Copy text={secret} what={texts.secret} />
                ) : (
                  <Link to="/dashboard/keys">{texts.rotate}</Link>
                )}
              </dd>
            </div>
          </dl>
        )}
      </Await>
    </Card>
  );
}
