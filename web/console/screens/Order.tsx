// One order: what is in it, what became of it, and what can be done with it.
import { type ReactNode, useState } from 'react';
import { can, query, useGet, useList } from '../api';
import { count, money, time, words as asWords } from '../format';
import { Action, Field } from '../parts/Dialog';
import { Facts, Note, Page, ProblemNote, State, When } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { link } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { Action as Done, LedgerEntry, Order, OrderDetail } from '../types';
import { logColumns } from './Operators';

const words = texts.orders;

/** Which steps an order can take from its state, as docs/api.md draws them. */
export const steps: Record<string, string[]> = {
  reserved: ['cancel'], paid: ['prepare', 'refund'], prepared: ['ship', 'refund'], shipped: ['deliver', 'return', 'refund'], delivered: ['return', 'refund'], returned: ['refund'],
};

function Steps({ order, done }: { order: Order; done: (note: string | null) => void }): ReactNode {
  const [tracking, setTracking] = useState('');
  const [restock, setRestock] = useState(order.state !== 'shipped' && order.state !== 'delivered');
  const path = (step: string): string => `/admin/v1/orders/${order.order}/${step}`;
  const route = (step: string): string => `/admin/v1/orders/{order}/${step}`;
  const plain = (step: string, label: string, ask: string, danger = false): ReactNode => (
    <Action key={step} label={label} ask={ask} danger={danger} path={path(step)} route={route(step)} done={() => done(null)} />
  );
  const all: Record<string, ReactNode> = {
    prepare: plain('prepare', words.prepare, words.askPrepare),
    deliver: plain('deliver', words.deliver, words.askDeliver),
    return: plain('return', words.giveBack, words.askReturn),
    cancel: plain('cancel', words.cancel, words.askCancel, true),
    ship: (
      <Action key="ship" label={words.ship} ask={words.askShip} path={path('ship')} route={route('ship')} body={() => ({ tracking: tracking || null })} done={() => done(null)}>
        <Field label={words.tracking}><input value={tracking} onChange={(e) => setTracking(e.target.value)} maxLength={200} autoFocus /></Field>
      </Action>
    ),
    refund: (
      <Action key="refund" label={words.refund} ask={`${words.askRefund} ${money(order.total)}`} danger path={path('refund')} route={route('refund')} body={() => ({ restock })}
        done={(answer) => done((answer as Order | undefined)?.state === 'refunded' ? null : words.late)}>
        <label className="check"><input type="checkbox" checked={restock} onChange={(e) => setRestock(e.target.checked)} /> {words.restock}</label>
      </Action>
    ),
  };
  return <>{(steps[order.state] ?? []).map((step) => all[step])}</>;
}

const ledgerColumns: Column<LedgerEntry>[] = [
  { key: 'sequence', title: '#', value: (e) => e.sequence, number: true },
  { key: 'at', title: texts.words.at, value: (e) => e.at, show: (e) => <When at={e.at} /> },
  { key: 'movement', title: texts.words.event, value: (e) => e.movement, show: (e) => asWords(e.movement) },
  { key: 'sku', title: texts.words.sku, value: (e) => e.sku },
  { key: 'units', title: texts.words.units, value: (e) => e.units, show: (e) => count(e.units), number: true },
  { key: 'hash', title: words.hash, value: (e) => e.hash, show: (e) => <code title={e.hash}>{e.hash.slice(0, 16)}…</code>, wide: true },
];

function Ledger({ order }: { order: string }): ReactNode {
  const route = '/admin/v1/orders/{order}/ledger';
  const { value, problem } = useGet<{ items: LedgerEntry[] }>(can('get', route) ? `/admin/v1/orders/${order}/ledger` : null);
  if (!can('get', route)) return null;
  return (
    <section>
      <h2>{words.ledger}</h2>
      <ProblemNote problem={problem} />
      <Table name="ledger" columns={ledgerColumns} rows={value?.items ?? []} row_key={(e) => e.sequence} />
    </section>
  );
}

function OperatorsDid({ order }: { order: string }): ReactNode {
  const list = useList<Done>(query('/admin/v1/operators-log', { target: order }));
  if (list.items.length === 0) return null;
  return (
    <section>
      <h2>{words.operators}</h2>
      <Table name="did" columns={logColumns.filter((column) => column.key !== 'target')} rows={list.items} row_key={(a) => a.entry} />
    </section>
  );
}

