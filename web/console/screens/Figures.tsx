// Visitors, orders, conversion, revenue, retention, best goods: from the statistics that events keep.
import { type ReactNode, useMemo } from 'react';
import { query, useGet } from '../api';
import { count, type Money, money, percent, short, time } from '../format';
import { Facts, Note, Page, ProblemNote } from '../parts/Note';
import { type Line, Plot } from '../parts/Plot';
import { type Column, Table } from '../parts/Table';
import { link, useParam } from '../router';
import { texts } from '../texts';

const words = texts.figures;
interface Day {
  day: string;
  visitors: number;
  signed_up: number;
  orders: number;
  paid: number;
  revenue: Money;
  conversion: number | null;
}
interface Statistics {
  days: Day[];
  months: { month: string; visitors: number }[];
  retention: { week: string; size?: number; visitors?: number; weeks?: number[]; returned?: number[] }[];
  best_goods: { sku: string; name: unknown; units: number; revenue: Money }[];
  drift: { checked_at: string | null; differences: number | null };
}
const dayColumns: Column<Day>[] = [
  { key: 'day', title: words.day, value: (d) => d.day },
  { key: 'visitors', title: words.dau, value: (d) => d.visitors, show: (d) => count(d.visitors), number: true },
  { key: 'signed', title: words.signedUp, value: (d) => d.signed_up, show: (d) => count(d.signed_up), number: true, wide: true },
  { key: 'orders', title: words.orders, value: (d) => d.orders, show: (d) => count(d.orders), number: true },
  { key: 'paid', title: words.paid, value: (d) => d.paid, show: (d) => count(d.paid), number: true, wide: true },
  { key: 'revenue', title: words.revenue, value: (d) => d.revenue.amount_minor, show: (d) => money(d.revenue), number: true },
  { key: 'conversion', title: words.conversion, value: (d) => d.conversion, show: (d) => percent(d.conversion), number: true },
];
const day = (back: number): string => new Date(Date.now() - back * 86400_000).toISOString().slice(0, 10);
const nameText = (name: unknown): string => (typeof name === 'string' ? name : String((name as Record<string, string> | null)?.en ?? (name as Record<string, string> | null)?.ko ?? ''));

function Retention({ of }: { of: Statistics['retention'] }): ReactNode {
  const rows = of.map((row) => ({ week: row.week, size: row.size ?? row.visitors ?? 0, weeks: row.weeks ?? row.returned ?? [] })).filter((row) => row.size > 0);
  if (rows.length === 0) return null;
  const width = Math.max(...rows.map((row) => row.weeks.length));
  const ratio = (value: number, size: number): number => (value > 1 || size === 1 ? value / size : value);
  return (
    <section className="card">
      <h2>{words.retention}</h2>
      <p className="quiet">{words.retentionAbout}</p>
      <div className="scroll" tabIndex={0}><table className="heat">
        <thead><tr><th>{words.week}</th><th className="number">{texts.words.customer}</th>{Array.from({ length: width }, (_, i) => <th key={i} className="number">+{i + 1}</th>)}</tr></thead>
        <tbody>{rows.map((row) => <tr key={row.week}><td>{row.week}</td><td className="number">{count(row.size)}</td>{row.weeks.map((value, i) => <td key={i} className={`number heat-${Math.min(4, Math.floor(ratio(value, row.size) * 5))}`}>{percent(ratio(value, row.size))}</td>)}</tr>)}</tbody>
      </table></div>
    </section>
  );
}

export function FiguresScreen(): ReactNode {
  const [from, setFrom] = useParam('from', day(29));
  const [to, setTo] = useParam('to', day(-1));
  const { value, problem, reload } = useGet<Statistics>(query('/admin/v1/statistics', { from, to }));
  const plot = useMemo(() => {
    const days = value?.days ?? [];
    const line = (label: string, color: string, of: (d: Day) => number | null): Line[] => [{ label, color, values: days.map(of) }];
    return {
      times: days.map((d) => Date.parse(d.day) / 1000),
      visitors: line(words.dau, '--line-1', (d) => d.visitors),
      orders: line(words.orders, '--line-2', (d) => d.orders),
      revenue: line(words.revenue, '--line-5', (d) => d.revenue.amount_minor),
      conversion: line(words.conversion, '--line-3', (d) => d.conversion),
    };
  }, [value]);
  const currency = value?.days[0]?.revenue.currency ?? 'KRW';
  const sum = (of: (d: Day) => number): number => (value?.days ?? []).reduce((all, d) => all + of(d), 0);
  return (
    <Page title={words.title} about={words.about} tools={<>
      <label>{words.from} <input type="date" value={from} onChange={(e) => setFrom(e.target.value)} /></label>
      <label>{words.to} <input type="date" value={to} onChange={(e) => setTo(e.target.value)} /></label>
    </>}>
      <ProblemNote problem={problem} again={reload} />
      {value && <>
        <Facts of={[[words.revenue, money({ amount_minor: sum((d) => d.revenue.amount_minor), currency })], [words.orders, count(sum((d) => d.orders))], [words.paid, count(sum((d) => d.paid))], [words.signedUp, count(sum((d) => d.signed_up))], ...value.months.slice(-3).map((m): [string, ReactNode] => [`${words.mau} ${m.month}`, count(m.visitors)])]} />
        {value.days.length > 1 && <div className="plots"><div>
          <Plot title={words.dau} times={plot.times} lines={plot.visitors} show={short} />
          <Plot title={words.orders} times={plot.times} lines={plot.orders} show={short} />
          <Plot title={words.revenue} times={plot.times} lines={plot.revenue} show={(v) => (v === null ? '–' : money({ amount_minor: Math.round(v), currency }))} />
          <Plot title={words.conversion} times={plot.times} lines={plot.conversion} show={percent} />
        </div></div>}
        <Note tone={value.drift.differences ? 'bad' : 'good'}>{words.drift}: {value.drift.checked_at === null ? words.never : value.drift.differences ? words.driftSome(value.drift.differences) : words.driftNone} {value.drift.checked_at && <span className="quiet">{time(value.drift.checked_at)}</span>}</Note>
        <Table name="days" columns={dayColumns} rows={value.days} row_key={(d) => d.day} />
        <Retention of={value.retention} />
        <section><h2>{words.best}</h2><Table name="best" rows={value.best_goods} row_key={(g) => g.sku} columns={[
          { key: 'sku', title: texts.words.sku, value: (g) => g.sku, show: (g) => <a href={link(['goods', g.sku])}>{g.sku}</a> },
          { key: 'name', title: texts.words.name, value: (g) => nameText(g.name) },
          { key: 'units', title: texts.words.units, value: (g) => g.units, show: (g) => count(g.units), number: true },
          { key: 'revenue', title: words.revenue, value: (g) => g.revenue.amount_minor, show: (g) => money(g.revenue), number: true },
        ]} /></section>
      </>}
    </Page>
  );
}
