import { type SyntheticEvent, type ReactNode, useState } from 'react';
import { can, query, useList } from '../api';
import { money } from '../format';
import { Page, State, When } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { go, link, useParam } from '../router';
import { texts } from '../texts';
import type { Order } from '../types';

const words = texts.words;
export const order_states = ['reserved', 'paying', 'paid', 'prepared', 'shipped', 'delivered', 'returned', 'cancelled', 'expired', 'refunded'];

export const orderColumns: Column<Order>[] = [
  { key: 'number', title: words.order, value: (o) => o.number, show: (o) => <a href={link(['orders', o.order])}>{o.number}</a> },
  { key: 'state', title: words.state, value: (o) => o.state, show: (o) => <State of={o.state} /> },
  { key: 'placed', title: words.at, value: (o) => o.placed_at, show: (o) => <When at={o.placed_at} /> },
  { key: 'total', title: words.total, value: (o) => o.total.amount_minor, show: (o) => money(o.total), number: true },
  { key: 'lines', title: words.lines, value: (o) => o.lines.map((l) => `${l.quantity} × ${l.sku}`).join(', '), wide: true },
  { key: 'sale', title: words.sale, value: (o) => o.sale, show: (o) => (o.sale ? <a href={link(['sales', o.sale])}>{o.sale.slice(0, 8)}</a> : ''), wide: true },
  {
    key: 'customer', title: words.customer, value: (o) => o.customer, wide: true,
    show: (o) => (can('get', '/admin/v1/customers/{customer}') ? <a href={link(['customers', o.customer])}>{o.customer.slice(0, 8)}</a> : o.customer.slice(0, 8)),
  },
];

export function OrdersScreen(): ReactNode {
  const [state, setState] = useParam('state');
  const [sale] = useParam('sale');
  const [customer] = useParam('customer');
  const [number, setNumber] = useParam('number');
  const [from, setFrom] = useParam('from');
  const [to, setTo] = useParam('to');
  const [text, setText] = useState(number);
  const asked = { state, sale, customer, number, from, to };
  const list = useList<Order>(query('/admin/v1/orders', { ...asked, limit: 100 }));
  const find = (event: SyntheticEvent): void => {
    event.preventDefault();
    const wanted = text.trim();
    if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(wanted)) go(link(['orders', wanted]));
    else setNumber(wanted);
  };
  return (
    <Page title={texts.orders.title} about={sale ? `${words.sale} ${sale}` : texts.orders.about}
      tools={<form onSubmit={find} className="tools"><input type="search" value={text} onChange={(e) => setText(e.target.value)} placeholder={texts.orders.find} aria-label={texts.orders.find} /><button type="submit">{texts.orders.open}</button></form>}>
      <Table name="orders" columns={orderColumns} rows={list.items} row_key={(o) => o.order} list={list} export_all={query('/admin/v1/orders/export', { ...asked, limit: 10000 })}
        tools={<>
          <label>{texts.figures.from} <input type="date" value={from} onChange={(e) => setFrom(e.target.value)} /></label>
          <label>{texts.figures.to} <input type="date" value={to} onChange={(e) => setTo(e.target.value)} /></label>
          <select value={state} onChange={(e) => setState(e.target.value)} aria-label={words.state}>
          <option value="">{texts.orders.all}</option>{order_states.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
        </>} />
    </Page>
  );
}