type Line = Order['lines'][number];

function Lines({ order }: { order: Order }): ReactNode {
  const { currency } = order.total;
  const amount = (amount_minor: number): string => money({ amount_minor, currency });
  const columns: Column<Line>[] = [
    { key: 'sku', title: texts.words.sku, value: (l) => l.sku, show: (l) => <a href={link(['goods', l.sku])}>{l.sku}</a> },
    { key: 'quantity', title: texts.words.quantity, value: (l) => l.quantity, number: true },
    { key: 'price', title: texts.words.price, value: (l) => l.unit_price_minor, show: (l) => amount(l.unit_price_minor), number: true },
    { key: 'total', title: texts.words.total, value: (l) => l.unit_price_minor * l.quantity, show: (l) => amount(l.unit_price_minor * l.quantity), number: true },
  ];
  return (
    <section>
      <h2>{texts.words.lines}</h2>
      <Table name="lines" columns={columns} rows={order.lines} row_key={(l) => l.sku} foot={<>
        <tr><td colSpan={3}>{texts.words.shipping}</td><td className="number">{money(order.shipping)}</td></tr>
        <tr className="sum"><td colSpan={3}>{texts.words.total}</td><td className="number">{money(order.total)}</td></tr>
      </>} />
    </section>
  );
}

/** The request that placed the order: its spans, and what was logged for it. */
function TraceOf({ trace_id }: { trace_id: string | null }): ReactNode {
  if (trace_id === null) return <span className="quiet">{words.traceGone}</span>;
  return (
    <>
      <a href={link(['traces'], { trace_id })} title={trace_id}>{trace_id.slice(0, 12)}…</a>
      {can('get', '/admin/v1/logs') && <> · <a href={link(['logs'], { trace_id })}>{texts.traces.logs}</a></>}
    </>
  );
}

export function OrderScreen({ id }: { id: string }): ReactNode {
  const { me } = useMe();
  const [note, setNote] = useState<string | null>(null);
  const { value: order, problem, reload } = useGet<OrderDetail>(`/admin/v1/orders/${encodeURIComponent(id)}`);
  if (!order) return <ProblemNote problem={problem} again={reload} />;
  const done = (text: string | null): void => {
    setNote(text);
    reload();
  };
  const { address } = order;
  return (
    <Page title={<>{texts.words.order} {order.number} <State of={order.state} /></>} about={time(order.placed_at)} tools={me.may_change && <Steps key={order.state} order={order} done={done} />}>
      <ProblemNote problem={problem} again={reload} />
      {note && <Note tone="warn">{note}</Note>}
      <div className="columns">
        <div>
          <Lines order={order} />
          <Ledger order={order.order} />
          {can('get', '/admin/v1/operators-log') && <OperatorsDid key={order.state} order={order.order} />}
        </div>
        <aside>
          <section className="card">
            <Facts of={[
              [texts.words.customer, can('get', '/admin/v1/customers') ? <a key="c" href={link(['customers', order.customer])}>{order.customer}</a> : order.customer],
              ...(order.sale ? [[texts.words.sale, <a key="s" href={link(['sales', order.sale])}>{order.sale.slice(0, 8)}</a>] as [string, ReactNode]] : []),
              [words.hold, time(order.hold_until)], [words.payment, order.payment ?? '–'], [words.captured, time(order.captured_at)],
              ...(order.refunded_at ? [[words.refunded, time(order.refunded_at)] as [string, ReactNode]] : []), [words.tracking, order.tracking || '–'],
              [words.receipt, <span key="r">{order.receipt.sequence} <code title={order.receipt.hash}>{order.receipt.hash.slice(0, 16)}…</code></span>],
              ...(can('get', '/admin/v1/traces') ? [[texts.words.trace, <TraceOf key="t" trace_id={order.trace_id} />] as [string, ReactNode]] : []),
            ]} />
          </section>
          <section className="card">
            <h2>{texts.words.address}</h2>
            <address>{[address.recipient, address.line1, address.line2, `${address.postal_code} ${address.city}`, address.country, address.phone].filter(Boolean).map((part) => <div key={part}>{part}</div>)}</address>
          </section>
        </aside>
      </div>
    </Page>
  );
}

