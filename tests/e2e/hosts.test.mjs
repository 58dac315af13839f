// Styles, scripts and pictures from another host, which does its work, is dead, hangs, or lies.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { desk, noFaults, somebody } from './browser.mjs';
import { test } from './suite.mjs';

/** A host in front of the shop; `behave(request, response, passOn)` decides. */
async function hostThat(behave) {
  const asked = [];
  const host = { asked, shop: null };
  const server = createServer((request, response) => {
    asked.push(request.url);
    const passOn = async (change = (body) => body) => {
      const answer = await fetch(host.shop + request.url, { headers: { 'accept-encoding': 'identity' } });
      const kept = ['content-type', 'cache-control', 'access-control-allow-origin', 'cross-origin-resource-policy'];
      const headers = Object.fromEntries(kept.filter((name) => answer.headers.has(name)).map((name) => [name, answer.headers.get(name)]));
      response.writeHead(answer.status, headers).end(change(Buffer.from(await answer.arrayBuffer())));
    };
    behave(request, response, passOn);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  host.url = `http://127.0.0.1:${server.address().port}`;
  host.close = () => new Promise((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  return host;
}

/** A product's page as a shopper finds it: styled, its scripts at work, its picture there. Milliseconds until then. */
async function comesWhole(page, url, within_ms) {
  const begun = Date.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(() => {
    // A sheet whose host failed may be listed for a moment, and reading its rules throws: it does not style the page.
    const rules = (sheet) => {
      try {
        return sheet.cssRules.length;
      } catch {
        return 0;
      }
    };
    const styled = [...document.styleSheets].some((one) => rules(one) > 50);
    const scripted = document.querySelector('#search-field')?.getAttribute('role') === 'combobox';
    const picture = document.querySelector('img.picture');
    return styled && scripted && picture?.complete && picture.naturalWidth > 0;
  }, null, { timeout: within_ms });
  return Date.now() - begun;
}

async function tried({ open, use }, behave, within_ms) {
  const host = await hostThat(behave ?? (() => undefined));
  if (!behave) await host.close(); // Nobody listens there.
  try {
    const shop = await open([`pages.asset_host=${host.url}/shop`, `pages.image_host=${host.url}/shop`]);
    host.shop = shop.url;
    const { page, faults } = use(await somebody({ language: 'en', size: desk }));
    // What the host gives wrongly is refused by the browser and told on its console: that is what it is there for.
    const first = await comesWhole(page, `${shop.url}/p/demo-0061`, within_ms);
    const scripts = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
    const again = await comesWhole(page, `${shop.url}/p/demo-0042`, within_ms);
    noFaults(faults.filter((fault) => fault.startsWith('script:') || fault.startsWith('csp:')));
    return { first, again, host, shop, scripts };
  } finally {
    if (behave) await host.close();
  }
}

const withoutPrefix = (request) => request.url.replace(/^\/shop/, '');

test('styles, scripts and pictures come from their own host when one is named', async (t) => {
  const { host, shop, scripts } = await tried(t, (request, response, passOn) => {
    request.url = withoutPrefix(request);
    passOn();
  }, 15_000);
  assert.ok(host.asked.some((url) => /^\/shop\/assets\/shop\..*\.css$/.test(url)), host.asked.join());
  assert.ok(host.asked.some((url) => /^\/shop\/assets\/product\..*\.js$/.test(url)));
  assert.ok(host.asked.some((url) => /^\/shop\/images\/demo-0061\//.test(url)));
  assert.deepEqual(scripts.filter((url) => url.startsWith(`${shop.url}/assets/`) && !/hosts\.|favicon/.test(url)), []);
});

test('a page is whole without its asset and image host', async (t) => {
  const { first, again } = await tried(t, null, 15_000);
  t.tell(`whole after ${first} ms, the next page after ${again} ms`);
  assert.ok(first < 5_000 && again < 5_000);
});

test('a host that lies is not believed', async (t) => {
  const { host } = await tried(t, (request, response, passOn) => {
    request.url = withoutPrefix(request);
    if (request.url.startsWith('/images/')) response.writeHead(404).end('no such picture');
    else passOn((body) => Buffer.concat([body, Buffer.from('\n/* and more */')]));
  }, 15_000);
  assert.ok(host.asked.length >= 3);
});

test('a host that hangs costs a shopper one wait', async (t) => {
  const { first, again } = await tried(t, () => undefined, 20_000);
  t.tell(`whole after ${first} ms, the next page after ${again} ms`);
  assert.ok(first < 12_000, `${first} ms`);
  assert.ok(again < 3_000, `${again} ms`);
});
