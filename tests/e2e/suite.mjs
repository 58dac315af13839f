// node:test, with a count at the end that tools/run_tests.py reads from the file named by E2E_REPORT.
import { after, test as nodeTest } from 'node:test';
import { writeFileSync } from 'node:fs';
import { closeBrowser } from './browser.mjs';
import { cannotStand, openFleet as stand } from './fleet.mjs';
import { openShop } from './shop.mjs';

const results = [];
const only = process.env.E2E_ONLY;

/** One test; its name is a sentence. It gets `open(settings)`, which starts a shop that ends with the test. */
export function test(name, body) {
  if (only && !name.includes(only)) return;
  nodeTest(name, { timeout: 300_000 }, async (t) => {
    const begun = Date.now();
    const endings = [];
    const open = async (settings) => {
      const shop = await openShop(settings);
      endings.push(() => shop.stop());
      return shop;
    };
    const openFleet = (name, pictured) => stand(name, pictured, endings);
    const use = (someone) => {
      endings.push(() => someone.context.close());
      return someone;
    };
    let failure = null;
    try {
      await body({ open, openFleet, use, tell: (text) => t.diagnostic(text) });
    } catch (error) {
      failure = error;
    }
    for (const end of endings.reverse()) await end().catch((error) => (failure ??= error));
    results.push({ name, passed: !failure, seconds: (Date.now() - begun) / 1000 });
    if (failure) throw failure;
  });
}

/** The same with a whole topology, `openFleet(file, pictured)`; skipped where none can stand. */
export function testOnFleet(name, body) {
  const skip = cannotStand();
  if (skip) nodeTest(name, { skip }, () => undefined);
  else test(name, body);
}

after(async () => {
  await closeBrowser();
  if (process.env.E2E_REPORT) writeFileSync(process.env.E2E_REPORT, JSON.stringify(results));
});
