// Runs every *.test.ts with node's own test runner; esbuild takes the types away first, since Node 18 and 20 do not.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const web = dirname(fileURLToPath(import.meta.url));
const find = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? find(join(folder, entry.name)) : /\.test\.tsx?$/.test(entry.name) ? [join(folder, entry.name)] : []);
const tests = ['storefront', 'console'].flatMap((folder) => find(join(web, folder)));
const out = mkdtempSync(join(web, 'node_modules', '.tests-'));
try {
    await build({ entryPoints: tests, bundle: true, platform: 'node', format: 'esm', outdir: out, outbase: web,
        outExtension: { '.js': '.mjs' }, packages: 'external', logLevel: 'warning', jsx: 'automatic' });
    const list = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? list(join(folder, entry.name)) : entry.name.endsWith('.mjs') ? [join(folder, entry.name)] : []);
    process.exitCode = spawnSync(process.execPath, ['--test', ...list(out)], { stdio: 'inherit' }).status ?? 1;
} finally {
    rmSync(out, { recursive: true, force: true });
}
