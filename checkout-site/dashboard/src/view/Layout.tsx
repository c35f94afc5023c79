/** The frame of every page behind the sign-in. */

import type { ComponentChildren, JSX } from "preact";
import { Mark } from "../../../checkout/src/view/icons";
import type { Session } from "../../../shared/resources";
import { HOME, type PageName } from "../logic/route";
import { en } from "../texts/en";
import { useAppContext } from "./context";
import { Problem } from "./parts";
import { Link } from "./router";
import { useAction } from "./useAction";

type Right = Session["user"]["rights"][number];

const NAVIGATION: readonly [PageName, string, readonly PageName[]][] = [
  ["overview", HOME, []],
  ["transactions", "/dashboard/transactions", ["payment"]],
  ["orders", "/dashboard/orders", []],
  ["refunds", "/dashboard/refunds", []],
  ["balance", "/dashboard/balance", []],
  ["reconciliation", "/dashboard/reconciliation", []],
  ["webhooks", "/dashboard/webhooks", ["webhook"]],
  ["keys", "/dashboard/keys", []],
  ["audit", "/dashboard/audit", []],
  ["people", "/dashboard/people", []],
  ["account", "/dashboard/account", []],
  ["docs", "/dashboard/docs", []],
];
// Pages that need a right which not every role has: any of these is enough.
const NEEDS: Partial<Record<PageName, readonly Right[]>> = {
  keys: ["keys", "audit"],
  audit: ["audit"],
  people: ["people"],
};
// There is none in other stages.
const IN_TEST_STAGES: (typeof NAVIGATION)[number] = ["chaos", "/dashboard/chaos", []];

export function Layout({ page, children }: { page: PageName; children: ComponentChildren }): JSX.Element {
  const { api, session, testStage, setSession, navigate } = useAppContext();
  const signOut = useAction();
  const isOpen = (name: PageName): boolean =>
    NEEDS[name]?.some((right) => session?.user.rights.includes(right)) ?? true;
  const leave = (): void => {
    void signOut.run(async () => {
      await api.send("DELETE", "/dashboard/session");
      navigate("/login", { replace: true });
      setSession(null);
    });
  };
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>
        {en.skip}
      </a>
      <header>
        {testStage && (
          <p class="banner" data-test-id="test-banner">
            {en.banner}
          </p>
        )}
        <div class="top">
          <span class="brand">
            <Mark /> AsyncPay
          </span>
          <nav aria-label={en.navigation}>
            <ul>
              {[...NAVIGATION.filter(([name]) => isOpen(name)), ...(testStage ? [IN_TEST_STAGES] : [])].map(
                ([name, path, below]) => (
                  <li key={name}>
                    <Link to={path} aria-current={name === page || below.includes(page) ? "page" : undefined}>
                      {en.pages[name]}
                    </Link>
                  </li>
                ),
              )}
            </ul>
          </nav>
          <div class="who">
            <span data-test-id="merchant-name">{session?.merchant.name}</span>
            <button type="button" class="small" data-test-id="logout-button" onClick={leave}>
              {en.signOut}
            </button>
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {signOut.error && <Problem error={signOut.error} />}
        {children}
      </main>
    </>
  );
}

/** The address keeps its path: a fragment would be a page of its own in the history. */
function toMain(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
