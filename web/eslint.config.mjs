// What the compiler does not see: promises that nobody waits for, values that are any, effects with missing inputs.
import hooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import { configs } from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/**', 'dist.new/**', 'dist.old/**', 'node_modules/**', 'console/api-types.ts'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      // Numbers are written as they are; what else stands in a text must be one.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `onClick={() => go(1)}` and `if (none) return close();` say what they mean.
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    // node:test's `test` gives a promise that the runner waits for.
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'off' },
  },
);
