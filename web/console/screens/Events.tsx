import { type ReactNode, useState } from 'react';
import { can, query, useList } from '../api';
import { time } from '../format';
import { Action, Dialog } from '../parts/Dialog';
import { Page } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { useParam } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';

const words = texts.events;
interface Letter {
  position: number;
  group: string;
  message: string;
  topic: string;
  deliveries: number;
  reason: string;
  died_at: string;
  body: string;
}
interface Pending extends Record<string, unknown> {
  position?: number;
  message?: string;
  group?: string;
  topic?: string;
  at?: string;
  body?: string;
}

const pretty = (body: unknown): string => {
  try {
    return JSON.stringify(typeof body === 'string' ? JSON.parse(body) : body, null, 2);
  } catch {
    return String(body);
  }
};

function Body({ of, title }: { of: unknown; title: string }): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="plain" onClick={() => setOpen(true)}>{words.body}</button>
      {open && <Dialog title={title} onClose={() => setOpen(false)}><pre tabIndex={0}>{pretty(of)}</pre><div className="buttons"><button type="button" onClick={() => setOpen(false)}>{texts.action.close}</button></div></Dialog>}
    </>
  );
}

function DeadLetters(): ReactNode {
  const { me } = useMe();
  const list = useList<Letter>('/admin/v1/dead-letters');
  const columns: Column<Letter>[] = [
    { key: 'at', title: texts.words.at, value: (l) => l.died_at, show: (l) => time(l.died_at) },
    { key: 'topic', title: words.topic, value: (l) => l.topic },
    { key: 'group', title: words.group, value: (l) => l.group },
    { key: 'reason', title: texts.words.reason, value: (l) => l.reason },
    { key: 'deliveries', title: words.deliveries, value: (l) => l.deliveries, number: true, wide: true },
    {
      key: 'do', title: words.body, value: (l) => l.body,
      show: (l) => <div className="buttons left"><Body of={l.body} title={`${l.topic} ${l.message}`} />{me.may_change && (
        <Action label={words.retry} ask={words.askRetry} path={`/admin/v1/dead-letters/${encodeURIComponent(l.group)}/${l.position}/retry`} route="/admin/v1/dead-letters/{group}/{position}/retry" done={list.reload} />
      )}</div>,
    },
  ];
  return <Table name="dead" columns={columns} rows={list.items} row_key={(l) => `${l.group} ${l.position}`} list={list} empty={words.none} />;
}

function PendingEvents(): ReactNode {
  const list = useList<Pending>(query('/admin/v1/events', { state: 'pending' }));
  const columns: Column<Pending>[] = [
    { key: 'topic', title: words.topic, value: (e) => e.topic },
    { key: 'group', title: words.group, value: (e) => e.group },
    { key: 'position', title: '#', value: (e) => e.position, number: true },
    { key: 'at', title: texts.words.at, value: (e) => e.at, show: (e) => time(e.at) },
    { key: 'body', title: words.body, value: (e) => (typeof e.body === 'string' ? e.body : JSON.stringify(e)), show: (e) => <Body of={e.body ?? e} title={String(e.topic ?? '')} /> },
  ];
  return <Table name="pending" columns={columns} rows={list.items} row_key={(e) => `${e.group} ${e.position} ${e.message}`} list={list} empty={words.nonePending} />;
}

export function EventsScreen(): ReactNode {
  const [tab, setTab] = useParam('show', 'dead');
  const pending = can('get', '/admin/v1/events');
  return (
    <Page title={words.title} about={words.about}>
      {pending && <div className="tabs" role="tablist">
        {(['dead', 'pending'] as const).map((one) => <button key={one} type="button" role="tab" aria-selected={tab === one} onClick={() => setTab(one)}>{words[one]}</button>)}
      </div>}
      {tab === 'pending' && pending ? <PendingEvents /> : <DeadLetters />}
    </Page>
  );
}
