// A `marketday serve` of its own for each test: demo goods with pictures, free loopback ports, a directory that goes away.
import { spawn, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const program = path.resolve(process.env.MARKETDAY ?? path.join(root, 'build/release/marketday'));
const kept = path.join(root, 'build/e2e');
const operator = { name: 'e2e', password: 'watching the market day' };
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MARKETDAY')));

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is truthy. */
export async function until(question, what, within_ms = 20_000) {
  const deadline = Date.now() + within_ms;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${within_ms} ms in vain: ${what}`);
    await pause(50);
  }
}

/** Runs one command to its end; its standard output. A number of `accepted` exits is no failure. */
export async function run(args, options = {}) {
  const { stdout } = await promisify(execFile)(program, args, { env: environment, cwd: root, maxBuffer: 64 << 20, ...options });
  return stdout;
}

const readJson = async (file) => JSON.parse(await readFile(file, 'utf8'));

/** What `price` and names of a demo product are. */
let goods;
export async function product(sku) {
  goods ??= (await readFile(path.join(root, 'demo/catalogue.jsonl'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  const found = goods.find((one) => one.sku === sku);
  if (!found) throw new Error(`the demo has no ${sku}`);
  return found;
}

export class Shop {
  operator = operator;

  constructor(data, settings) {
    this.data = data;
    this.settings = settings;
  }

  /** Listens where it listened before, so that an open page finds it again. */
  async start() {
    await Promise.all(['shop.json', 'admin.json'].map((name) => rm(path.join(this.data, name), { force: true })));
    const at = (url) => (url ? new URL(url).host : '127.0.0.1:0');
    const args = ['serve', '--data', this.data, '--listen', at(this.url), '--admin', at(this.console), '--rehearsal', '--log-level', 'warn'];
    for (const setting of this.settings) args.push('--set', setting);
    this.child = spawn(program, args, { env: environment, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.said = '';
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (text) => (this.said += text));
    const admin = await until(async () => {
      if (this.child.exitCode !== null) throw new Error(`the server ended with ${this.child.exitCode}: ${this.said}`);
      return readJson(path.join(this.data, 'admin.json')).catch(() => null);
    }, 'the server starts');
    this.console = admin.url;
    this.token = admin.token;
    this.url = (await readJson(path.join(this.data, 'shop.json'))).url;
    return this;
  }

  async end(signal) {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill(signal);
    await ended;
  }

  async stop() {
    const late = setTimeout(() => this.child?.kill('SIGKILL'), 15_000);
    await this.end('SIGTERM');
    clearTimeout(late);
    await rm(path.dirname(this.data), { recursive: true, force: true });
  }

  async operate(method, route, body) {
    const answer = await fetch(`${this.console}/admin/v1${route}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** A sale of demo goods: [[sku, units, price], …]. */
  async planSale(items, { opens_in_ms = 0, line = true, limit = 1, name = {} } = {}) {
    const names = { ko: '달항아리 한정 세일', ja: '月壺 限定セール', en: 'Moon jar limited sale', ...name };
    const sale = await this.operate('POST', '/sales', {
      name: names,
      opens_at: new Date(Date.now() + opens_in_ms).toISOString(),
      line: { enabled: line, draw: true },
      items: items.map(([sku, units, amount_minor]) => ({ sku, units, price: { amount_minor, currency: 'KRW' }, limit_per_customer: limit })),
    });
    return sale.id;
  }

  /** Verified accounts with sessions, made beforehand. */
  async sessions(count, prefix) {
    return (await this.operate('POST', '/rehearsal/sessions', { count, prefix })).sessions;
  }

  /** The link of the newest mail to an address that leads to `route`. */
  async linkOfMail(to, route) {
    const directory = path.join(this.data, 'mail');
    return until(async () => {
      const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.eml'));
      const dated = await Promise.all(names.map(async (name) => [(await stat(path.join(directory, name))).mtimeMs, name]));
      for (const [, name] of dated.sort((a, b) => b[0] - a[0])) {
        const [head, ...body] = (await readFile(path.join(directory, name), 'utf8')).split(/\r?\n\r?\n/);
        if (!head.includes(`To: ${to}`)) continue;
        const link = Buffer.from(body.join(''), 'base64').toString().match(/https?:\/\/\S+/g)?.find((url) => new URL(url).pathname === route);
        if (link) return this.url + new URL(link).pathname + new URL(link).search;
      }
      return null;
    }, `a mail to ${to} with ${route}`);
  }

  /** Everything that the audit found; throws unless all of it holds. */
  async audit() {
    return run(['audit', '--data', this.data]);
  }
}

/** The demo goods with pictures, made once: cutting 200 pictures takes a while. */
export async function template() {
  const pictures = await readdir(path.join(root, 'demo/images'));
  const hash = createHash('sha256').update(await readFile(path.join(root, 'demo/catalogue.jsonl'))).update(pictures.join());
  const directory = path.join(kept, `shop-${hash.digest('hex').slice(0, 12)}`);
  if (await stat(directory).catch(() => null)) return directory;
  await mkdir(kept, { recursive: true });
  const making = await mkdtemp(path.join(kept, 'making-'));
  const shop = new Shop(path.join(making, 'shop'), []);
  try {
    await run(['import', path.join(root, 'demo/catalogue.jsonl'), '--data', shop.data]);
    await shop.start();
    const password = path.join(making, 'password');
    await writeFile(password, operator.password);
    await run(['operator', 'add', operator.name, '--role', 'owner', '--password-file', password, '--data', shop.data]);
    await run(['product', 'images', path.join(root, 'demo/images'), '--data', shop.data]);
    // Made in the order in which they were given: when the last is whole, all are.
    const { images } = await shop.operate('GET', `/products/${pictures.sort().at(-1).replace('.webp', '')}`);
    await until(async () => (await fetch(shop.url + images[0])).headers.get('cache-control').includes('immutable'), 'the last picture', 120_000);
    await shop.end('SIGTERM');
    await rename(shop.data, directory);
  } finally {
    await shop.end('SIGKILL');
    await rm(making, { recursive: true, force: true });
  }
  return directory;
}

/** A running shop for one test; `settings` are of `--set`. */
export async function openShop(settings = []) {
  const from = await template();
  const directory = await mkdtemp(path.join(tmpdir(), 'marketday-e2e-'));
  const data = path.join(directory, 'shop');
  // Pictures never change, so all tests share them.
  await cp(from, data, { recursive: true, filter: (source) => path.relative(from, source) !== 'images' });
  await symlink(path.join(from, 'images'), path.join(data, 'images'));
  return new Shop(data, settings).start();
}
