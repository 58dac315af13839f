// All end-to-end tests, one after the other in one process. E2E_ONLY=words runs those whose name has the words.
import { template } from './shop.mjs';

await template();  // Takes long the first time, which is no test's fault.
for (const file of ['buying', 'line', 'pages', 'hosts', 'hostile', 'console', 'fleet']) await import(`./${file}.test.mjs`);
