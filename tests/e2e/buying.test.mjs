// Shoppers, from the first page to the last.
import assert from 'node:assert/strict';
import { noFaults, phone, shoot, somebody, withSession } from './browser.mjs';
import { address, admitted, hasReceipt, logIn, operate, order, orderOf, pay, putInBasket, signUp, stateOf } from './steps.mjs';
import { pause, until } from './shop.mjs';
import { test } from './suite.mjs';

test('a shopper signs up in Korean, stands in line, buys and pays while the operator watches, refunds and audits', async ({ open, use }) => {
  const shop = await open();
  const { page: board, faults: boardFaults } = use(await somebody({ language: 'en' }));
  await operate(board, shop);

  const { page, faults } = use(await somebody({ language: 'ko', size: phone }));
  await signUp(page, shop, 'kim@example.kr');
  assert.equal(await page.locator('html').getAttribute('lang'), 'ko');
  await page.waitForURL(`${shop.url}/`);

  // Two syllables find what has them.
  await page.fill('#search-field', '항아');
  await page.press('#search-field', 'Enter');
  await page.waitForURL('**/search?**');
  await page.locator('main a', { hasText: '달항아리' }).first().click();
  await page.waitForURL('**/p/*');
  await page.getByRole('heading', { level: 1, name: /달항아리/ }).waitFor();

  const sku = 'demo-0061';
  const sale = await shop.planSale([[sku, 5, 39000]], { opens_in_ms: 12_000 });
  await page.goto(`${shop.url}/sales/${sale}`);
  await shoot(page, 'sale-soon-ko-phone');
  await page.getByRole('button', { name: '줄 서기' }).click();
  await page.waitForURL('**/line/**');
  await page.getByRole('heading', { name: '줄을 섰습니다' }).waitFor();
  await shoot(page, 'line-before-ko-phone', { whole: false });
  await board.getByRole('link', { name: 'Moon jar limited sale' }).waitFor();

  await admitted(page);
  await page.getByRole('heading', { name: '주문하기' }).waitFor();
  await order(page);
  await pay(page);
  await page.getByText('결제가 끝났습니다').waitFor();
  hasReceipt(await page.content());
  const id = orderOf(page);
  assert.equal(await stateOf(shop, id), 'paid');

  // The board tells of it by itself.
  await board.getByRole('region', { name: 'Shoppers' }).waitFor();
  const cells = board.locator('.sale-now tbody tr td');
  await until(async () => (await cells.allInnerTexts()).slice(0, 4).join(' ').trim() === `${sku} 1 0 4`, 'the board shows the sold unit');
  await shoot(board, 'console-board-sale-desk', { whole: false });

  const number = (await shop.operate('GET', `/orders/${id}`)).number;
  await board.goto(`${shop.console}/#/orders`);
  await board.getByRole('link', { name: number }).click();
  await board.getByRole('heading', { name: new RegExp(number) }).waitFor();
  await shoot(board, 'console-order-desk');
  await board.getByRole('button', { name: 'Refund' }).click();
  await board.getByRole('dialog').getByRole('button', { name: 'Refund' }).click();
  await until(async () => (await stateOf(shop, id)) === 'refunded', 'the refund is carried out');
  await page.reload();
  await page.getByText('환불됨').first().waitFor();

  await board.goto(`${shop.console}/#/audit`);
  await board.getByRole('button', { name: 'Audit now' }).click();
  await board.getByText('Everything holds.').waitFor();
  await shoot(board, 'console-audit-desk');
  await shop.audit();
  noFaults([...faults, ...boardFaults]);
});

