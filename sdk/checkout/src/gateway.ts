import { load } from "./load.js";
import { MODAL_ID } from "./modal.js";
import { checkOptions, type CheckoutOptions } from "./options.js";
import { Session, tell } from "./session.js";

declare const __VERSION__: string;
// How one copy of this script asks the modal of another copy (or of another instance) to go.
const REPLACED = "payment-gateway-replaced";

/** The checkout of one order: `open()` shows it over the shop's page, `close()` takes it away. */
export class PaymentGateway {
  static readonly version: string = __VERSION__;
  static readonly load: typeof load = load;
  private readonly options: CheckoutOptions;
  private session: Session | undefined;

  constructor(options: CheckoutOptions) {
    this.options = checkOptions(options);
  }

  /** Opens the checkout; does nothing while it is open. Another checkout that is open makes room. */
  open(): void {
    if (this.session?.modal.dialog.isConnected) return;
    // A framework may have thrown our elements away without asking.
    this.close();
    document.getElementById(MODAL_ID)?.dispatchEvent(new Event(REPLACED));
    const session = new Session(this.options, () => {
      if (this.session === session) this.close();
    });
    this.session = session;
    session.modal.dialog.addEventListener(REPLACED, () => this.close());
  }

  /** Closes the checkout and puts the page back as it was. A payment under way goes on without it. */
  close(): void {
    const session = this.session;
    if (!session) return;
    this.session = undefined;
    session.end();
    tell(this.options.onClose as ((nothing: undefined) => void) | undefined, undefined);
  }
}
