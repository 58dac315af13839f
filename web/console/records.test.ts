import assert from 'node:assert/strict';
import test from 'node:test';
import { pieces } from './records';

test('JSON Lines are cut between records, and each piece knows its line', () => {
  const cut = pieces('{"a":1}\n\n{"a":2}\r\n{"a":3}', false, 18);
  assert.deepEqual(cut.pieces, [
    { text: '{"a":1}\n\n{"a":2}\r', first_line: 1, records: 2 },
    { text: '{"a":3}', first_line: 4, records: 1 },
  ]);
});

test('a CSV keeps its header and its quoted line breaks', () => {
  const cut = pieces('\ufeffsku,name\na,"two\nlines"\nb,"say ""hi"""\n', true, 25);
  assert.equal(cut.header, 'sku,name');
  assert.deepEqual(cut.pieces.map((piece) => piece.text), ['a,"two\nlines"', 'b,"say ""hi"""']);
  assert.deepEqual(cut.pieces.map((piece) => piece.first_line), [2, 4]);
});

test('an empty file has no piece', () => {
  assert.deepEqual(pieces('\n \n', false, 100).pieces, []);
});
