// One Chromium for all tests, a fresh profile for each; what a page must never do is watched on every page that is opened.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { root } from './shop.mjs';

export const phone = { width: 390, height: 844 };
export const desk = { width: 1280, height: 900 };
export const shots = path.join(root, 'build/screenshots');
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let started;
export function browser() {
  started ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'],
  });
  return started;
}
export async function closeBrowser() {
  await (await started)?.close();
}

const locales = { ko: 'ko-KR', ja: 'ja-JP', en: 'en-US' };

/**
 * Somebody with a browser of their own. `faults` gathers script errors, refused content (CSP) and assets that are not
 * there; the test that opened it ends with none.
 */
export async function somebody({ language = 'ko', size = desk, dark = false, scripts = true, faults = [], bypassCSP = false } = {}) {
  const context = await (await browser()).newContext({
    locale: locales[language], timezoneId: 'Asia/Seoul', viewport: size, colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: scripts, bypassCSP, hasTouch: size.width < 600, isMobile: size.width < 600, deviceScaleFactor: size.width < 600 ? 2 : 1,
  });
  context.setDefaultTimeout(20_000);
  context.on('weberror', (error) => faults.push(`script: ${error.error()}`));
  context.on('console', (message) => {
    if (/Content Security Policy|violates the following/.test(message.text())) faults.push(`csp: ${message.text()}`);
  });
  context.on('response', (response) => {
    const route = new URL(response.url()).pathname;
    if (response.status() >= 400 && /^\/(assets|images)\//.test(route)) faults.push(`${response.status()} ${route}`);
  });
  return { context, page: await context.newPage(), faults };
}

export function noFaults(faults) {
  assert.deepEqual(faults, []);
}

/** The session of an account that was made beforehand. */
export async function withSession(context, shop, session) {
  await context.addCookies([
    { name: 'md_session', value: session.token, url: shop.url, httpOnly: true, sameSite: 'Lax' },
    { name: 'md_signed_in', value: '1', url: shop.url, sameSite: 'Lax' },
  ]);
}

/** axe-core's serious and critical findings. Its script comes by the debugger: the page's policy would refuse it. */
export async function grave(page) {
  const { readFile } = await import('node:fs/promises');
  await page.evaluate(await readFile(axe, 'utf8'));
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }));
  return violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${new URL(page.url()).pathname} ${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
}

/** Scrolls through all of a page, so that pictures further down are fetched, and back. */
export async function showAll(page) {
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 500) {
      scrollTo(0, y);
      await new Promise((done) => requestAnimationFrame(done));
    }
    scrollTo(0, 0);
    await Promise.all([...document.images].filter((image) => !image.complete).map((image) => new Promise((done) => { image.onload = image.onerror = done; })));
  }).catch(() => undefined);
}

/** Writes build/screenshots/<name>.png: all of the page. */
export async function shoot(page, name, { whole = true } = {}) {
  await mkdir(shots, { recursive: true });
  if (whole) await showAll(page);
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: whole });
}
