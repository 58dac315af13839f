import assert from 'node:assert/strict';
import test from 'node:test';
import { verdict, type HealthInput } from './health';

const input = (recent: HealthInput['recent'], more: Partial<HealthInput> = {}): HealthInput => ({ recent, silent_s: 0, sales: [], ...more });

test('a quiet shop is calm', () => {
  const all = verdict(input({ requests_per_s: [0, 0, null] }));
  assert.equal(all.level, 'calm');
  assert.deepEqual(all.reasons, ['Hardly anybody is here.']);
});

test('a busy shop that answers quickly is calm, however full the machine', () => {
  const all = verdict(input({ requests_per_s: [9000], orders_per_s: [700], latency_ms_p99: [40], cpu_percent: [99] }));
  assert.equal(all.level, 'calm');
  assert.match(all.reasons.join(' '), /9,000 requests.*700 orders.*40 ms.*still quick/);
});

test('a hundredth of errors asks for action, and it stands first', () => {
  const all = verdict(input({ requests_per_s: [1000], errors_per_s: [20], latency_ms_p99: [700] }));
  assert.equal(all.level, 'act');
  assert.match(all.reasons[0] ?? '', /20 errors a second, 2 %/);
  assert.match(all.reasons[1] ?? '', /700 ms/);
});

test('turning shoppers away is worth an eye, then action', () => {
  assert.equal(verdict(input({ requests_per_s: [1000], declined_per_s: [10] })).level, 'calm');
  assert.equal(verdict(input({ requests_per_s: [1000], declined_per_s: [100] })).level, 'watch');
  assert.equal(verdict(input({ requests_per_s: [1000], declined_per_s: [400] })).level, 'act');
});

test('a server that says nothing is no healthy server', () => {
  assert.equal(verdict(input({}, { silent_s: 6 })).level, 'watch');
  assert.equal(verdict(input({}, { silent_s: 20 })).level, 'act');
});

test('a paused sale is named', () => {
  const all = verdict(input({}, { sales: [{ name: 'Moon jar', state: 'paused', line_length: 10, available: 5 }] }));
  assert.equal(all.level, 'watch');
  assert.match(all.reasons[0] ?? '', /Moon jar/);
});
