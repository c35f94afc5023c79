import { guardPage } from "./guard.js";
import { load } from "./load.js";
import { MODAL_ID } from "./modal.js";
import { checkOptions, type CheckoutOptions } from "./options.js";
import { ofDocument } from "./page.js";
import { Session, tell } from "./session.js";

declare const __VERSION__: string;
// Tells the modal of another instance, perhaps of another copy of this script, to close.
const REPLACED = "payment-gateway-replaced";

/** The checkout of one order: `open()` shows it over the shop's page, `close()` removes it. */
export class PaymentGateway {
  static readonly version: string = __VERSION__;
  static readonly load: typeof load = load;
  private readonly options: CheckoutOptions;
  private session: Session | undefined;

  constructor(options: CheckoutOptions) {
    this.options = checkOptions(options);
    guardPage();
  }

  /** Opens the checkout; does nothing while it is open. Another checkout that is open is closed. */
  open(): void {
    if (this.session?.modal.dialog.isConnected) return;
    // A framework may just have removed our elements.
    this.close();
    for (const other of ofDocument("querySelectorAll")(`dialog#${MODAL_ID}`)) {
      other.dispatchEvent(new Event(REPLACED));
      other.remove();
    }
    const session = new Session(this.options, () => {
      if (this.session === session) this.close();
    });
    this.session = session;
    session.modal.dialog.addEventListener(REPLACED, () => this.close());
  }

  /** Closes the checkout and leaves the page as it was. A payment that has been sent is not cancelled. */
  close(): void {
    const session = this.session;
    if (!session) return;
    this.session = undefined;
    session.end();
    tell(this.options.onClose as ((nothing: undefined) => void) | undefined, undefined);
  }
}
