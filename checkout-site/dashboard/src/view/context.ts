/** What every view can use: the API, the session, the address, and notices. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../logic/api";
import type { Settings } from "../logic/settings";
import type { Session } from "../../../shared/resources";

export interface AppContext {
  api: Api;
  settings: Settings;
  session: Session | null;
  /** Test stages show their secrets, which protect nothing. */
  testStage: boolean;
  /** Path and query of the address. */
  path: string;
  search: string;
  navigate: (to: string, options?: { replace?: boolean }) => void;
  setSession: (session: Session | null) => void;
  /** Shows a short notice and has screen readers announce it. */
  say: (text: string) => void;
}

export const Context = createContext<AppContext | null>(null);

export function useAppContext(): AppContext {
  const found = useContext(Context);
  if (!found) throw new Error("useAppContext() outside its provider");
  return found;
}
