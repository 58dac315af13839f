import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { type Verdict, verdict } from '../health';
import { bytes, count, duration, local, milliseconds, percent, short } from '../format';
import { Note, Page, ProblemNote, State } from '../parts/Note';
import { type Line, Plot } from '../parts/Plot';
import { ofSale, Waterfall } from '../parts/Waterfall';
import { link, useParam } from '../router';
import { type BoardState, useBoard } from '../stream';
import { texts } from '../texts';
import type { SaleNow } from '../types';

const words = texts.board;
type Show = (value: number | null) => string;
const rate: Show = short;
const bytesPerS: Show = (v) => (v === null ? '–' : `${bytes(v)}/s`);

interface Spec {
  group: keyof typeof words.groups;
  title: string;
  show: Show;
  top?: number;
  lines: [series: string, label: string, color: string][];
}
const plots: Spec[] = [
  { group: 'shoppers', title: words.plots.requests, show: rate, lines: [['requests_per_s', words.lines.value, '--line-1']] },
  { group: 'shoppers', title: words.plots.orders, show: rate, lines: [['orders_per_s', words.lines.value, '--line-2']] },
  { group: 'shoppers', title: words.plots.orderLatency, show: milliseconds, lines: [['latency_ms_p50', words.lines.p50, '--line-2'], ['latency_ms_p99', words.lines.p99, '--line-3'], ['latency_ms_p999', words.lines.p999, '--line-4']] },
  { group: 'shoppers', title: words.plots.pageLatency, show: milliseconds, lines: [['latency_ms_p99_pages', words.lines.value, '--line-3']] },
  { group: 'shoppers', title: words.plots.trouble, show: rate, top: 1, lines: [['errors_per_s', words.lines.errors, '--line-4'], ['declined_per_s', words.lines.declined, '--line-3']] },
  { group: 'checkout', title: words.plots.line, show: rate, lines: [['line_length', words.lines.value, '--line-5']] },
  { group: 'checkout', title: words.plots.admissions, show: rate, lines: [['admissions_per_s', words.lines.value, '--line-5']] },
  { group: 'checkout', title: words.plots.lane, show: rate, lines: [['lane_depth', words.lines.value, '--line-3']] },
  { group: 'checkout', title: words.plots.batch, show: rate, lines: [['batch_orders', words.lines.value, '--line-2']] },
  { group: 'checkout', title: words.plots.commit, show: milliseconds, lines: [['commit_ms', words.lines.value, '--line-3']] },
  { group: 'house', title: words.plots.cache, show: percent, top: 1, lines: [['cache_hit_ratio', words.lines.value, '--line-2']] },
  { group: 'house', title: words.plots.database, show: rate, lines: [['db_connections_in_use', words.lines.used, '--line-1'], ['db_waiting', words.lines.waiting, '--line-4']] },
  { group: 'machine', title: words.plots.cpu, show: (v) => (v === null ? '–' : `${short(v)} %`), top: 100, lines: [['cpu_percent', words.lines.value, '--line-1']] },
  { group: 'machine', title: words.plots.memory, show: bytes, lines: [['memory_bytes', words.lines.value, '--line-1']] },
  { group: 'machine', title: words.plots.disk, show: bytesPerS, lines: [['disk_read_bytes_per_s', words.lines.read, '--line-1'], ['disk_write_bytes_per_s', words.lines.write, '--line-3']] },
  { group: 'machine', title: words.plots.net, show: bytesPerS, lines: [['net_in_bytes_per_s', words.lines.in, '--line-1'], ['net_out_bytes_per_s', words.lines.out, '--line-2']] },
  { group: 'machine', title: words.plots.lag, show: milliseconds, lines: [['loop_lag_ms', words.lines.value, '--line-4']] },
];

/** What runs stands above what is to come. */
const order = ['open', 'paused', 'scheduled'];

export const nameOf = (sale: SaleNow): string => (typeof sale.name === 'string' ? sale.name : local(sale.name));

function useVerdict(board: BoardState): Verdict {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return useMemo(
    () => verdict({
      recent: Object.fromEntries(Object.entries(board.series).map(([name, values]) => [name, values.slice(-10)])),
      silent_s: board.last_at ? Math.max(0, (now - board.last_at) / 1000) : 0,
      sales: board.sales.map((sale) => ({ name: nameOf(sale), state: sale.state, line_length: sale.line_length, available: 0 })),
    }),
    [board, now],
  );
}

function Health({ of }: { of: Verdict }): ReactNode {
  return (
    <section className={`health ${of.level}`} role="status">
      <strong>{of.headline}</strong>
      <ul>{of.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>
    </section>
  );
}

function Sale({ of }: { of: SaleNow }): ReactNode {
  const opens = of.opens_at ? (Date.parse(of.opens_at) - Date.now()) / 1000 : 0;
  return (
    <section className="card sale-now">
      <header>
        <h2><a href={link(['sales', of.sale])}>{nameOf(of)}</a></h2>
        <State of={of.state} />
        {of.state === 'scheduled' && opens > 0 && <span className="quiet">{words.opensIn(duration(Math.round(opens)))}</span>}
        <span className="space" />
        <span>{words.line} <b>{count(of.line_length)}</b></span>
        <span>{words.admissions} <b>{short(of.admissions_per_s)}</b></span>
      </header>
      <Waterfall items={of.items.map(ofSale)} />
    </section>
  );
}

export function BoardScreen(): ReactNode {
  const board = useBoard();
  const [span, setSpan] = useParam('span', '600');
  const health = useVerdict(board);
  const from = Math.max(0, board.times.findIndex((at) => at > (board.times[board.times.length - 1] ?? 0) - Number(span)));
  const times = useMemo(() => board.times.slice(from), [board.times, from]);
  const drawn = useMemo(
    () => plots
      .filter((plot) => plot.lines.some(([series]) => board.series[series]))
      .map((plot) => ({
        ...plot,
        drawn: plot.lines.map(([series, label, color]): Line => ({ label, color, values: board.series[series]?.slice(from) ?? times.map(() => null) })),
      })),
    [board.series, from, times],
  );
  const running = board.sales.filter((sale) => sale.state !== 'closed').sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return (
    <Page title={words.title} about={words.about} tools={
      <label>{words.span} <select value={span} onChange={(event) => setSpan(event.target.value)}>
        {Object.entries(words.spans).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
      </select></label>
    }>
      <ProblemNote problem={board.problem} />
      <Health of={health} />
      {!board.connected && board.times.length > 0 && !board.problem && <Note>{words.lost}</Note>}
      {running.length === 0 && <p className="quiet">{words.noSale}</p>}
      {running.map((sale) => <Sale key={sale.sale} of={sale} />)}
      {(Object.keys(words.groups) as (keyof typeof words.groups)[]).map((group) => (
        <section key={group} className="plots" aria-label={words.groups[group]}>
          <h2>{words.groups[group]}</h2>
          <div>
            {drawn.filter((plot) => plot.group === group).map((plot) => (
              <Plot key={plot.title} title={plot.title} times={times} lines={plot.drawn} show={plot.show} {...(plot.top ? { top: plot.top } : {})} />
            ))}
          </div>
        </section>
      ))}
    </Page>
  );
}
