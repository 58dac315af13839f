// One look: calm, watch, act. Pure: tested in health.test.ts.
import { duration, milliseconds, percent, short } from './format';

export type Level = 'calm' | 'watch' | 'act';
export interface Verdict {
  level: Level;
  headline: string;
  reasons: string[];
}
export interface HealthInput {
  /** Values of the last seconds by series, oldest first; null where nothing is known. */
  recent: Record<string, (number | null)[]>;
  /** Since the last sample came, in seconds. */
  silent_s: number;
  sales: { name: string; state: string; line_length: number | null; available: number }[];
}

const known = (values: (number | null)[] | undefined): number[] => (values ?? []).filter((v): v is number => v !== null);
const mean = (values: (number | null)[] | undefined): number | null => {
  const some = known(values);
  return some.length ? some.reduce((a, b) => a + b, 0) / some.length : null;
};
const most = (values: (number | null)[] | undefined): number | null => {
  const some = known(values);
  return some.length ? Math.max(...some) : null;
};

/** What is too much, and from where a person must act. */
export const limits = {
  silent_s: { watch: 5, act: 15 },
  error_ratio: { watch: 0.001, act: 0.01 },
  declined_ratio: { watch: 0.02, act: 0.25 },
  order_ms_p99: { watch: 500, act: 2000 },
  page_ms_p99: { watch: 500, act: 2000 },
  loop_lag_ms: { watch: 100, act: 1000 },
  commit_ms: { watch: 250, act: 1500 },
  db_waiting: { watch: 100, act: 1000 },
};

function grade(value: number | null, limit: { watch: number; act: number }): Level {
  if (value === null || value < limit.watch) return 'calm';
  return value < limit.act ? 'watch' : 'act';
}

export function verdict(input: HealthInput): Verdict {
  const found: { level: Level; text: string }[] = [];
  const say = (level: Level, text: string): void => {
    if (level !== 'calm') found.push({ level, text });
  };
  const { recent } = input;
  const requests = mean(recent.requests_per_s) ?? 0;
  const errors = mean(recent.errors_per_s) ?? 0;
  const declined = mean(recent.declined_per_s) ?? 0;
  const ratio = (part: number): number | null => (requests > 0 ? part / requests : null);

  say(grade(input.silent_s, limits.silent_s), `No figures for ${duration(input.silent_s)}: the server does not answer this page.`);
  if (errors > 0) say(grade(ratio(errors), limits.error_ratio), `${short(errors)} errors a second, ${percent(ratio(errors))} of all answers. Look at Logs and Traces.`);
  if (declined > 0) say(grade(ratio(declined), limits.declined_ratio), `${short(declined)} requests a second are turned away (503), ${percent(ratio(declined))} of all: more come than checkout can take.`);
  const order = most(recent.latency_ms_p99);
  say(grade(order, limits.order_ms_p99), `Orders take up to ${milliseconds(order)} (p99).`);
  const page = most(recent.latency_ms_p99_pages);
  say(grade(page, limits.page_ms_p99), `Pages take up to ${milliseconds(page)} (p99).`);
  const lag = most(recent.loop_lag_ms);
  say(grade(lag, limits.loop_lag_ms), `The shop's thread is ${milliseconds(lag)} behind.`);
  const commit = most(recent.commit_ms);
  say(grade(commit, limits.commit_ms), `A commit takes ${milliseconds(commit)}: the disk is slow or full.`);
  const waiting = most(recent.db_waiting);
  say(grade(waiting, limits.db_waiting), `${short(waiting)} requests wait for the database.`);
  for (const sale of input.sales) {
    if (sale.state === 'paused') say('watch', `“${sale.name}” is paused; nobody can buy.`);
  }

  const order_of: Level[] = ['act', 'watch'];
  found.sort((a, b) => order_of.indexOf(a.level) - order_of.indexOf(b.level));
  const level: Level = found[0]?.level ?? 'calm';
  const headline = { calm: 'All is well', watch: 'Keep an eye on it', act: 'Act now' }[level];
  const reasons = found.map((one) => one.text);
  if (level === 'calm') {
    const orders = mean(recent.orders_per_s) ?? 0;
    const cpu = mean(recent.cpu_percent);
    reasons.push(
      requests < 0.5 ? 'Hardly anybody is here.' : `${short(requests)} requests and ${short(orders)} orders a second${order !== null ? `, 99 of 100 orders within ${milliseconds(order)}` : ''}.`,
    );
    if (cpu !== null && cpu > 90) reasons.push('The machine is full, and answers are still quick.');
  }
  return { level, headline, reasons };
}
