// A whole topology on this machine for one test: `marketday fleet up`, demo goods, and everything gone afterwards.
import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, networkInterfaces } from 'node:os';
import path from 'node:path';
import { Shop, root, run } from './shop.mjs';

const engines = ['/usr/sbin/ip', '/usr/sbin/haproxy', '/usr/sbin/varnishd', '/usr/lib/postgresql/15/bin/postgres', '/usr/sbin/nats-server', '/usr/bin/redis-server'];

/** Why no topology can stand here; false when one can. */
export function cannotStand() {
  if (process.geteuid() !== 0) return 'network namespaces need root';
  for (const engine of engines) {
    try {
      accessSync(engine, constants.X_OK);
    } catch {
      return `${engine} is not installed`;
    }
  }
  try {
    execFileSync('/usr/sbin/ip', ['netns', 'add', 'md-e2e-trial'], { stdio: 'pipe' });
    execFileSync('/usr/sbin/ip', ['netns', 'delete', 'md-e2e-trial'], { stdio: 'pipe' });
  } catch (error) {
    return `no network namespace can be made here: ${error.stderr}`;
  }
  return false;
}

function freeNetwork() {
  const taken = Object.values(networkInterfaces()).flat().map((one) => one.address);
  for (let i = process.pid % 200; i < 255; i += 1) if (!taken.some((address) => address.startsWith(`10.79.${i}.`))) return `10.79.${i}`;
  throw new Error('no network is free');
}

class Standing extends Shop {
  constructor(directory, file) {
    super(path.join(directory, 'fleet/data/worker-1'), []); // who sends the mails
    this.directory = directory;
    this.home = path.join(directory, 'fleet');
    this.file = file;
  }

  fleet(command, ...rest) {
    return run(['fleet', command, this.file, ...rest, '--directory', this.home]);
  }

  async up() {
    await this.fleet('up', '--rehearsal');
    const { shop, origin, parts } = JSON.parse(await this.fleet('status', '--json'));
    Object.assign(this, { url: shop, origin, parts });
    const admin = JSON.parse(await readFile(path.join(this.home, 'data/web-1/admin.json'), 'utf8'));
    this.console = admin.url;
    this.token = admin.token;
  }

  /** Bytes to the operators' API, as they are. */
  async send(route, body) {
    const answer = await fetch(`${this.console}/admin/v1${route}`, { method: 'POST', headers: { Authorization: `Bearer ${this.token}` }, body });
    if (!answer.ok) throw new Error(`POST ${route}: ${answer.status} ${await answer.text()}`);
  }

  async audit() {
    const password = (await readFile(path.join(this.home, 'secrets/database-password'), 'utf8')).trim();
    const { address } = this.parts.find((part) => part.kind === 'postgres');
    return run(['audit', '--database', `postgres://marketday:${password}@${address}/marketday`]);
  }

  async stop() {
    await this.fleet('down', '--delete');
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A topology of this name with the demo's goods, and pictures of some of them; `endings` is told how to end it. */
export async function openFleet(name, pictured, endings) {
  const directory = await mkdtemp(path.join(tmpdir(), 'marketday-e2e-'));
  chmodSync(directory, 0o711); // the engines' users pass through
  const text = await readFile(path.join(root, 'topologies', name), 'utf8');
  const file = path.join(directory, name);
  await writeFile(file, text.replace(/^network: .*$/m, `network: ${freeNetwork()}.0/24`).replace('shared_buffers_mib: 256', 'shared_buffers_mib: 32'));
  const standing = new Standing(directory, file);
  endings.push(() => standing.stop());
  await standing.up();
  await standing.send('/products', await readFile(path.join(root, 'demo/catalogue.jsonl')));
  for (const sku of pictured) await standing.send(`/products/${sku}/images`, await readFile(path.join(root, `demo/images/${sku}.webp`)));
  return standing;
}
