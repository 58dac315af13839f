import { type ReactNode, useState } from 'react';
import { useList } from '../api';
import { count, local } from '../format';
import { Action, Field } from '../parts/Dialog';
import { Note, Page } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { link, useParam } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { Product, Receipt, Stock } from '../types';
import { goodsPath, useSettled } from './GoodsPicker';

const words = texts.stock;
const parts: [keyof Stock, string][] = [
  ['received', texts.words.received], ['available', texts.words.available], ['reserved', texts.words.reserved], ['sold', texts.words.sold],
  ['in_transfer', texts.words.inTransfer], ['withdrawn', texts.words.withdrawn],
];
export const stockFacts = (stock: Stock): [string, ReactNode][] => parts.map(([part, title]) => [title, count(stock[part])]);

export function StockActions({ sku, done }: { sku: string; done: () => void }): ReactNode {
  const [units, setUnits] = useState('');
  const [reason, setReason] = useState('');
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const action = (movement: 'receive' | 'withdraw', label: string, ask: string): ReactNode => (
    <Action label={label} ask={`${sku}: ${ask}`} danger={movement === 'withdraw'} path="/admin/v1/stock" route="/admin/v1/stock"
      body={() => ({ sku, movement, units: Number(units), reason: reason || null })}
      done={(answer) => { setReceipt((answer as { receipt: Receipt }).receipt); setUnits(''); done(); }}>
      <Field label={words.units}><input type="number" min={1} required autoFocus value={units} onChange={(e) => setUnits(e.target.value)} /></Field>
      <Field label={words.reason}><input value={reason} onChange={(e) => setReason(e.target.value)} maxLength={200} /></Field>
    </Action>
  );
  return (
    <div className="buttons left">
      {action('receive', words.receive, words.askReceive)}
      {action('withdraw', words.withdraw, words.askWithdraw)}
      {receipt && <Note tone="good">{words.receipt} {receipt.sequence} <code title={receipt.hash}>{receipt.hash.slice(0, 12)}…</code></Note>}
    </div>
  );
}

export function StockScreen(): ReactNode {
  const { me } = useMe();
  const [text, setText] = useParam('q');
  const settled = useSettled(text);
  const list = useList<Product>(goodsPath(settled.trim(), 200));
  const columns: Column<Product>[] = [
    { key: 'sku', title: texts.words.sku, value: (p) => p.sku, show: (p) => <a href={link(['goods', p.sku])}>{p.sku}</a> },
    { key: 'name', title: texts.words.name, value: (p) => local(p.name), wide: true },
    ...parts.map(([part, title]): Column<Product> => ({
      key: part, title, value: (p) => p.stock?.[part], show: (p) => count(p.stock?.[part]), number: true, wide: part === 'in_transfer' || part === 'withdrawn' || part === 'received',
    })),
    ...(me.may_change ? [{ key: 'change', title: words.change, value: () => '', wide: true, show: (p: Product) => <StockActions sku={p.sku} done={list.reload} /> }] : []),
  ];
  return (
    <Page title={words.title} about={words.about}>
      <Table name="stock" columns={columns} rows={list.items} row_key={(p) => p.sku} list={list} tone={(p) => (p.stock?.available === 0 ? 'none-left' : undefined)}
        tools={<input type="search" value={text} onChange={(e) => setText(e.target.value)} placeholder={texts.goods.find} aria-label={texts.goods.search} />} />
    </Page>
  );
}
