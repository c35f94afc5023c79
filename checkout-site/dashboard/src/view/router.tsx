/** The address as state: links and Back change it without reloading the page. */

import type { ComponentChildren, JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { useAppContext } from "./context";

export interface Address {
  path: string;
  search: string;
}

const here = (): Address => ({ path: location.pathname, search: location.search });

/** How many of our own pages precede this one in the history: if any, Back stays in the dashboard. */
export const depth = (): number => (history.state as { depth?: number } | null)?.depth ?? 0;

export function useAddress(): [Address, (to: string, options?: { replace?: boolean }) => void] {
  const [address, setAddress] = useState(here);
  useEffect(() => {
    const follow = (): void => setAddress(here());
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  const navigate = useCallback((to: string, { replace = false } = {}) => {
    if (to === location.pathname + location.search) return; // pressed twice: Back must still lead away
    if (replace) history.replaceState({ depth: depth() }, "", to);
    else history.pushState({ depth: depth() + 1 }, "", to);
    setAddress(here());
  }, []);
  return [address, navigate];
}

interface LinkProps {
  to: string;
  children: ComponentChildren;
  class?: string;
  "aria-current"?: "page" | undefined;
  "aria-label"?: string;
}

/** A real link, which can be opened in a new tab; an ordinary click navigates without a reload. */
export function Link({ to, children, ...rest }: LinkProps): JSX.Element {
  const { navigate } = useAppContext();
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
