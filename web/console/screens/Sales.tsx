import type { ReactNode } from 'react';
import { useList } from '../api';
import { count, local, time } from '../format';
import { Page, State } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { link } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { Sale } from '../types';

const words = texts.words;
const units = (sale: Sale): number => sale.items.reduce((all, item) => all + item.units, 0);
const columns: Column<Sale>[] = [
  { key: 'name', title: words.name, value: (sale) => local(sale.name), show: (sale) => <a href={link(['sales', sale.id])}>{local(sale.name)}</a> },
  { key: 'state', title: words.state, value: (sale) => sale.state, show: (sale) => <State of={sale.state} /> },
  { key: 'opens', title: words.opens, value: (sale) => sale.opens_at, show: (sale) => time(sale.opens_at) },
  { key: 'closes', title: words.closes, value: (sale) => sale.closes_at, show: (sale) => time(sale.closes_at), wide: true },
  { key: 'items', title: texts.sales.items, value: (sale) => sale.items.map((item) => item.sku).join(' '), wide: true },
  { key: 'units', title: words.units, value: units, show: (sale) => count(units(sale)), number: true },
  { key: 'line', title: texts.sales.edit, value: (sale) => (sale.line.enabled ? words.yes : words.no), wide: true },
];

export function SalesScreen(): ReactNode {
  const { me } = useMe();
  const list = useList<Sale>('/admin/v1/sales');
  return (
    <Page title={texts.sales.title} about={texts.sales.about} tools={me.may_change && <a className="button main" href={link(['sales', 'new'])}>{texts.sales.plan}</a>}>
      <Table name="sales" columns={columns} rows={list.items} row_key={(sale) => sale.id} list={list} empty={texts.sales.none} />
    </Page>
  );
}
