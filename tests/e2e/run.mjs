// All end-to-end tests, one after the other in one process. E2E_ONLY=words runs those whose name has the words.
import './buying.test.mjs';
import './line.test.mjs';
import './pages.test.mjs';
import './console.test.mjs';
