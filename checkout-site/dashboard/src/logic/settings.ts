/** The settings that the page's server puts into its meta elements. */

import { meta } from "../../../shared/meta";

export interface Settings {
  /** The API and the checkout, as the reader's own programs and pages reach them. */
  apiUrl: string;
  checkoutUrl: string;
  testStage: boolean;
}

export function readSettings(): Settings {
  return {
    apiUrl: meta("api") || location.origin,
    checkoutUrl: meta("checkout") || location.origin,
    testStage: meta("stage") === "test",
  };
}
