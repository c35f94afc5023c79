/** Shops that the tests of one file visit, all in one browser. */
import { after, before } from "node:test";
import { launch, newPage } from "./browser.mjs";
import { startShop } from "./shop.mjs";

/** Begins and ends them with the file: `blank` is a page of that browser, `visit` one of a shop that starts for it. */
export function visits() {
  let browser;
  const shops = [];
  before(async () => {
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    for (const shop of shops) await shop.stop();
  });
  const blank = (options) => newPage(browser, options);

  async function visit(options, { path = "", ...pageOptions } = {}) {
    const shop = await startShop(options);
    shops.push(shop);
    const page = await blank(pageOptions);
    await page.goto(shop.url + path);
    return page;
  }
  return { visit, blank };
}
