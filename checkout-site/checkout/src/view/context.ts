/** What every part of the page may ask for. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Flow } from "../logic/flow";
import type { Settings } from "../logic/settings";
import type { Texts } from "../texts/en";

export interface Surroundings {
  flow: Flow;
  settings: Settings;
  texts: Texts;
  locale: "en" | "hi";
  close: () => void;
  /** The amount as the shopper reads it; "" until the order is known. */
  amount: string;
}

export const Context = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const found = useContext(Context);
  if (!found) throw new Error("no surroundings");
  return found;
}
