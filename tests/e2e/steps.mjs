// What shoppers and operators do, said once.
import assert from 'node:assert/strict';
import { until } from './shop.mjs';

export const password = '아주 긴 문장 하나면 충분해요';
export const address = { recipient: '홍길동', postal_code: '04524', city: '서울', line1: '세종대로 110' };

/** From the sign-up page to a session, by the link in the mail. */
export async function signUp(page, shop, email) {
  await page.goto(`${shop.url}/sign-up`);
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.click('main button[type=submit]');
  await page.waitForURL('**/sign-up?said=mail');
  await page.goto(await shop.linkOfMail(email, '/verify'));
  await page.click('main button[type=submit]');
  await page.waitForURL('**/log-in**');
  await logIn(page, email);
}

export async function logIn(page, email, secret = password) {
  await page.fill('#email', email);
  await page.fill('#password', secret);
  await page.click('main button[type=submit]');
}

export async function putInBasket(page, shop, sku, quantity = 1) {
  await page.goto(`${shop.url}/p/${sku}`);
  await page.fill('#quantity', String(quantity));
  await page.click('form.buy button');
  await page.waitForURL('**/basket');
}

export async function fillAddress(page, where = address) {
  for (const [name, value] of Object.entries(where)) await page.fill(`#${name}`, value);
}

/** On the checkout page: orders, and stands at the payment. */
export async function order(page, where) {
  await fillAddress(page, where);
  await page.click('form[action="/checkout"] button[type=submit]');
  await page.waitForURL('**/orders/*/pay');
}

export async function pay(page, token = 'tok_ok') {
  await page.check(`input[name=token][value=${token}]`);
  await page.click('main form button[type=submit]');
  if (token === 'tok_ok') await page.waitForURL('**/orders/*?said=thanks');
}

export const orderOf = (page) => new URL(page.url()).pathname.split('/')[2];

/** Into the console, by its own form. */
export async function operate(page, shop) {
  await page.goto(shop.console);
  await page.getByLabel('Name').fill(shop.operator.name);
  await page.getByLabel('Password').fill(shop.operator.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Live board' }).waitFor();
}

export async function stateOf(shop, id) {
  return (await shop.operate('GET', `/orders/${id}`)).state;
}

/** From the line to the checkout of the sale. */
export async function admitted(page, within_ms = 40_000) {
  await page.waitForURL('**/checkout?**', { timeout: within_ms });
}

export async function levelOf(shop, sku, wanted) {
  return until(async () => {
    const level = await shop.operate('GET', `/stock/${sku}`);
    return wanted(level) && level;
  }, `the stock of ${sku}`);
}

export function hasReceipt(html) {
  assert.match(html, /<code class="hash">[0-9a-f]{64}<\/code>/);
}
