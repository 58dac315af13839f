import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerClock, countdownText, holdText } from './countdown';

const words = { day: '{n} day', days: '{n} days' };

test('what is left is rounded up, so that zero means open', () => {
    assert.equal(countdownText(1, words), '00:00:01');
    assert.equal(countdownText(0, words), '00:00:00');
    assert.equal(countdownText(-5000, words), '00:00:00');
    assert.equal(countdownText(35_947_000, words), '09:59:07');
    assert.equal(countdownText(86_400_000, words), '1 day 00:00:00');
    assert.equal(countdownText(3 * 86_400_000 + 61_000, words), '3 days 00:01:01');
});

test('a hold is told in minutes', () => {
    assert.equal(holdText(272_000), '4:32');
    assert.equal(holdText(8_200), '0:09');
    assert.equal(holdText(-1), '0:00');
    assert.equal(holdText(3_872_000), '1:04:32');
});

test('the clock follows the server, and the quickest answer most', () => {
    const clock = new ServerClock(new Date(Date.now() + 100_000).toISOString());
    assert.ok(Math.abs(clock.now() - Date.now() - 100_000) < 50);
    const now = Date.now();
    clock.learn(new Date(now + 5_000).toISOString(), now - 10, now + 10);
    assert.ok(Math.abs(clock.now() - Date.now() - 5_000) < 50);
    clock.learn(new Date(now + 9_000).toISOString(), now - 4_000, now + 4_000);
    assert.ok(Math.abs(clock.now() - Date.now() - 5_000) < 50);
});
