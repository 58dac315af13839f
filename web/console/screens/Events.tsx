import { type ReactNode, useState } from 'react';
import { query, useList } from '../api';
import { Action, Dialog } from '../parts/Dialog';
import { Page, When } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { useParam } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { EventOfShop } from '../types';
import { useSettled } from './GoodsPicker';

const words = texts.events;

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

export function EventsScreen(): ReactNode {
  const { me } = useMe();
  const [state, setState] = useParam('state', 'dead');
  const [topic, setTopic] = useParam('topic');
  const list = useList<EventOfShop>(query('/admin/v1/events', { state, topic: useSettled(topic), limit: 100 }));
  const columns: Column<EventOfShop>[] = [
    { key: 'at', title: texts.words.at, value: (e) => e.at, show: (e) => <When at={e.at} /> },
    { key: 'topic', title: words.topic, value: (e) => e.topic },
    { key: 'group', title: words.group, value: (e) => e.group },
    { key: 'reason', title: texts.words.reason, value: (e) => e.reason },
    { key: 'deliveries', title: words.deliveries, value: (e) => e.deliveries, number: true, wide: true },
    {
      key: 'body', title: words.body, value: (e) => e.body,
      show: (e) => <div className="buttons left"><Body of={e.body} title={`${e.topic} ${e.message}`} />{me.may_change && (
        <Action label={words.retry} ask={words.askRetry} path={`/admin/v1/events/${encodeURIComponent(e.id)}/retry`} route="/admin/v1/events/{event}/retry" done={list.reload} />
      )}</div>,
    },
  ];
  return (
    <Page title={words.title} about={words.about}>
      <div className="tabs" role="group">
        {(['dead', 'pending'] as const).map((one) => <button key={one} type="button" aria-pressed={state === one} onClick={() => setState(one)}>{words[one]}</button>)}
      </div>
      <Table name="events" columns={columns} rows={list.items} row_key={(e) => e.id} list={list} empty={state === 'dead' ? words.none : words.nonePending}
        tools={<input value={topic} onChange={(e) => setTopic(e.target.value)} placeholder={words.topic} aria-label={words.topic} />} />
    </Page>
  );
}
