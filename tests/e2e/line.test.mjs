// The line: it keeps its place whatever happens.
import assert from 'node:assert/strict';
import { noFaults, phone, shoot, somebody, withSession } from './browser.mjs';
import { admitted, order, pay } from './steps.mjs';
import { until } from './shop.mjs';
import { test } from './suite.mjs';

test('the place in line survives a reload, a second tab, and a server that is killed and started again', async ({ open, use }) => {
  const shop = await open();
  const sku = 'demo-0061';
  const sale = await shop.planSale([[sku, 1, 39000]], {});
  // Somebody else holds the only unit, so that there is a line.
  const [first, second] = await shop.sessions(2, 'line');
  const one = use(await somebody({ language: 'en' }));
  await withSession(one.context, shop, first);
  await one.page.goto(`${shop.url}/line/${sale}?sku=${sku}`);
  await admitted(one.page);
  await order(one.page);

  const { page, context, faults } = use(await somebody({ language: 'ko', size: phone }));
  await withSession(context, shop, second);
  await page.goto(`${shop.url}/line/${sale}?sku=${sku}`);
  await page.getByRole('heading', { name: '남은 상품은 모두 다른 분이 결제 중입니다' }).waitFor();
  await shoot(page, 'line-held-ko-phone', { whole: false });
  const ticket = () => page.evaluate((key) => localStorage.getItem(key), `md_ticket_${sale}`);
  const place = async () => (await page.locator('#place').innerText()).trim();
  const [ticketBefore, placeBefore] = [await ticket(), await place()];
  assert.ok(ticketBefore && placeBefore);

  await page.reload();
  await page.getByRole('heading', { name: '남은 상품은 모두' }).waitFor();
  assert.deepEqual([await ticket(), await place()], [ticketBefore, placeBefore]);
  const tab = await context.newPage();
  await tab.goto(page.url());
  await tab.getByRole('heading', { name: '남은 상품은 모두' }).waitFor();
  assert.equal((await tab.locator('#place').innerText()).trim(), placeBefore);
  await tab.close();

  await shop.end('SIGKILL');
  await page.getByText('접속이 몰려 응답이').waitFor();
  assert.equal(await place(), placeBefore, 'the place is still shown');
  await shoot(page, 'line-busy-ko-phone', { whole: false });
  await shop.start();
  await until(async () => (await page.locator('#trouble').innerText()) === '', 'the line answers again', 40_000);
  await page.getByRole('heading', { name: '남은 상품은 모두' }).waitFor();
  assert.deepEqual([await ticket(), await place()], [ticketBefore, placeBefore]);

  // Once it is paid for, nothing can come back.
  await one.page.reload();
  await pay(one.page);
  await page.getByRole('heading', { name: '모두 판매되었습니다' }).waitFor({ timeout: 40_000 });
  await shoot(page, 'line-sold-out-ko-phone', { whole: false });
  await page.goto(`${shop.url}/sales/${sale}`);
  await page.getByText('모두 판매되었습니다').first().waitFor();
  await shoot(page, 'sale-sold-out-ko-phone');
  await shop.audit();
  noFaults(faults.filter((fault) => !fault.includes('ERR_CONNECTION')));
});

test('whoever is not signed in is led to the line by way of the log-in, and one without a line is told', async ({ open, use }) => {
  const shop = await open();
  const sale = await shop.planSale([['demo-0061', 2, 39000]], { opens_in_ms: 60_000 });
  const { page, faults } = use(await somebody({ language: 'ja', size: phone }));
  await page.goto(`${shop.url}/line/${sale}?sku=demo-0061`);
  await page.getByRole('heading', { name: '並ぶにはログインしてください' }).waitFor();
  await shoot(page, 'line-sign-in-ja-phone', { whole: false });
  await page.getByRole('link', { name: 'ログイン' }).click();
  await page.waitForURL('**/log-in?next=**');
  assert.equal(await page.inputValue('input[name=next]'), `/line/${sale}?sku=demo-0061`);
  noFaults(faults);
});
