// Every page of the shop in three languages, on a phone and a desk, light and dark, and every screen of the console: for
// people who look. Tests check what can be checked; whether a page is good to look at, somebody has to see.
//   MARKETDAY=build/release/marketday node tests/e2e/look.mjs [FOLDER]      (build/look)
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { closeBrowser, desk, phone, showAll, somebody, withSession } from './browser.mjs';
import { openShop, program, root } from './shop.mjs';
import { operate, order, orderOf, pay, putInBasket } from './steps.mjs';
import { spawn } from 'node:child_process';

const folder = path.resolve(process.argv[2] ?? path.join(root, 'build/look'));
await mkdir(folder, { recursive: true });
const only = process.env.LOOK;

const looks = ['ko', 'ja', 'en'].flatMap((language) => [phone, desk].flatMap((size) => [false, true].map((dark) => ({ language, size, dark }))));
const label = ({ language, size, dark }) => `${language}-${size === phone ? 'phone' : 'desk'}-${dark ? 'dark' : 'light'}`;

async function shot(page, name, whole = true) {
  if (whole) await showAll(page);
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: whole });
}

const ended = (child) => new Promise((done) => child.once('exit', done));

/** A shop in the middle of a day: a sale that sold out, one that runs, one to come; orders in every state. */
async function livelyShop() {
  const shop = await openShop(['trace.slow_ms=20']);
  const over = await shop.planSale([['demo-0062', 20, 22000]], { name: { ko: '청자 찻잔 세일', ja: '青磁の湯のみセール', en: 'Celadon cup sale' } });
  await ended(spawn(program, ['crowd', shop.url, '--data', shop.data, '--sale', over, '--shoppers', '120', '--arrive', '4s', '--json', '--quiet'], { stdio: 'ignore' }));
  await shop.operate('POST', `/sales/${over}/state`, { state: 'closed' });
  const running = await shop.planSale([['demo-0181', 20, 64000], ['demo-0121', 30, 15000]], { name: { ko: '오늘의 한정 세일', ja: '本日の限定セール', en: 'Today’s limited sale' } });
  const coming = await shop.planSale([['demo-0061', 100, 39000]], { opens_in_ms: 2 * 3600_000 });
  return { shop, over, running, coming };
}

async function lookAtShop({ shop, over, running, coming }) {
  const [buyer] = await shop.sessions(1, 'look');
  const { page, context } = await somebody({ language: 'ko', size: phone });
  await withSession(context, shop, buyer);
  const buy = async (...skus) => {
    for (const sku of skus) await putInBasket(page, shop, sku);
    await page.goto(`${shop.url}/checkout`);
    await order(page);
    return orderOf(page);
  };
  const paid = await buy('demo-0001', 'demo-0033');
  await pay(page);
  const shipped = await buy('demo-0007');
  await pay(page);
  await shop.operate('POST', `/orders/${shipped}/prepare`, {});
  await shop.operate('POST', `/orders/${shipped}/ship`, { tracking: '6081-2231-4477' });
  const declined = await buy('demo-0042');
  await pay(page, 'tok_decline');
  const silent = await buy('demo-0091');
  await pay(page, 'tok_silent');
  const unpaid = await buy('demo-0150', 'demo-0011');
  await putInBasket(page, shop, 'demo-0042', 2);
  await putInBasket(page, shop, 'demo-0102');
  await page.goto(shop.url);
  const category = await page.locator('nav a[href^="/c/"]').nth(1).getAttribute('href');
  await context.close();
  const pages = [
    ['home', '/', true], ['category', category, true], ['search', '/search?q=%EC%BB%B5', true], ['search-typo', '/search?q=%ED%95%AD%EC%95%8C%EC%9D%B4', true],
    ['search-empty', '/search?q=zzzzqqqq', true], ['product', '/p/demo-0042', true], ['product-in-sale', '/p/demo-0061', true],
    ['sale', `/sales/${running}`, true], ['sale-coming', `/sales/${coming}`, true], ['sale-over', `/sales/${over}`, true], ['line', `/line/${coming}?sku=demo-0061`, true],
    ['line-sign-in', `/line/${coming}?sku=demo-0061`, false], ['line-closed', `/line/${over}`, true],
    ['basket', '/basket', true], ['checkout', '/checkout', true], ['pay', `/orders/${unpaid}/pay`, true], ['pay-declined', `/orders/${declined}/pay`, true],
    ['pay-silent', `/orders/${silent}/pay`, true], ['orders', '/orders', true], ['order-thanks', `/orders/${paid}?said=thanks`, true],
    ['order-shipped', `/orders/${shipped}`, true], ['order-unpaid', `/orders/${unpaid}`, true],
    ['sign-up', '/sign-up', false], ['sign-up-done', '/sign-up?said=mail', false], ['log-in', '/log-in', false], ['reset', '/reset', false], ['log-out', '/log-out', true],
    ['basket-empty', '/basket', false], ['not-found', '/no-such-page', false], ['link-used', '/verify?token=wrong', false],
  ];
  for (const look of looks) {
    const there = await somebody(look);
    await withSession(there.context, shop, buyer);
    const stranger = await somebody(look);
    for (const [name, route, signedIn] of pages) {
      if (only && !name.includes(only)) continue;
      const tab = (signedIn ? there : stranger).page;
      await tab.goto(shop.url + route);
      if (name.startsWith('line')) await tab.waitForTimeout(700);
      await shot(tab, `${name}.${label(look)}`, !name.startsWith('line'));
    }
    await there.context.close();
    await stranger.context.close();
  }
  return { paid, shipped };
}

async function lookAtConsole({ shop, over, running }, { paid }) {
  for (const [size, dark] of [[desk, false], [desk, true], [phone, false], [phone, true]]) {
    const { page, context } = await somebody({ language: 'en', size, dark });
    const of = `${size === phone ? 'phone' : 'desk'}-${dark ? 'dark' : 'light'}`;
    await page.goto(shop.console);
    await page.getByLabel('Password').waitFor();
    await shot(page, `console-sign-in.${of}`);
    await operate(page, shop);
    const screens = await page.locator('#nav a[href^="#/"]:not(.brand)').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    for (const screen of [...screens, '#/sales/new', `#/sales/${running}`, `#/sales/${over}`, '#/goods/demo-0061', `#/orders/${paid}`]) {
      const name = screen.replace(/^#\//, '').replace(running, 'running').replace(over, 'over').replace(paid, 'one').replaceAll('/', '-');
      if (only && !`console-${name}`.includes(only)) continue;
      await page.goto(`${shop.console}/${screen}`);
      await page.locator('main h1').first().waitFor();
      await page.waitForTimeout(1500);
      // The main part scrolls within the window: as tall as all of it.
      const tall = await page.evaluate(() => Math.min(3000, document.getElementById('main').scrollHeight + 60));
      await page.setViewportSize({ width: size.width, height: Math.max(size.height, tall) });
      await page.waitForTimeout(300);
      await shot(page, `console-${name}.${of}`, false);
      await page.setViewportSize(size);
    }
    await context.close();
  }
}

const lively = await livelyShop();
try {
  const orders = await lookAtShop(lively);
  await lookAtConsole(lively, orders);
  console.log(folder);
} finally {
  await closeBrowser();
  await lively.shop.stop();
}
