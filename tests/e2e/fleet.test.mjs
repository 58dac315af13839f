// Shoppers before a whole topology: what is kept near them is everybody's, and what is theirs nobody else sees.
import assert from 'node:assert/strict';
import { noFaults, phone, somebody, withSession } from './browser.mjs';
import { address, hasReceipt, order, orderOf, pay, signUp, stateOf } from './steps.mjs';
import { until } from './shop.mjs';
import { testOnFleet } from './suite.mjs';

const sku = 'demo-0061';
const email = 'kim.seen.by.nobody@example.kr';

/** Gathers how the CDN came to each answer, and which pages somebody was on. */
function watch(context) {
  const seen = { answers: [], pages: new Set() };
  context.on('response', (response) => {
    const url = new URL(response.url());
    if (!url.protocol.startsWith('http')) return;
    seen.answers.push({ route: url.pathname, status: response.status(), cache: response.headers()['cache-status'] });
    if (response.request().isNavigationRequest() && response.request().method() === 'GET') seen.pages.add(url.pathname + url.search);
  });
  return seen;
}

/** What a page has of these words, in its source: also where it does not show. */
async function found(page, url, words) {
  const answer = await page.goto(url);
  const source = await answer.text();
  return words.filter((word) => source.includes(word)).map((word) => `${new URL(url).pathname} shows ${word} (${answer.headers()['cache-status']})`);
}

testOnFleet('a shopper finds, buys and pays through the CDN and the load balancer, and nobody else sees any of it', async ({ openFleet, use, tell }) => {
  const shop = await openFleet('4-fast.yaml', [sku]);
  const { page, context, faults } = use(await somebody({ language: 'ko', size: phone }));
  const kim = watch(context);
  await signUp(page, shop, email);
  await page.waitForURL(`${shop.url}/`);
  await page.fill('#search-field', '항아');
  await page.press('#search-field', 'Enter');
  await page.waitForURL('**/search?**');
  await page.locator('main a', { hasText: '달항아리' }).first().click();
  await page.waitForURL(`**/p/${sku}*`);
  await page.waitForFunction(() => document.querySelector('img.picture')?.naturalWidth > 0);
  await page.click('form.buy button');
  await page.waitForURL('**/basket');
  await page.click('a[href="/checkout"]');
  await order(page);
  await pay(page);
  await page.getByText('결제가 끝났습니다').waitFor();
  hasReceipt(await page.content());
  const id = orderOf(page);
  await until(async () => (await stateOf(shop, id)) === 'paid', 'the payment is known');
  await page.goto(`${shop.url}/orders`);
  const { number } = await shop.operate('GET', `/orders/${id}`);
  await page.getByText(number).first().waitFor();
  const me = await page.evaluate(async () => (await fetch('/api/v1/me')).json());
  assert.equal(me.email, email);
  noFaults(faults);
  // It went through the CDN: every answer says how it came about.
  assert.deepEqual(kim.answers.filter((answer) => !answer.cache?.startsWith('cdn; ')), []);
  assert.deepEqual(kim.answers.filter((answer) => answer.status >= 500), []);

  // Others go where she was, in her language and browser's words: what is hers is not there.
  const hers = [email, number, address.recipient, address.line1, me.csrf_token];
  assert.ok(hers.every((word) => word?.length > 2), JSON.stringify(hers));
  const secret = [...kim.pages].filter((route) => !route.startsWith('/verify'));
  assert.ok(secret.includes('/orders') && secret.includes(`/orders/${id}?said=thanks`), secret.join(' '));
  const [session] = await shop.sessions(1, 'lee');
  for (const other of [session, null]) {
    const { page: theirs, context: own, faults: wrong } = use(await somebody({ language: 'ko', size: phone }));
    const seen = watch(own);
    if (other) await withSession(own, shop, other);
    const leaks = [];
    for (const route of [...secret, '/basket', '/checkout', '/api/v1/me']) leaks.push(...await found(theirs, shop.url + route, hers));
    assert.deepEqual(leaks, []);
    noFaults(wrong);
    // The same pages of everybody do come from what is kept, or this would show nothing; an order just has them purged.
    const hits = () => seen.answers.filter((answer) => answer.cache === 'cdn; hit').map((answer) => answer.route);
    await until(async () => {
      await theirs.goto(`${shop.url}/p/${sku}`);
      await theirs.evaluate(async () => (await fetch(document.querySelector('img.picture').src, { cache: 'no-store' })).blob());
      return hits().includes(`/p/${sku}`) && hits().some((route) => route.startsWith(`/images/${sku}/`));
    }, 'a page and a picture come from the CDN');
    const mine = seen.answers.filter((answer) => /^\/(orders|basket|checkout|api\/v1\/me)/.test(answer.route));
    assert.deepEqual(mine.filter((answer) => answer.cache !== 'cdn; fwd=bypass'), []);
    tell(`${other ? 'somebody else' : 'nobody'}: ${hits().length} of ${seen.answers.length} answers came from the CDN`);
  }
  // And hers is still hers.
  await page.reload();
  await page.getByText(number).first().waitFor();
  await shop.audit();
});
