// One sale: now, its result, the draw's proof, the audit's verdict.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { can, get, useGet } from '../api';
import { useAudit } from '../audit';
import { count, local, money, percent, time } from '../format';
import { Action } from '../parts/Dialog';
import { Facts, Note, Page, ProblemNote, State } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { type Units, Waterfall } from '../parts/Waterfall';
import { link } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { Draw, Sale, Stock } from '../types';
import { AuditProgress } from './Audit';
import { Expect } from './Expect';

const words = texts.sales;

function Steps({ sale, done }: { sale: Sale; done: () => void }): ReactNode {
  const step = (state: string, label: string, ask: string, danger = false): ReactNode => (
    <Action key={state} label={label} ask={ask} danger={danger} path={`/admin/v1/sales/${sale.id}/state`} route="/admin/v1/sales/{sale}/state" body={{ state }} done={done} />
  );
  return (
    <>
      {sale.state === 'scheduled' && step('open', words.open, words.askOpen)}
      {sale.state === 'paused' && step('open', words.reopen, words.askOpen)}
      {sale.state === 'open' && step('paused', words.pause, words.askPause)}
      {sale.state !== 'closed' && step('closed', words.close, words.askClose, true)}
    </>
  );
}

/** A SKU's stock as far as the sale may take of it. */
function withinCap(stock: Units, cap = Infinity): Units {
  const sold = Math.min(stock.sold, cap);
  const reserved = Math.min(stock.reserved, cap - sold);
  const available = Math.min(stock.available, cap - sold - reserved);
  return { sku: stock.sku, received: Number.isFinite(cap) ? cap : stock.received, sold, reserved, available };
}

const items_shown_max = 20;

/** What became of the sale's goods; of a SKU as a whole, since its stock is one. */
function useStock(sale: Sale | null): Units[] {
  const [stock, setStock] = useState<Units[]>([]);
  const skus = (sale?.items ?? []).slice(0, items_shown_max).map((item) => item.sku).join('\n');
  const over = sale?.state === 'closed';
  const caps = useRef(new Map<string, number>());
  caps.current = new Map((sale?.items ?? []).map((item) => [item.sku, item.units]));
  useEffect(() => {
    if (!skus) return undefined;
    let gone = false;
    const look = (): void => {
      Promise.all(skus.split('\n').map((sku) => get<Stock & { sku: string }>(`/admin/v1/stock/${encodeURIComponent(sku)}`)))
        .then((all) => { if (!gone) setStock(all.map((one) => withinCap(one, caps.current.get(one.sku)))); })
        .catch(() => undefined); // The sale's own request shows what is wrong.
    };
    look();
    const timer = over ? 0 : setInterval(() => !document.hidden && look(), 3000);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [skus, over]);
  return stock;
}

function Proof({ sale }: { sale: Sale }): ReactNode {
  const route = '/admin/v1/sales/{sale}/draw';
  const { value, problem } = useGet<Draw>(can('get', route) ? `/admin/v1/sales/${sale.id}/draw` : null);
  if (!sale.line.enabled || !sale.line.draw || !can('get', route)) return null;
  return (
    <section className="card">
      <h2>{words.draw_}</h2>
      <ProblemNote problem={problem} />
      {value && !value.drawn && sale.state === 'closed' && <p>{words.drawNot}</p>}
      {value && <>
        <p className="quiet">{words.drawAbout}</p>
        <Facts rows of={[
          [words.commitment, <code key="c">{value.commitment}</code>], [words.publicValue, <code key="p">{value.public_value || '–'}</code>],
          [words.root, <code key="r">{value.root ?? '–'}</code>], [words.secret, value.secret ? <code key="s">{value.secret}</code> : words.secretLater],
          [words.entries, count(value.entries_total)],
        ]} />
        <p className="quiet">{words.verify} <code>marketday sale verify-draw {sale.id}</code></p>
      </>}
    </section>
  );
}

function AuditVerdict(): ReactNode {
  const { audit, running, problem, start } = useAudit();
  const report = audit?.last?.report;
  return (
    <section className="card">
      <h2>{words.audit}</h2>
      <ProblemNote problem={problem} />
      {audit && report && <Note tone={report.holds ? 'good' : 'bad'}>{report.holds ? texts.audit.holds : texts.audit.broken} {time(audit.last?.finished_at)} <a href={link(['audit'])}>{texts.audit.checks}</a></Note>}
      {audit && running && <AuditProgress audit={audit} />}
      <button type="button" onClick={start} disabled={running}>{running ? texts.audit.running : words.auditRun}</button>
    </section>
  );
}

const itemColumns: Column<Sale['items'][number]>[] = [
  { key: 'sku', title: texts.words.sku, value: (i) => i.sku, show: (i) => <a href={link(['goods', i.sku])}>{i.sku}</a> },
  { key: 'units', title: texts.words.units, value: (i) => i.units, show: (i) => count(i.units), number: true },
  { key: 'price', title: texts.words.price, value: (i) => i.price.amount_minor, show: (i) => money(i.price), number: true },
  { key: 'limit', title: texts.words.limit, value: (i) => i.limit_per_customer, show: (i) => i.limit_per_customer || texts.words.none, number: true },
];

export function SaleScreen({ id }: { id: string }): ReactNode {
  const { me } = useMe();
  const { value: sale, problem, reload } = useGet<Sale>(`/admin/v1/sales/${id}`, 5000);
  const stock = useStock(sale);
  if (!sale) return <ProblemNote problem={problem} again={reload} />;
  const offered = sale.items.reduce((all, item) => all + item.units, 0);
  const sold = stock.reduce((all, item) => all + item.sold, 0);
  const revenue = sale.items.reduce((all, item) => all + item.price.amount_minor * (stock.find((one) => one.sku === item.sku)?.sold ?? 0), 0);
  const currency = sale.items[0]?.price.currency ?? 'KRW';
  return (
    <Page title={<>{local(sale.name)} <State of={sale.state} /></>} about={`${texts.words.opens} ${time(sale.opens_at)}${sale.closes_at ? ` · ${texts.words.closes} ${time(sale.closes_at)}` : ''}`}
      tools={me.may_change && <Steps sale={sale} done={reload} />}>
      <ProblemNote problem={problem} again={reload} />
      {stock.length > 0 && <section className="card">
        <h2>{sale.state === 'closed' ? words.result : words.live}</h2>
        <Facts of={[[words.offered, count(offered)], [words.share, percent(offered ? sold / offered : null)], [words.revenue, money({ amount_minor: revenue, currency })]]} />
        <Waterfall items={stock} />
      </section>}
      <section className="card">
        <h2>{words.items}</h2>
        <Table name="items" columns={itemColumns} rows={sale.items} row_key={(item) => item.sku} />
        <Facts of={[[words.edit, sale.line.enabled ? texts.words.yes : texts.words.no], [words.lot, sale.line.draw ? texts.words.yes : texts.words.no], [words.admissions, sale.line.admissions_per_s_max || texts.words.none]]} />
        <p><a href={link(['orders'], { sale: sale.id })}>{words.orders}</a></p>
      </section>
      <Proof sale={sale} />
      {sale.state !== 'closed' && <Expect units={offered} line={sale.line.enabled} />}
      {can('get', '/admin/v1/audit') && <AuditVerdict />}
    </Page>
  );
}
