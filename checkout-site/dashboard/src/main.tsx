/** Starts the dashboard. */

import { render } from "preact";
import { Api } from "./logic/api";
import { readSettings } from "./logic/settings";
import { App } from "./view/App";

const root = document.getElementById("root");
if (root) render(<App api={new Api()} settings={readSettings()} />, root);
