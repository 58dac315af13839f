// What shoppers and files of goods bring is text, on every page and every screen of the console, in a real browser.
import assert from 'node:assert/strict';
import { desk, somebody, withSession } from './browser.mjs';
import { operate } from './steps.mjs';
import { test } from './suite.mjs';

const sku = 'x-hostile';
// Each carries an element that a page must never come to have, and a script that must never run.
const markup = (field) => `${field}"'><x-pwned></x-pwned><img src=x onerror=pwned="${field}">`;

/** What became of it on the page as it stands: nothing, or a description. */
const pwned = (page) => page.evaluate(() => {
  if (window.pwned) return `script of ${window.pwned} ran`;
  if (document.querySelector('x-pwned')) return `an element was made in ${document.querySelector('x-pwned').parentElement.tagName}`;
  return null;
});

async function post(url, body, headers) {
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

test('markup in every field of goods, sales, addresses and searches is text on every page and screen', async ({ open, use }) => {
  const shop = await open();
  const names = { ko: markup('name-ko'), ja: markup('name-ja'), en: markup('name-en') };
  const record = {
    sku, name: names, description: { ko: markup('about-ko'), en: markup('about-en') },
    category: [{ en: 'Home' }, { en: markup('category') }], price: { amount: 12000, currency: 'KRW' },
  };
  const taken = await fetch(`${shop.console}/admin/v1/products`, { method: 'POST', headers: { Authorization: `Bearer ${shop.token}` }, body: `${JSON.stringify(record)}\n` });
  assert.ok(taken.ok, await taken.text());
  await shop.operate('POST', '/stock', { sku, movement: 'receive', units: 5, reason: markup('reason') });
  const sale = await shop.planSale([[sku, 2, 12000]], { opens_in_ms: -1000, line: false, name: names });

  const [session] = await shop.sessions(1, 'markup');
  const order = await post(`${shop.url}/api/v1/orders`, {
    currency: 'KRW', sale, lines: [{ sku, quantity: 1, unit_price_minor: 12000 }],
    address: { recipient: markup('recipient'), line1: markup('line1'), city: markup('city'), postal_code: '04524', country: 'KR' },
  }, { Authorization: `Bearer ${session.token}`, 'Idempotency-Key': 'markup-1' });
  const word = encodeURIComponent(markup('query'));
  await fetch(`${shop.url}/api/v1/products?q=${word}`);

  // The policy would stop scripts that got through: here it is off, so that writing texts as text must do it alone.
  const { page, context } = use(await somebody({ language: 'en', bypassCSP: true }));
  await withSession(context, shop, session);
  const found = [];
  const look = async (url) => {
    await page.goto(url, { waitUntil: 'networkidle' });
    const what = await pwned(page);
    if (what) found.push(`${url}: ${what}`);
    return page.evaluate(() => document.documentElement.innerText.includes('<x-pwned>'));
  };
  const shown = [];
  for (const route of ['/', `/p/${sku}`, `/sales/${sale}`, `/search?q=${word}`, '/search?q=name', '/basket', '/orders', `/orders/${order.order}`, `/no/${word}`, `/log-in?next=/${word}`]) {
    if (await look(`${shop.url}${route}`)) shown.push(route);
  }
  for (const route of [`/p/${sku}`, `/sales/${sale}`, `/orders/${order.order}`]) assert.ok(shown.includes(route), `${route} shows the text as it was written; shown by ${shown}`);

  const { page: console_ } = use(await somebody({ language: 'en', size: desk, bypassCSP: true }));
  await operate(console_, shop);
  const screens = await console_.locator('#nav a[href^="#/"]:not(.brand)').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  const told = [];
  for (const screen of [...screens, `#/goods/${sku}`, `#/sales/${sale}`, `#/orders/${order.order}`]) {
    await console_.goto(`${shop.console}/${screen}`);
    await console_.locator('main h1').first().waitFor();
    await console_.waitForLoadState(screen === '#/board' ? 'load' : 'networkidle');
    const what = await pwned(console_);
    if (what) found.push(`${screen}: ${what}`);
    if (await console_.evaluate(() => document.body.innerText.includes('<x-pwned>'))) told.push(screen);
  }
  for (const screen of ['#/sales', `#/goods/${sku}`, `#/orders/${order.order}`]) assert.ok(told.includes(screen), `${screen} shows the text as it was written; shown by ${told}`);
  assert.deepEqual(found, []);

  // And the check itself sees what it looks for.
  await console_.evaluate((html) => { document.querySelector('main').innerHTML = html; }, markup('planted'));
  await console_.waitForFunction(() => window.pwned === 'planted');
  assert.match(await pwned(console_), /planted ran/);
});
