import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffMs, waitText } from './line';

test('silence is answered with longer and longer pauses, up to half a minute', () => {
    assert.equal(backOffMs(0, 0), 500);
    assert.equal(backOffMs(0, 1), 1000);
    assert.equal(backOffMs(3, 1), 8000);
    assert.equal(backOffMs(50, 1), 30_000);
    assert.equal(backOffMs(50, 0), 15_000);
});

test('the wait is told no more exactly than it is known', () => {
    const t = (name: string): string => (name === 'wait-minutes' ? '{n} min' : name);
    assert.equal(waitText(null, t), 'wait-unknown');
    assert.equal(waitText(12, t), 'wait-soon');
    assert.equal(waitText(61, t), '2 min');
    assert.equal(waitText(601, t), '15 min');
    assert.equal(waitText(7200, t), 'wait-hours');
});
