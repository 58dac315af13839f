// Operators, and the board while a crowd is there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { desk, grave, noFaults, phone, shoot, somebody } from './browser.mjs';
import { operate } from './steps.mjs';
import { program } from './shop.mjs';
import { test } from './suite.mjs';

test('every screen of the console is accessible and within its policy', async ({ open, use }) => {
  const shop = await open();
  await shop.planSale([['demo-0061', 100, 39000]], { opens_in_ms: 3600_000 });
  const faults = [];
  const found = [];
  for (const look of [{ size: desk, dark: false }, { size: phone, dark: true }]) {
    const label = look.size === desk ? 'desk' : 'phone-dark';
    const { page } = use(await somebody({ language: 'en', ...look, faults }));
    const answer = await page.goto(shop.console);
    assert.match(answer.headers()['content-security-policy'], /default-src 'none'/);
    await page.getByLabel('Password').waitFor();
    await shoot(page, `console-sign-in-${label}`, { whole: false });
    found.push(...(await grave(page)).map((one) => `${label} sign-in ${one}`));
    await operate(page, shop);
    const screens = await page.locator('#nav a[href^="#/"]:not(.brand)').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    assert.ok(screens.length >= 12, screens.join());
    for (const screen of [...screens, '#/sales/new', '#/goods/demo-0061']) {
      await page.goto(`${shop.console}/${screen}`);
      await page.locator('main h1').first().waitFor();
      await page.waitForLoadState(screen === '#/board' ? 'load' : 'networkidle');
      const name = screen.replace(/^#\//, '').replaceAll('/', '-');
      await shoot(page, `console-${name}-${label}`, { whole: false });
      found.push(...(await grave(page)).map((one) => `${label} ${name} ${one}`));
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${label} ${name} fits the screen`);
    }
  }
  assert.deepEqual(found, []);
  noFaults(faults);
});

test('a table is sorted, filtered, linked to and exported, and an order leads to the request that placed it', async ({ open, use }) => {
  const shop = await open();
  const { page, context, faults } = use(await somebody({ language: 'en' }));
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(shop.console).origin });
  await operate(page, shop);
  await page.goto(`${shop.console}/#/goods`);
  await page.getByText('100+ rows').waitFor();
  await page.getByRole('button', { name: 'Price' }).click();
  await page.getByRole('button', { name: 'Price' }).click();
  await page.getByRole('searchbox', { name: 'Filter these rows' }).fill('stationery');
  const first = page.locator('tbody tr').first();
  const dearest = await first.innerText();
  await page.getByRole('button', { name: 'Copy link' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const colleague = await context.newPage();
  await colleague.goto(link);
  await colleague.locator('tbody tr').first().waitFor();
  assert.equal(await colleague.locator('tbody tr').first().innerText(), dearest);
  await colleague.close();
  // All pages of the list, not only the rows that were loaded.
  await page.getByRole('searchbox', { name: 'Filter these rows' }).fill('');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
  const rows = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  assert.equal(rows.length, 201);
  const prices = rows.slice(1).map((row) => Number(/,(\d+),(?:\d*),(?:\d+),[a-z]*,[^,]*$/.exec(row)?.[1]));
  assert.deepEqual(prices, [...prices].sort((a, b) => b - a));

  const [buyer] = await shop.sessions(1, 'traced');
  const answer = await fetch(`${shop.url}/api/v1/orders`, {
    method: 'POST', headers: { Authorization: `Bearer ${buyer.token}`, 'Idempotency-Key': 'traced-1', 'Content-Type': 'application/json' },
    body: JSON.stringify({ currency: 'KRW', address: { recipient: 'Kim', line1: '1 Road', city: 'Seoul', postal_code: '04524', country: 'KR' }, lines: [{ sku: 'demo-0001', quantity: 1, unit_price_minor: 12000 }] }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  await page.goto(`${shop.console}/#/orders/${(await answer.json()).order}`);
  await page.getByRole('link', { name: /^[0-9a-f]{12}…$/ }).click();
  await page.getByText('POST /api/v1/orders').waitFor();
  await page.locator('.spans').getByText('lane', { exact: false }).first().waitFor();

  // A change is asked for, tried, made, and stands in the log both times.
  await page.goto(`${shop.console}/#/goods/demo-0001`);
  const price = page.getByRole('textbox', { name: 'Price (KRW)' });
  await price.fill('12500');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByText('This would happen:').waitFor();
  assert.equal((await shop.operate('GET', '/products/demo-0001')).price.amount_minor, 12000);
  await page.getByRole('dialog').getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Saved.').waitFor();
  assert.equal((await shop.operate('GET', '/products/demo-0001')).price.amount_minor, 12500);
  await page.goto(`${shop.console}/#/done`);
  await page.getByText('edit product').nth(1).waitFor();
  assert.equal(await page.locator('tr', { hasText: 'edit product' }).filter({ hasText: 'dry run' }).count(), 1);
  noFaults(faults);
});

test('the board answers within 100 ms while a crowd of 5,000 is there', async ({ open, use, tell }) => {
  const shop = await open(['line.joins_per_address=1000000']);
  await shop.operate('POST', '/stock', { sku: 'demo-0061', movement: 'receive', units: 1000, reason: 'sale' });
  const sale = await shop.planSale([['demo-0061', 500, 39000]], { opens_in_ms: 8_000 });
  const { page, faults } = use(await somebody({ language: 'en' }));
  await operate(page, shop);
  const crowd = spawn(program, ['crowd', shop.url, '--data', shop.data, '--sale', sale, '--shoppers', '5000', '--arrive', '10s', '--json', '--quiet'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  crowd.stdout.on('data', (text) => (said += text));
  crowd.stderr.on('data', (text) => (said += text));
  let over = false;
  const ended = new Promise((done) => crowd.once('exit', (code) => { over = true; done(code); }));
  const taken = [];
  let asked = 0;
  const longest = setTimeout(() => crowd.kill('SIGTERM'), 90_000);
  try {
    while (!over) {
      // From the page itself, as the board asks.
      taken.push(...(await page.evaluate(async () => {
        const times = [];
        for (const route of ['/admin/v1/board', '/admin/v1/sales', '/admin/v1/me']) {
          const begun = performance.now();
          const answer = await fetch(route, { cache: 'no-store' });
          await answer.arrayBuffer();
          if (!answer.ok) throw new Error(`${route}: ${answer.status}`);
          times.push(performance.now() - begun);
        }
        return times;
      })));
      await page.waitForTimeout(250);
      if (++asked === 60) await shoot(page, 'console-board-crowd-desk', { whole: false });
    }
  } finally {
    clearTimeout(longest);
    if (!over) crowd.kill('SIGKILL');
  }
  assert.equal(await ended, 0, said.slice(-2000));
  await shoot(page, 'console-board-after-crowd-desk');
  taken.sort((a, b) => a - b);
  const at = (share) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))];
  tell(`the board's requests (${taken.length}): median ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms, worst ${at(1).toFixed(1)} ms`);
  assert.ok(at(0.5) < 100, `median ${at(0.5)} ms`);
  await page.getByText('Moon jar limited sale').first().waitFor();
  await shop.audit();
  noFaults(faults);
});
