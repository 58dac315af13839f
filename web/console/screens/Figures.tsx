// Visitors, orders, conversion, revenue, retention, best goods: from the statistics that events keep.
import { type ReactNode, useMemo } from 'react';
import { can, query, useGet } from '../api';
import { count, decimals, money, percent, short, time } from '../format';
import { Action } from '../parts/Dialog';
import { Facts, Note, Page, ProblemNote } from '../parts/Note';
import { type Line, Plot } from '../parts/Plot';
import { type Column, Table } from '../parts/Table';
import { link, useParam } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { Money, Statistics } from '../types';

const words = texts.figures;
type Day = Statistics['days'][number];
type Cohort = Statistics['retention'][number];
type Drift = NonNullable<Statistics['drift']>;

/** A shop has one currency, unless it changed it. */
const several = (of: Money[]): string => of.map(money).join(' + ') || '–';
const first = (of: Money[]): number => of[0]?.amount_minor ?? 0;

const dayColumns: Column<Day>[] = [
  { key: 'day', title: words.day, value: (d) => d.day },
  { key: 'visitors', title: words.dau, value: (d) => d.visitors, show: (d) => count(d.visitors), number: true },
  { key: 'signed', title: words.signedUp, value: (d) => d.signed_up, show: (d) => count(d.signed_up), number: true, wide: true },
  { key: 'orders', title: words.orders, value: (d) => d.orders, show: (d) => count(d.orders), number: true },
  { key: 'paid', title: words.paid, value: (d) => d.paid, show: (d) => count(d.paid), number: true, wide: true },
  { key: 'revenue', title: words.revenue, value: (d) => first(d.revenue), show: (d) => several(d.revenue), number: true },
  { key: 'refunds', title: words.refunds, value: (d) => first(d.refunds), show: (d) => several(d.refunds), number: true, wide: true },
  { key: 'conversion', title: words.conversion, value: (d) => d.conversion, show: (d) => percent(d.conversion), number: true },
];

function Retention({ of }: { of: Cohort[] }): ReactNode {
  const cohorts = [...new Set(of.map((one) => one.cohort))];
  const later = Math.max(0, ...of.map((one) => one.months_later));
  if (later === 0) return null;
  const find = (cohort: string, months: number): Cohort | undefined => of.find((one) => one.cohort === cohort && one.months_later === months);
  const columns: Column<string>[] = [
    { key: 'month', title: words.month, value: (c) => c },
    { key: 'customers', title: texts.customers.title, value: (c) => find(c, 0)?.customers, show: (c) => count(find(c, 0)?.customers), number: true },
    ...Array.from({ length: later }, (_, i): Column<string> => ({
      key: `later-${i + 1}`, title: `+${i + 1}`, value: (c) => find(c, i + 1)?.share, number: true,
      show: (c) => {
        const share = find(c, i + 1)?.share ?? null;
        return share === null ? '' : <span className={`heat heat-${Math.min(4, Math.ceil(share * 5))}`}>{percent(share)}</span>;
      },
    })),
  ];
  return (
    <section>
      <h2>{words.retention}</h2>
      <p className="quiet">{words.retentionAbout}</p>
      <Table name="retention" columns={columns} rows={cohorts} row_key={(c) => c} />
    </section>
  );
}

function DriftCheck({ of, done }: { of: Drift | null; done: () => void }): ReactNode {
  const { me } = useMe();
  const route = '/admin/v1/statistics/check';
  return (
    <>
      <Note tone={of === null ? '' : of.differences ? 'bad' : 'good'}>
        <strong>{words.drift}</strong> {of === null ? words.never : of.differences ? words.driftSome(of.differences) : words.driftNone} {of && <span className="quiet">{time(of.checked_at)}</span>}
        {of && of.items.length > 0 && <ul>{of.items.map((one) => <li key={one.day + one.figure}>{one.day} {one.figure}: {count(one.kept)} kept, {count(one.counted)} counted</li>)}</ul>}
        {me.may_change && can('post', route) && <> <Action label={words.check} ask={words.askCheck} path={route} route={route} done={done} /></>}
      </Note>
    </>
  );
}

export function FiguresScreen(): ReactNode {
  // The shop's clock says which day it is: without dates the server gives its last thirty.
  const [from, setFrom] = useParam('from');
  const [to, setTo] = useParam('to');
  const { value, problem, reload } = useGet<Statistics>(query('/admin/v1/statistics', { from, to }));
  const plot = useMemo(() => {
    const days = value?.days ?? [];
    const line = (label: string, color: string, of: (d: Day) => number | null): Line[] => [{ label, color, values: days.map(of) }];
    return {
      times: days.map((d) => Date.parse(d.day) / 1000),
      visitors: line(words.dau, '--line-1', (d) => d.visitors),
      orders: line(words.orders, '--line-2', (d) => d.orders),
      revenue: line(words.revenue, '--line-5', (d) => first(d.revenue)),
      conversion: line(words.conversion, '--line-3', (d) => d.conversion),
    };
  }, [value]);
  const currency = value?.days.find((d) => d.revenue.length > 0)?.revenue[0]?.currency ?? 'KRW';
  const sum = (of: (d: Day) => number): number => (value?.days ?? []).reduce((all, d) => all + of(d), 0);
  return (
    <Page title={words.title} about={words.about} tools={<>
      <label>{words.from} <input type="date" value={from || (value?.days[0]?.day ?? '')} onChange={(e) => setFrom(e.target.value)} /></label>
      <label>{words.to} <input type="date" value={to || (value?.days.at(-1)?.day ?? '')} onChange={(e) => setTo(e.target.value)} /></label>
    </>}>
      <ProblemNote problem={problem} again={reload} />
      {value && <>
        <Facts of={[[words.revenue, money({ amount_minor: sum((d) => first(d.revenue)), currency })], [words.orders, count(sum((d) => d.orders))], [words.paid, count(sum((d) => d.paid))], [words.signedUp, count(sum((d) => d.signed_up))], ...value.months.slice(-3).map((m): [string, ReactNode] => [`${words.mau} ${m.month}`, count(m.visitors)])]} />
        {value.days.length > 1 && <div className="plots"><div>
          <Plot title={words.dau} times={plot.times} lines={plot.visitors} show={short} days />
          <Plot title={words.orders} times={plot.times} lines={plot.orders} show={short} days />
          <Plot title={words.revenue} times={plot.times} lines={plot.revenue} show={(v) => (v === null ? '–' : short(v / 10 ** decimals(currency)))} days />
          <Plot title={words.conversion} times={plot.times} lines={plot.conversion} show={percent} days />
        </div></div>}
        <DriftCheck of={value.drift} done={reload} />
        <Table name="days" columns={dayColumns} rows={value.days} row_key={(d) => d.day} />
        <Retention of={value.retention} />
        <section><h2>{words.best}</h2><Table name="best" rows={value.best_goods} row_key={(g) => g.sku} columns={[
          { key: 'sku', title: texts.words.sku, value: (g) => g.sku, show: (g) => <a href={link(['goods', g.sku])}>{g.sku}</a> },
          { key: 'units', title: texts.words.units, value: (g) => g.units, show: (g) => count(g.units), number: true },
          { key: 'revenue', title: words.revenue, value: (g) => g.revenue.amount_minor, show: (g) => money(g.revenue), number: true },
        ]} /></section>
      </>}
    </Page>
  );
}
