import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, count, csv, duration, milliseconds, money, parseMoney, percent, short, words, described } from './format';

test('money has the digits of its currency', () => {
  assert.equal(money({ amount_minor: 39000, currency: 'KRW' }), '₩39,000');
  assert.equal(money({ amount_minor: 4200, currency: 'JPY' }), '¥4,200');
  assert.equal(money({ amount_minor: 1999, currency: 'USD' }), '$19.99');
  assert.equal(money(null), '–');
});

test('an amount is taken as typed, and refused when the currency has no such fraction', () => {
  assert.equal(parseMoney('39,000', 'KRW'), 39000);
  assert.equal(parseMoney('19.99', 'USD'), 1999);
  assert.equal(parseMoney('19.9', 'USD'), 1990);
  assert.equal(parseMoney('19.9', 'KRW'), null);
  assert.equal(parseMoney('-1', 'KRW'), null);
  assert.equal(parseMoney('', 'KRW'), null);
});

test('short figures keep what a glance can take', () => {
  assert.deepEqual([0.4234, 7.31, 128.6, 9999, 12437, 3.1e6, null].map(short), ['0.42', '7.31', '129', '9,999', '12.4k', '3.1M', '–']);
  assert.equal(count(1234567.4), '1,234,567');
});

test('units follow the size', () => {
  assert.deepEqual([512, 62_800_000].map(bytes), ['512 B', '59.9 MiB']);
  assert.deepEqual([0.84, 31.9, 2140].map(milliseconds), ['0.84 ms', '31.9 ms', '2.14 s']);
  assert.equal(percent(0.9871), '98.7 %');
  assert.deepEqual([1.2, 42, 185, 7800, 90000].map(duration), ['1.2 s', '42 s', '3 min 5 s', '2 h 10 min', '1 d 1 h']);
});

test('a CSV cell is quoted when it must be, and no formula runs', () => {
  assert.equal(csv([['a', 'b,c'], ['=1+1', 'say "hi"'], [-5, null]]), 'a,"b,c"\r\n\'=1+1,"say ""hi"""\r\n-5,\r\n');
});

test('names of programs read as words', () => {
  assert.equal(words('latency_ms_p99'), 'latency ms p99');
  assert.equal(words('refundOrder'), 'refund order');
});

test('what an operator asked for is told in words', () => {
  assert.equal(described({ name: { ko: '달항아리', en: 'Moon jar' }, items: [{ sku: 'a', units: 2, price: { amount_minor: 900, currency: 'KRW' } }], closes_at: null }),
    'name Moon jar, items sku a, units 2, price ₩900');
  assert.equal(described({}), '');
});
