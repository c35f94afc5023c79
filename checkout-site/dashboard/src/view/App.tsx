/** Who is signed in, which page is shown, and where the focus goes when that changes. */

import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../../shared/request";
import type { Api } from "../logic/api";
import { HOME, loginPath, routeOf, type Route } from "../logic/route";
import type { Settings } from "../logic/settings";
import type { Session } from "../../../shared/resources";
import { en } from "../texts/en";
import { Account } from "./Account";
import { Audit } from "./Audit";
import { Balance } from "./Balance";
import { ChaosPage } from "./ChaosPage";
import { Context } from "./context";
import { Docs } from "./Docs";
import { Keys } from "./Keys";
import { Layout } from "./Layout";
import { Login } from "./Login";
import { Orders } from "./Orders";
import { Overview } from "./Overview";
import { Head, Loading, Problem } from "./parts";
import { PaymentPage } from "./PaymentPage";
import { People } from "./People";
import { Reconciliation } from "./Reconciliation";
import { Refunds } from "./Refunds";
import { useAddress } from "./router";
import { Transactions } from "./Transactions";
import { WebhookPage } from "./WebhookPage";
import { Webhooks } from "./Webhooks";

const NOTICE_MS = 6_000;

export function App({ api, settings }: { api: Api; settings: Settings }): JSX.Element {
  const [{ path, search }, navigate] = useAddress();
  const [session, setSession, failure] = useSession(api);
  const [notice, say] = useNotice();
  const route = routeOf(path);
  const known = session !== undefined;
  // A layout effect, here and for the focus below: after the paint somebody may already be typing.
  useLayoutEffect(() => {
    if (!known) return;
    if (!session && route.page !== "login") navigate(loginPath(path + search), { replace: true });
    if (session && route.page === "login" && !new URLSearchParams(search).has("return"))
      navigate(HOME, { replace: true });
  }, [known, session, path, search]);
  useArrival(route, known);
  const testStage = session ? session.stage === "test" : settings.testStage;
  const surroundings = { api, settings, testStage, path, search, navigate, say, setSession };
  return (
    <Context.Provider value={{ ...surroundings, session: session ?? null }}>
      {failure && <Problem error={failure} onRetry={() => location.reload()} />}
      {!known && !failure && <Loading />}
      {known && route.page === "login" && <Login />}
      {session && route.page !== "login" && (
        <Layout page={route.page}>
          <View key={path} route={route} />
        </Layout>
      )}
      <div class="toast" role="status">
        {notice}
      </div>
    </Context.Provider>
  );
}

function View({ route }: { route: Route }): JSX.Element {
  switch (route.page) {
    case "overview":
      return <Overview />;
    case "transactions":
      return <Transactions />;
    case "payment":
      return <PaymentPage id={route.id} />;
    case "orders":
      return <Orders />;
    case "refunds":
      return <Refunds />;
    case "balance":
      return <Balance />;
    case "webhooks":
      return <Webhooks />;
    case "webhook":
      return <WebhookPage id={route.id} />;
    case "keys":
      return <Keys />;
    case "reconciliation":
      return <Reconciliation />;
    case "audit":
      return <Audit />;
    case "people":
      return <People />;
    case "account":
      return <Account />;
    case "chaos":
      return <ChaosPage />;
    case "docs":
      return <Docs />;
    default:
      return (
        <>
          <Head title={en.pages.missing} />
          <p>{en.missing}</p>
        </>
      );
  }
}

/** The session: undefined while it is loading, null if nobody is signed in. */
function useSession(
  api: Api,
): [Session | null | undefined, (session: Session | null) => void, ApiError | null] {
  const [session, keep] = useState<Session | null | undefined>(undefined);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const setSession = useCallback((next: Session | null) => {
    api.csrfToken = next?.csrf_token ?? "";
    keep(next);
  }, []);
  useEffect(() => {
    api.onSignedOut = () => setSession(null);
    api.get<Session>("/dashboard/session").then(setSession, (problem: unknown) => {
      if (problem instanceof ApiError && problem.status === 401) setSession(null);
      else if (problem instanceof ApiError) setFailure(problem);
      else throw problem;
    });
  }, []);
  return [session, setSession, failure];
}

function useNotice(): [string, (text: string) => void] {
  const [notice, setNotice] = useState("");
  const timer = useRef(0);
  const say = useCallback((text: string) => {
    clearTimeout(timer.current);
    setNotice(text);
    timer.current = window.setTimeout(() => setNotice(""), NOTICE_MS);
  }, []);
  return [notice, say];
}

/** A new page sets its title, scrolls to the top, and focuses its heading, from which a screen reader continues. */
function useArrival(route: Route, known: boolean): void {
  const first = useRef(true);
  const place = "id" in route ? route.page + route.id : route.page;
  useLayoutEffect(() => {
    document.title = `${en.pages[route.page]} · AsyncPay`;
    if (!known) return;
    if (!first.current) {
      scrollTo(0, 0);
      document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [place, known]);
}
