import type { ReactNode } from 'react';
import { useList } from '../api';
import { plain } from '../format';
import { Page, State } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { texts } from '../texts';
import type { Setting } from '../types';

const words = texts.configuration;
const columns: Column<Setting>[] = [
  { key: 'key', title: words.key, value: (s) => s.key, show: (s) => <code>{s.key}</code> },
  { key: 'value', title: words.value, value: (s) => plain(s.value), show: (s) => <code className="value">{plain(s.value) || '–'}</code> },
  { key: 'default', title: words.initial, value: (s) => plain(s.default), show: (s) => <code className="quiet">{plain(s.default) || '–'}</code>, wide: true },
  { key: 'source', title: words.source, value: (s) => s.source, show: (s) => <State of={s.source} /> },
  { key: 'help', title: words.help, value: (s) => s.help, wide: true },
];

export function ConfigurationScreen(): ReactNode {
  const list = useList<Setting>('/admin/v1/configuration');
  return <Page title={words.title} about={words.about}><Table name="configuration" columns={columns} rows={list.items} row_key={(s) => `${s.key} ${s.help}`} list={list} tone={(s) => (s.source === 'default' ? undefined : 'set')} /></Page>;
}
