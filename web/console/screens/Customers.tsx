import { type ReactNode, useState } from 'react';
import { query, takes, useGet, useList } from '../api';
import { time } from '../format';
import { Facts, Page, ProblemNote, When } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { link, useParam } from '../router';
import { texts } from '../texts';
import type { Customer, Order } from '../types';
import { orderColumns } from './Orders';

const words = texts.customers;

const columns: Column<Customer>[] = [
  { key: 'email', title: words.email, value: (c) => c.email, show: (c) => <a href={link(['customers', c.customer])}>{c.email}</a> },
  { key: 'customer', title: texts.words.customer, value: (c) => c.customer, wide: true },
  { key: 'verified', title: words.verified, value: (c) => (c.verified ? texts.words.yes : texts.words.no) },
  { key: 'since', title: words.since, value: (c) => c.created_at, show: (c) => <When at={c.created_at} /> },
];

export function CustomersScreen(): ReactNode {
  const [email, setEmail] = useParam('email');
  const [text, setText] = useState(email);
  const list = useList<Customer>(query('/admin/v1/customers', { email }));
  return (
    <Page title={words.title} about={words.about} tools={
      <form className="tools" onSubmit={(event) => { event.preventDefault(); setEmail(text.trim()); }}>
        <input type="search" value={text} onChange={(e) => setText(e.target.value)} placeholder={words.email} aria-label={words.email} /><button type="submit">{words.find}</button>
      </form>
    }>
      <Table name="customers" columns={columns} rows={list.items} row_key={(c) => c.customer} list={list} />
    </Page>
  );
}

export function CustomerScreen({ id }: { id: string }): ReactNode {
  const { value, problem, reload } = useGet<Customer>(`/admin/v1/customers/${id}`);
  const by_customer = takes('get', '/admin/v1/orders', 'customer');
  const orders = useList<Order>(by_customer ? query('/admin/v1/orders', { customer: id, limit: 100 }) : null);
  if (!value) return <ProblemNote problem={problem} again={reload} />;
  return (
    <Page title={value.email} about={value.customer}>
      <section className="card"><Facts of={[
        [words.email, <>{value.email}{value.email_masked && <small className="quiet">{words.masked}</small>}</>], [words.verified, value.verified ? texts.words.yes : texts.words.no],
        [words.locale, value.locale], [words.since, time(value.created_at)],
      ]} /></section>
      {by_customer && <section><h2>{words.orders}</h2><Table name="orders" columns={orderColumns} rows={orders.items} row_key={(o) => o.order} list={orders} /></section>}
    </Page>
  );
}