for (const [language, words] of Object.entries({
  ja: { find: '月壺', add: 'カートに入れる', thanks: 'お支払いが完了しました', price: /\d円|¥|￥|₩|ウォン/ },
  en: { find: 'moon jar', add: 'Add to basket', thanks: 'Your payment has arrived', price: /₩/ },
})) {
  test(`a shopper on a phone searches, buys and pays in ${language === 'ja' ? 'Japanese' : 'English'}`, async ({ open, use }) => {
    const shop = await open();
    const { page, faults } = use(await somebody({ language, size: phone }));
    await signUp(page, shop, `${language}@example.com`);
    assert.equal(await page.locator('html').getAttribute('lang'), language);
    await page.fill('#search-field', words.find);
    await page.press('#search-field', 'Enter');
    await page.waitForURL('**/search?**');
    await page.locator('main .card a').first().click();
    await page.waitForURL('**/p/*');
    assert.match(await page.locator('main').innerText(), words.price);
    await page.getByRole('button', { name: words.add }).click();
    await page.waitForURL('**/basket');
    await page.locator('a[href="/checkout"]').click();
    await page.waitForURL('**/checkout');
    await order(page);
    await pay(page);
    await page.getByText(words.thanks).waitFor();
    hasReceipt(await page.content());
    // Nothing is wider than the screen.
    for (const route of ['/', '/orders', '/basket', `/orders/${orderOf(page)}`]) {
      await page.goto(shop.url + route);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${route} fits the screen`);
    }
    noFaults(faults);
  });
}

test('a shopper without a mouse comes from the home page to a placed order', async ({ open, use }) => {
  const shop = await open();
  const { page, context, faults } = use(await somebody({ language: 'en' }));
  const [session] = await shop.sessions(1, 'keys');
  await withSession(context, shop, session);
  const key = (name) => page.keyboard.press(name);
  /** Tab until what has the focus answers to `what`; a person would not press a hundred times. */
  const reach = async (what) => {
    for (let i = 0; i < 100; ++i) {
      await key('Tab');
      const seen = await page.evaluate(() => {
        const at = document.activeElement;
        const box = at.getBoundingClientRect();
        return { id: at.id, text: (at.innerText || at.getAttribute('aria-label') || '').trim(), href: at.getAttribute('href') ?? '',
                 shown: box.width > 0 && box.height > 0 && [at, at.closest('.card')].some((one) => one && getComputedStyle(one).outlineStyle !== 'none') };
      });
      if (what(seen)) {
        assert.ok(seen.shown, `the focus on "${seen.text || seen.id}" can be seen`);
        return;
      }
    }
    throw new Error(`the keyboard does not reach ${what}`);
  };
  await page.goto(shop.url);
  await reach((at) => at.id === 'search-field');
  await page.keyboard.type('notebook');
  await key('Enter');
  await page.waitForURL('**/search?**');
  await reach((at) => at.href.startsWith('/p/'));
  await key('Enter');
  await page.waitForURL('**/p/*');
  await reach((at) => at.text === 'Add to basket');
  await key('Enter');
  await page.waitForURL('**/basket');
  await reach((at) => at.text === 'Go to checkout');
  await key('Enter');
  await page.waitForURL('**/checkout');
  for (const [name, value] of Object.entries(address)) {
    await reach((at) => at.id === name);
    await page.keyboard.type(value);
  }
  await reach((at) => at.text === 'Place the order and pay');
  await key('Enter');
  await page.waitForURL('**/orders/*/pay');
  await reach((at) => at.text.startsWith('Pay '));
  await key('Enter');
  await page.getByText('Your payment has arrived').waitFor();
  noFaults(faults);
});

test('without scripts one searches, fills the basket, orders and pays', async ({ open, use }) => {
  const shop = await open();
  const { page } = use(await somebody({ language: 'ko', scripts: false, size: phone }));
  await signUp(page, shop, 'plain@example.kr');
  await page.fill('#search-field', '노트');
  await page.click('form.search button');
  await page.locator('main .card a').first().click();
  await page.waitForURL('**/p/*');
  await page.click('form.buy button');
  await page.waitForURL('**/basket');
  await page.fill('input[name=quantity]', '2');
  await page.getByRole('button', { name: '수량 변경' }).last().click();
  await page.waitForURL('**/basket');
  assert.equal(await page.inputValue('input[name=quantity]'), '2');
  await page.click('a[href="/checkout"]');
  await order(page);
  await pay(page);
  await page.getByText('결제가 끝났습니다').waitFor();
});

test('a double click orders once, and Back after paying does not pay again', async ({ open, use }) => {
  const shop = await open();
  const { page, context, faults } = use(await somebody({ language: 'en' }));
  const [session] = await shop.sessions(1, 'twice');
  await withSession(context, shop, session);
  await putInBasket(page, shop, 'demo-0001');
  await page.goto(`${shop.url}/checkout`);
  for (const [name, value] of Object.entries(address)) await page.fill(`#${name}`, value);
  await page.dblclick('form[action="/checkout"] button[type=submit]');
  await page.waitForURL('**/orders/*/pay');
  const id = orderOf(page);
  await page.check('input[value=tok_ok]');
  await page.dblclick('main form button[type=submit]');
  await page.waitForURL(`**/orders/${id}*`);
  await page.getByText('Your payment has arrived').waitFor();
  await page.goBack();
  await pause(300);
  const again = page.locator('main form button[type=submit]', { hasText: 'Pay ' });
  if (await again.count()) await again.click();
  await page.waitForURL(new RegExp(`/orders/${id}(\\?|$)`));
  await page.getByText('Paid').first().waitFor();
  const orders = (await shop.operate('GET', `/orders?customer=${session.customer}`)).items;
  assert.equal(orders.length, 1);
  await shop.audit();
  noFaults(faults);
});

test('a wrong password, a bad address, an unknown product and a used link are told kindly', async ({ open, use }) => {
  const shop = await open();
  const { page, faults } = use(await somebody({ language: 'ko', size: phone }));
  await page.goto(`${shop.url}/log-in?next=/orders`);
  await logIn(page, 'nobody@example.kr', 'not the password');
  await page.getByRole('alert').getByText('맞지 않습니다').waitFor();
  assert.equal(await page.inputValue('#email'), 'nobody@example.kr', 'what was typed stays');
  await page.goto(`${shop.url}/sign-up`);
  await page.fill('#email', 'kim@example.kr');
  await page.fill('#password', 'short');
  await page.evaluate(() => document.querySelector('main form').setAttribute('novalidate', ''));
  await page.click('main button[type=submit]');
  await page.locator('#password-error').waitFor();
  const missing = await page.goto(`${shop.url}/p/no-such-thing`);
  assert.equal(missing.status(), 404);
  await page.getByRole('heading', { name: '페이지를 찾을 수 없습니다' }).waitFor();
  await page.locator('main input[type=search], #search-field').first().waitFor();
  await signUp(page, shop, 'kim@example.kr');
  await page.goto(await shop.linkOfMail('kim@example.kr', '/verify'));
  await page.click('main button[type=submit]');
  await page.getByText('이미 썼거나').first().waitFor();
  noFaults(faults);
});

test('a price that changes while it is in the basket is told and asked about', async ({ open, use }) => {
  const shop = await open();
  const { page, context, faults } = use(await somebody({ language: 'en' }));
  const [session] = await shop.sessions(1, 'price');
  await withSession(context, shop, session);
  await putInBasket(page, shop, 'demo-0002');
  await page.goto(`${shop.url}/checkout`);
  const other = await context.newPage();
  await shop.operate('PATCH', '/products/demo-0002', { price: { amount_minor: 9900, currency: 'KRW' } });
  // The tab that was open before orders at the price it shows, and is told.
  for (const [name, value] of Object.entries(address)) await page.fill(`#${name}`, value);
  await page.click('form[action="/checkout"] button[type=submit]');
  await page.getByText('A price has changed meanwhile').waitFor();
  await shoot(page, 'checkout-price-changed-en-desk');
  await other.goto(`${shop.url}/basket`);
  await other.getByText('Some prices have changed').waitFor();
  await shoot(other, 'basket-price-changed-en-desk');
  await other.getByRole('button', { name: "Continue at today's prices" }).click();
  await page.getByRole('button', { name: 'Order at the new price' }).click();
  await page.waitForURL('**/orders/*/pay');
  await page.getByText('9,900').first().waitFor();
  noFaults(faults);
});

test('a hold that ran out, a declined card and a silent bank each say what to do', async ({ open, use }) => {
  const shop = await open(['checkout.hold_s=6', 'payment.reconcile_after_s=5']);
  const { page, context, faults } = use(await somebody({ language: 'en', size: phone }));
  const [session] = await shop.sessions(1, 'late');
  await withSession(context, shop, session);
  await putInBasket(page, shop, 'demo-0001');
  await page.goto(`${shop.url}/checkout`);
  await order(page);
  const left = async () => Number(/^0:0(\d) left$/.exec(await page.locator('[data-hold]').innerText())?.[1]);
  const first = await left();
  assert.ok(first > 0 && first <= 6, `${first} s are left of the hold`);
  await until(async () => (await left()) === first - 1, 'the remaining time runs');
  await until(async () => (await stateOf(shop, orderOf(page))) === 'expired', 'the hold ends');
  await page.click('main form button[type=submit]');
  await page.getByText('The time to pay has passed').first().waitFor();
  await shoot(page, 'pay-expired-en-phone');
  await putInBasket(page, shop, 'demo-0001');
  await page.goto(`${shop.url}/checkout`);
  await order(page);
  await pay(page, 'tok_decline');
  await page.getByText('The card was declined').waitFor();
  await shoot(page, 'pay-declined-en-phone');
  await pay(page, 'tok_silent');
  await page.getByText('Waiting for the bank').first().waitFor();
  await shoot(page, 'pay-waiting-en-phone');
  noFaults(faults);
});
