// Builds web/dist: assets/<name>.<hash>.<ext>, each text also as .gz and .br, and manifest.json, which CMake embeds.
//
// Storefront: every .ts and .css file directly in web/storefront is an entry and becomes one file with all that it
// imports (from web/storefront/shared, say) inside: no page waits for a second script, and the line page stays tiny.
// Console: web/console/main.tsx with React and uPlot, by Vite.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { build as vite } from 'vite';
import react from '@vitejs/plugin-react';

const web = dirname(fileURLToPath(import.meta.url));
const target = ['chrome109', 'firefox115', 'safari16'];
const types = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };

async function storefront() {
    const folder = join(web, 'storefront');
    const entries = readdirSync(folder).filter((name) => /\.(ts|css)$/.test(name) && !/\.(test|d)\.ts$/.test(name));
    const { outputFiles } = await bundle({
        entryPoints: entries.map((name) => join(folder, name)),
        bundle: true, minify: true, format: 'esm', target, write: false, outdir: web, logLevel: 'warning',
        charset: 'utf8', loader: { '.svg': 'dataurl' },
    });
    return outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]);
}

async function operatorsConsole() {
    const { output } = await vite({
        root: web, configFile: false, logLevel: 'warn', plugins: [react()],
        build: {
            write: false, target, cssCodeSplit: false, modulePreload: false, chunkSizeWarningLimit: 1000,
            rollupOptions: {
                input: join(web, 'console/main.tsx'),
                output: { entryFileNames: 'console.js', assetFileNames: 'console[extname]', inlineDynamicImports: true },
            },
        },
    });
    return output.map((file) => [basename(file.fileName), Buffer.from(file.type === 'asset' ? file.source : file.code)]);
}

function pictures() {
    const folder = join(web, 'pictures');
    return readdirSync(folder).filter((name) => name.endsWith('.svg')).map((name) => [name, readFileSync(join(folder, name))]);
}

const built = [...(await storefront()), ...(await operatorsConsole()), ...pictures()];
const next = join(web, 'dist.new');
const assets = join(next, 'assets');
rmSync(next, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
const files = [];
for (const [name, content] of built.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const extension = extname(name);
    if (!types[extension]) throw new Error(`${name}: no content type for ${extension}; add it to web/build.mjs`);
    if (files.some((file) => file.name === name)) throw new Error(`two assets are called ${name}; rename one`);
    const hash = createHash('sha256').update(content).digest('base64url').replace(/[^A-Za-z0-9]/g, '').slice(0, 10);
    const file = `${basename(name, extension)}.${hash}${extension}`;
    const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    const gzip = gzipSync(content, { level: 9 });
    writeFileSync(join(assets, file), content);
    writeFileSync(join(assets, `${file}.gz`), gzip);
    writeFileSync(join(assets, `${file}.br`), brotli);
    files.push({ name, file, content_type: types[extension], bytes: content.length, brotli_bytes: brotli.length });
}
const manifest = `${JSON.stringify({ files }, null, 1)}\n`;
writeFileSync(join(next, 'manifest.json'), manifest);

// Whole or not there: others may be embedding it now. An unchanged build leaves the old files, and their times, alone.
const dist = join(web, 'dist');
const old = join(web, 'dist.old');
if (existsSync(join(dist, 'manifest.json')) && readFileSync(join(dist, 'manifest.json'), 'utf8') === manifest) {
    rmSync(next, { recursive: true });
} else {
    rmSync(old, { recursive: true, force: true });
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(next, dist);
    rmSync(old, { recursive: true, force: true });
    for (const { name, bytes, brotli_bytes } of files) console.log(`${name.padEnd(24)} ${bytes} B, brotli ${brotli_bytes} B`);
}
