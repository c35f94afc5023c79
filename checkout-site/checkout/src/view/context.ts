/** What every component of the page can use. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Flow } from "../logic/flow";
import type { Place } from "../logic/place";
import type { Settings } from "../logic/settings";
import type { Texts } from "../texts/en";

export interface AppContext {
  flow: Flow;
  settings: Settings;
  place: Place;
  texts: Texts;
  locale: "en" | "hi";
  close: () => void;
  /** The amount as the shopper reads it; "" until the order is known. */
  amount: string;
}

export const Context = createContext<AppContext | null>(null);

export function useAppContext(): AppContext {
  const found = useContext(Context);
  if (!found) throw new Error("useAppContext() outside its provider");
  return found;
}
