// Every page: what axe-core finds, what the policy refuses, what it weighs, and how it looks.
import assert from 'node:assert/strict';
import { desk, grave, noFaults, phone, shoot, somebody, withSession } from './browser.mjs';
import { order, orderOf, pay, putInBasket } from './steps.mjs';
import { test } from './suite.mjs';

const sku = 'demo-0061';
/** What every page sends along. */
const headers = {
  'content-security-policy': /default-src 'none'(?!.*unsafe)/, 'x-content-type-options': /^nosniff$/,
  'referrer-policy': /./, 'permissions-policy': /./, 'cross-origin-opener-policy': /^same-origin$/,
};

test('every page of the shop is accessible, within its policy, and fits a phone', async ({ open, use }) => {
  const shop = await open();
  const running = await shop.planSale([['demo-0181', 20, 64000], ['demo-0121', 30, 15000]], { name: { ko: '오늘의 한정 세일', ja: '本日の限定セール', en: 'Today’s limited sale' } });
  const coming = await shop.planSale([[sku, 100, 39000]], { opens_in_ms: 2 * 3600_000 });
  const [buyer] = await shop.sessions(1, 'look');
  const { page, context, faults } = use(await somebody({ language: 'ko', size: phone }));
  await withSession(context, shop, buyer);
  await putInBasket(page, shop, 'demo-0001', 2);
  await page.goto(`${shop.url}/checkout`);
  await order(page);
  const unpaid = page.url();
  await pay(page);
  const done = `/orders/${orderOf(page)}?said=thanks`;
  await putInBasket(page, shop, 'demo-0042');
  await putInBasket(page, shop, 'demo-0001');
  await page.goto(`${shop.url}/checkout`);
  await order(page);
  const toPay = `/orders/${orderOf(page)}/pay`;
  assert.notEqual(unpaid, page.url());
  await putInBasket(page, shop, 'demo-0042');
  await page.goto(shop.url);
  const category = await page.locator('nav a[href^="/c/"]').first().getAttribute('href');

  /** name, address, whether one is signed in, and the status that it answers with */
  const pages = [
    ['home', '/', true, 200], ['category', category, true, 200], ['search', '/search?q=%ED%95%AD%EC%95%84', true, 200],
    ['search-empty', '/search?q=zzzzqqqq', true, 200], ['product', `/p/${sku}`, true, 200], ['product-plain', '/p/demo-0042', true, 200],
    ['sale', `/sales/${running}`, true, 200], ['sale-coming', `/sales/${coming}`, true, 200], ['line', `/line/${coming}?sku=${sku}`, true, 200],
    ['basket', '/basket', true, 200], ['checkout', '/checkout', true, 200], ['pay', toPay, true, 200], ['orders', '/orders', true, 200],
    ['order', done, true, 200], ['sign-up', '/sign-up', false, 200], ['sign-up-done', '/sign-up?said=mail', false, 200],
    ['log-in', '/log-in', false, 200], ['reset', '/reset', false, 200], ['basket-empty', '/basket', false, 200],
    ['not-found', '/no-such-page', false, 404], ['link-used', '/verify?token=wrong', false, 200],
  ];
  const looks = [
    { language: 'ko', size: phone, dark: false }, { language: 'ja', size: desk, dark: false }, { language: 'en', size: desk, dark: true },
    { language: 'en', size: phone, dark: true }, { language: 'ja', size: phone, dark: false },
  ];
  const found = [];
  for (const look of looks) {
    const label = `${look.language}-${look.size.width < 600 ? 'phone' : 'desk'}${look.dark ? '-dark' : ''}`;
    const there = use(await somebody({ ...look, faults }));
    await withSession(there.context, shop, buyer);
    const stranger = use(await somebody({ ...look, faults }));
    for (const [name, route, signedIn, status] of pages) {
      // The fourth look and the fifth are of the main pages only.
      if (looks.indexOf(look) >= 3 && !['home', 'product', 'sale', 'line', 'basket', 'pay', 'orders'].includes(name)) continue;
      const { page: tab } = signedIn ? there : stranger;
      const answer = await tab.goto(shop.url + route);
      assert.equal(answer.status(), status, route);
      for (const [header, wanted] of Object.entries(headers)) assert.match(answer.headers()[header] ?? '', wanted, `${header} of ${route}`);
      assert.equal(await tab.locator('html').getAttribute('lang'), look.language, route);
      if (name === 'line') await tab.locator('#leave:visible').waitFor();
      assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${label} ${name} fits the screen`);
      await shoot(tab, `${name}-${label}`, { whole: name !== 'line' });
      found.push(...(await grave(tab)).map((one) => `${label} ${one}`));
    }
  }
  assert.deepEqual(found, []);
  noFaults(faults);
});

test('the checks of pages find what is wrong', async ({ open, use }) => {
  const shop = await open();
  const { page, faults } = use(await somebody({ language: 'en' }));
  await page.goto(`${shop.url}/log-in`);
  assert.deepEqual(await grave(page), []);
  await page.evaluate(() => {
    document.querySelector('label[for=email]').remove();
    const script = document.createElement('script');
    script.textContent = '1';
    document.body.append(script);
  });
  assert.match((await grave(page)).join(), /label/);
  assert.match(faults.join(), /^csp: /);
});

/** What comes over the wire for one page: [bytes compressed, bytes of pictures, requests]. */
async function weigh(page, url) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const types = new Map();
  const sums = { all: 0, pictures: 0, requests: 0 };
  session.on('Network.responseReceived', (event) => types.set(event.requestId, event.response.mimeType));
  session.on('Network.loadingFinished', (event) => {
    sums.requests += 1;
    if (/^image\/(webp|png|jpeg)/.test(types.get(event.requestId) ?? '')) sums.pictures += event.encodedDataLength;
    else sums.all += event.encodedDataLength;
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  await session.detach();
  return sums;
}

test('a product page is below 60 kB without pictures and a line page below 15 kB with everything', async ({ open, use, tell }) => {
  const shop = await open();
  const sale = await shop.planSale([[sku, 100, 39000]], { opens_in_ms: 3600_000 });
  const { page, context } = use(await somebody({ language: 'ko', size: phone }));
  const product = await weigh(page, `${shop.url}/p/${sku}`);
  const [session] = await shop.sessions(1, 'weigh');
  await withSession(context, shop, session);
  await page.goto('about:blank');
  const line = await weigh(page, `${shop.url}/line/${sale}?sku=${sku}`);
  tell(`product page ${product.all} bytes in ${product.requests} requests, pictures ${product.pictures}; line page ${line.all + line.pictures} bytes in ${line.requests}`);
  assert.ok(product.all > 3_000 && product.all < 60_000, `product page: ${product.all} bytes`);
  assert.ok(line.all > 1_000 && line.all + line.pictures < 15_000, `line page: ${line.all + line.pictures} bytes`);
});
