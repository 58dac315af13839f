import assert from 'node:assert/strict';
import test from 'node:test';
import { type BoardState, fromBoard, kept_s, withSample } from './stream';

const empty: BoardState = { times: [], series: {}, sales: [], last_at: 0, connected: false, problem: null };
const at = (second: number): string => new Date(second * 1000).toISOString();

test('the hour ends now, and short series are aligned to its end', () => {
  const board = fromBoard({ now: at(1000), from: at(997), interval_ms: 1000, sales: [], series: [
    { name: 'a', unit: '', about: '', points: [1, 2, 3] }, { name: 'b', unit: '', about: '', points: [9] }] });
  assert.deepEqual(board.times, [998, 999, 1000]);
  assert.deepEqual(board.series, { a: [1, 2, 3], b: [null, null, 9] });
});

test('a sample is appended once, and a new series begins where it appears', () => {
  let state = withSample(empty, { at: at(10), values: { a: 1 }, sales: [] }, 1);
  state = withSample(state, { at: at(11), values: { a: 2, b: 5 }, sales: [] }, 2);
  state = withSample(state, { at: at(11), values: { a: 7 }, sales: [] }, 3);
  assert.deepEqual(state.times, [10, 11]);
  assert.deepEqual(state.series, { a: [1, 2], b: [null, 5] });
  assert.equal(state.last_at, 3);
});

test('a gap is drawn as a gap, and an hour is kept', () => {
  let state = withSample(empty, { at: at(10), values: { a: 1 }, sales: [] }, 1);
  state = withSample(state, { at: at(20), values: { a: 2 }, sales: [] }, 2);
  assert.deepEqual(state.series.a, [1, null, 2]);
  for (let second = 21; second < 4000; second += 1) state = withSample(state, { at: at(second), values: { a: second }, sales: [] }, 0);
  assert.equal(state.times.length, kept_s);
  assert.equal(state.series.a?.length, kept_s);
  assert.equal(state.times.at(-1), 3999);
});
