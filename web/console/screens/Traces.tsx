import { type ReactNode, useState } from 'react';
import { can, query, useList } from '../api';
import { milliseconds, plain } from '../format';
import { Page, State, When } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { link, useParam } from '../router';
import { texts } from '../texts';
import type { LogLine, Trace } from '../types';
import { useSettled } from './GoodsPicker';

const words = texts.traces;

/** When each part of a request ran, as bars under one another. */
function Spans({ of }: { of: Trace }): ReactNode {
  const whole = Math.max(of.duration_ms, ...of.spans.map((s) => s.start_ms + s.duration_ms), 0.001);
  return (
    <div className="spans">
      {of.spans.map((span, index) => (
        <div key={`${span.name} ${index}`}>
          <span>{span.name}</span>
          <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect className="track" width="100" height="8" /><rect className="span" x={(span.start_ms / whole) * 100} width={Math.max(0.4, (span.duration_ms / whole) * 100)} height="8" /></svg>
          <span className="number">{milliseconds(span.duration_ms)}</span>
        </div>
      ))}
    </div>
  );
}

export function TracesScreen(): ReactNode {
  const [slow, setSlow] = useParam('slow');
  const [failed, setFailed] = useParam('failed');
  const [ordered, setOrdered] = useParam('ordered');
  const [min_ms, setMin] = useParam('min_ms');
  const [trace_id, setTrace] = useParam('trace_id');
  const [open, setOpen] = useParam('open');
  const list = useList<Trace>(query('/admin/v1/traces', { slow, failed, ordered, min_ms: useSettled(min_ms), trace_id: useSettled(trace_id), limit: 100 }));
  const columns: Column<Trace>[] = [
    { key: 'at', title: texts.words.at, value: (t) => t.at, show: (t) => <When at={t.at} /> },
    { key: 'route', title: words.route, value: (t) => `${t.method} ${t.route}`, show: (t) => <code>{t.method} {t.route}</code> },
    { key: 'status', title: texts.words.status, value: (t) => t.status, number: true, show: (t) => <span className={t.status >= 500 ? 'bad-text' : ''}>{t.status}</span> },
    { key: 'duration', title: words.duration, value: (t) => t.duration_ms, show: (t) => milliseconds(t.duration_ms), number: true },
    {
      key: 'spans', title: words.spans, value: (t) => t.spans.map((s) => `${s.name} ${s.duration_ms}`).join(' '),
      show: (t) => (open === t.trace_id || trace_id !== '' ? <Spans of={t} /> : <button type="button" className="plain" onClick={() => setOpen(t.trace_id)}>{t.spans.length} {words.spans.toLowerCase()}</button>),
    },
    { key: 'trace', title: words.id, value: (t) => t.trace_id, wide: true, show: (t) => (can('get', '/admin/v1/logs') ? <a href={link(['logs'], { trace_id: t.trace_id })} title={words.logs}>{t.trace_id.slice(0, 12)}</a> : t.trace_id.slice(0, 12)) },
  ];
  return (
    <Page title={words.title} about={words.about}>
      <Table name="traces" columns={columns} rows={list.items} row_key={(t) => `${t.trace_id} ${t.at} ${t.route}`} list={list} empty={words.none} tools={<>
        <label className="check"><input type="checkbox" checked={slow === '1'} onChange={(e) => setSlow(e.target.checked ? '1' : '')} /> {words.slow}</label>
        <label className="check"><input type="checkbox" checked={failed === '1'} onChange={(e) => setFailed(e.target.checked ? '1' : '')} /> {words.failed}</label>
        <label className="check"><input type="checkbox" checked={ordered === '1'} onChange={(e) => setOrdered(e.target.checked ? '1' : '')} /> {words.ordered}</label>
        <input className="narrow" inputMode="numeric" value={min_ms} onChange={(e) => setMin(e.target.value)} placeholder={words.min} aria-label={words.min} />
        <input value={trace_id} onChange={(e) => setTrace(e.target.value.trim())} placeholder={words.id} aria-label={words.id} />
        <button type="button" onClick={list.reload}>{texts.action.refresh}</button>
      </>} />
    </Page>
  );
}

const log = texts.logs;
const logColumns: Column<LogLine>[] = [
  { key: 'at', title: texts.words.at, value: (l) => l.at, show: (l) => <When at={l.at} /> },
  { key: 'level', title: texts.words.level, value: (l) => l.level, show: (l) => <State of={l.level} /> },
  { key: 'event', title: texts.words.event, value: (l) => l.event, show: (l) => <code>{l.event}</code> },
  { key: 'fields', title: log.fields, value: (l) => Object.entries(l.fields).map(([name, value]) => `${name}=${plain(value)}`).join(' ') },
  { key: 'trace', title: texts.words.trace, value: (l) => l.trace_id, wide: true, show: (l) => (l.trace_id ? <a href={link(['traces'], { trace_id: l.trace_id })}>{l.trace_id.slice(0, 12)}</a> : '') },
];

export function LogsScreen(): ReactNode {
  const [level, setLevel] = useParam('level');
  const [q, setQ] = useParam('q');
  const [trace_id, setTrace] = useParam('trace_id');
  const [typed, setTyped] = useState(q);
  const list = useList<LogLine>(query('/admin/v1/logs', { level, q, trace_id, limit: 200 }));
  return (
    <Page title={log.title} about={log.about}>
      <Table name="logs" columns={logColumns} rows={list.items} row_key={(l) => `${l.at} ${l.event} ${JSON.stringify(l.fields)}`} list={list} tone={(l) => (l.level === 'error' ? 'bad' : undefined)} tools={<>
        <select value={level} onChange={(e) => setLevel(e.target.value)} aria-label={log.level}><option value="">{texts.action.all}</option>{['debug', 'info', 'warn', 'error'].map((one) => <option key={one} value={one}>{one}</option>)}</select>
        <form className="tools" onSubmit={(e) => { e.preventDefault(); setQ(typed.trim()); }}><input type="search" value={typed} onChange={(e) => setTyped(e.target.value)} placeholder={log.find} aria-label={log.find} /><button type="submit">{log.search}</button></form>
        {trace_id && <button type="button" onClick={() => setTrace('')}>{texts.words.trace} {trace_id.slice(0, 8)} ×</button>}
        <button type="button" onClick={list.reload}>{texts.action.refresh}</button>
      </>} />
    </Page>
  );
}
