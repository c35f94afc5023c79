/** What every view is handed: the API, who is signed in, where we are, and how to say something aloud. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../logic/api";
import type { Settings } from "../logic/settings";
import type { Session } from "../../../shared/resources";

export interface Surroundings {
  api: Api;
  settings: Settings;
  session: Session | null;
  /** Test stages show secrets that may be known to anybody. */
  testStage: boolean;
  /** Path and query of the address. */
  path: string;
  search: string;
  navigate: (to: string, options?: { replace?: boolean }) => void;
  setSession: (session: Session | null) => void;
  /** Shows a short notice, which screen readers read. */
  say: (text: string) => void;
}

export const Context = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const found = useContext(Context);
  if (!found) throw new Error("outside of the application");
  return found;
}
