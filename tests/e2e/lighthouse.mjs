// Lighthouse (mobile preset) over home, a product, a sale and its line: writes docs/lighthouse/*.json with the scores and
// what they are made of. Of RUNS runs of a page (3) the one with the median of the performance counts: a machine that is
// busy with something else makes one run slow. PAGES=home,product only those. Lighthouse is large and asked for rarely, so it is no dependency:
//   npm install --no-save --prefix build/lighthouse lighthouse@12.8.2
//   MARKETDAY=build/release/marketday node tests/e2e/lighthouse.mjs
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { openShop, root } from './shop.mjs';

const cli = path.join(process.env.LIGHTHOUSE ?? path.join(root, 'build/lighthouse'), 'node_modules/lighthouse/cli/index.js');
const flags = ['--headless=new', '--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];
const metrics = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift', 'speed-index', 'server-response-time', 'total-byte-weight'];

const runs = Number(process.env.RUNS ?? 3);
const shop = await openShop();
const work = await mkdtemp(path.join(tmpdir(), 'marketday-lighthouse-'));

async function judge(name, route, cookie) {
  const file = path.join(work, `${name}.json`);
  await promisify(execFile)(process.execPath, [cli, shop.url + route, '--output=json', `--output-path=${file}`, '--quiet', '--locale=en',
    ...(cookie ? [`--extra-headers=${JSON.stringify({ Cookie: cookie })}`] : []),
    `--chrome-flags=${[...flags, `--user-data-dir=${path.join(work, name)}`].join(' ')}`], { env: { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? '/usr/bin/chromium' }, maxBuffer: 64 << 20 });
  return JSON.parse(await readFile(file, 'utf8'));
}
const performance = (report) => report.categories.performance.score ?? 0;

try {
  await mkdir(path.join(root, 'docs/lighthouse'), { recursive: true });
  const sale = await shop.planSale([['demo-0061', 100, 39000]], { opens_in_ms: 3600_000 });
  const [session] = await shop.sessions(1, 'lighthouse');
  const inLine = `md_session=${session.token}; md_signed_in=1`;
  for (const [name, route, cookie] of [['home', '/'], ['product', '/p/demo-0042'], ['sale', `/sales/${sale}`], ['line', `/line/${sale}?sku=demo-0061`, inLine]]) {
    if (process.env.PAGES && !process.env.PAGES.split(',').includes(name)) continue;
    const reports = [];
    for (let run = 0; run < runs; ++run) reports.push(await judge(name, route, cookie));
    reports.sort((a, b) => performance(a) - performance(b));
    const report = reports[Math.floor(reports.length / 2)];
    const kept = {
      lighthouse: report.lighthouseVersion, at: report.fetchTime, page: name, preset: report.configSettings.formFactor,
      performance_of_each_run: reports.map((one) => Math.round(performance(one) * 100)),
      scores: Object.fromEntries(Object.values(report.categories).map((one) => [one.id, Math.round((one.score ?? 0) * 100)])),
      metrics: Object.fromEntries(metrics.map((id) => [id, report.audits[id]?.displayValue ?? null])),
      below_full: Object.values(report.categories).flatMap((one) => one.auditRefs.filter((ref) => ref.weight > 0 && (report.audits[ref.id].score ?? 1) < 0.9).map((ref) => ref.id)),
    };
    await writeFile(path.join(root, `docs/lighthouse/${name}.json`), `${JSON.stringify(kept, null, 2)}\n`);
    console.log(name, JSON.stringify(kept.scores), `performance of each run ${kept.performance_of_each_run.join(', ')}`, kept.below_full.join(' '));
  }
} finally {
  await rm(work, { recursive: true, force: true });
  await shop.stop();
}
