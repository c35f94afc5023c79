import type { JSX } from "preact";
import { useAppContext } from "./context";
import { LockIcon } from "./icons";

export function PayButton(): JSX.Element {
  const { texts, amount } = useAppContext();
  return (
    <button type="submit" class="primary" data-test-id="pay-button">
      <LockIcon /> {texts.pay(amount)}
    </button>
  );
}
