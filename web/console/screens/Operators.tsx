import { type ReactNode, useState } from 'react';
import { can, post, query, useList } from '../api';
import { described, plain, words as asWords } from '../format';
import { Action, Field, FormDialog } from '../parts/Dialog';
import { Note, Page, State, When } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { link, useParam } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { Action as Done, Operator } from '../types';

const words = texts.operators;
const roles = ['viewer', 'manager', 'owner'];

function RoleSelect({ role, set }: { role: string; set: (role: string) => void }): ReactNode {
  return <Field label={texts.words.role}><select value={role} onChange={(e) => set(e.target.value)}>{roles.map((one) => <option key={one} value={one}>{one}</option>)}</select></Field>;
}

function AddOperator({ close, done }: { close: () => void; done: (shown: string | null) => void }): ReactNode {
  const [name, setName] = useState('');
  const [role, setRole] = useState('viewer');
  const [password, setPassword] = useState('');
  const send = async (): Promise<void> => {
    const added = await post<{ name: string; password?: string }>('/admin/v1/operators', { name, role, ...(password ? { password } : {}) });
    done(added.password ? `${added.name}: ${added.password}` : null);
  };
  return (
    <FormDialog title={words.add} label={texts.action.add} onClose={close} send={send}>
      <Field label={texts.words.name}><input required autoFocus autoComplete="off" value={name} onChange={(e) => setName(e.target.value)} /></Field>
      <RoleSelect role={role} set={setRole} />
      <Field label={words.password} hint={words.passwordHint}><input type="password" autoComplete="new-password" value={password} onChange={(e) => setPassword(e.target.value)} /></Field>
    </FormDialog>
  );
}

function Change({ of, done }: { of: Operator; done: () => void }): ReactNode {
  const [role, setRole] = useState<string>(of.role);
  const route = '/admin/v1/operators/{name}';
  const path = `/admin/v1/operators/${encodeURIComponent(of.name)}`;
  if (!can('patch', route)) return null;
  return (
    <div className="buttons left">
      <Action label={words.role} ask={`${of.name}: ${words.askRole}`} method="PATCH" path={path} route={route} body={() => ({ role })} done={done}><RoleSelect role={role} set={setRole} /></Action>
      <Action label={of.disabled ? words.enable : words.disable} ask={`${of.name}: ${of.disabled ? words.askEnable : words.askDisable}`} danger={!of.disabled} method="PATCH" path={path} route={route} body={{ disabled: !of.disabled }} done={done} />
      {of.totp && can('delete', `${route}/totp`) && <Action label={words.resetSecond} ask={`${of.name}: ${words.askReset}`} danger method="DELETE" body={null} path={`${path}/totp`} route={`${route}/totp`} done={done} />}
    </div>
  );
}

export function OperatorsScreen(): ReactNode {
  const { me } = useMe();
  const list = useList<Operator>('/admin/v1/operators');
  const [adding, setAdding] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const columns: Column<Operator>[] = [
    { key: 'name', title: texts.words.name, value: (o) => o.name, show: (o) => <a href={link(['done'], { operator: o.name })}>{o.name}</a> },
    { key: 'role', title: texts.words.role, value: (o) => o.role },
    { key: 'state', title: texts.words.state, value: (o) => (o.disabled ? words.disabled : words.active), show: (o) => <State of={o.disabled ? words.disabled : words.active} /> },
    { key: 'totp', title: words.second, value: (o) => (o.totp ? texts.words.yes : texts.words.no) },
    { key: 'since', title: texts.customers.since, value: (o) => o.created_at, show: (o) => <When at={o.created_at} />, wide: true },
    ...(me.may_manage_operators ? [{ key: 'change', title: words.change, value: () => '', show: (o: Operator) => <Change of={o} done={list.reload} /> }] : []),
  ];
  return (
    <Page title={words.title} about={words.about} tools={me.may_manage_operators && <button type="button" className="main" onClick={() => setAdding(true)}>{words.add}</button>}>
      {shown && <Note tone="warn">{words.shownOnce} <code>{shown}</code></Note>}
      <Table name="operators" columns={columns} rows={list.items} row_key={(o) => o.name} list={list} />
      {adding && <AddOperator close={() => setAdding(false)} done={(text) => { setAdding(false); setShown(text); list.reload(); }} />}
    </Page>
  );
}

const log = texts.log;
export const logColumns: Column<Done>[] = [
  { key: 'at', title: texts.words.at, value: (a) => a.at, show: (a) => <When at={a.at} /> },
  { key: 'operator', title: log.operator, value: (a) => a.operator, show: (a) => <a href={link(['done'], { operator: a.operator })}>{a.operator}</a> },
  { key: 'operation', title: log.operation, value: (a) => a.operation, show: (a) => <span className="nowrap">{asWords(a.operation)}{a.dry_run && <small className="quiet"> {log.dry}</small>}</span> },
  { key: 'target', title: log.target, value: (a) => a.target, show: (a) => <span className="clip" title={a.target}>{a.target}</span> },
  { key: 'outcome', title: log.outcome, value: (a) => a.outcome, show: (a) => <><State of={a.outcome} /> {a.problem && <small className="quiet">{a.problem}</small>}</> },
  { key: 'details', title: log.details, value: (a) => plain(a.details), show: (a) => <small className="quiet details">{described(a.details)}</small>, wide: true },
  { key: 'trace', title: texts.words.trace, value: (a) => a.trace_id, wide: true, show: (a) => (can('get', '/admin/v1/traces') ? <a href={link(['traces'], { trace_id: a.trace_id })}>{a.trace_id.slice(0, 8)}</a> : a.trace_id.slice(0, 8)) },
];

export function OperatorsLogScreen(): ReactNode {
  const [operator, setOperator] = useParam('operator');
  const [target, setTarget] = useParam('target');
  const list = useList<Done>(query('/admin/v1/operators-log', { operator, target, limit: 100 }));
  return (
    <Page title={log.title} about={log.about}>
      <Table name="log" columns={logColumns} rows={list.items} row_key={(a) => a.entry} list={list} tone={(a) => (a.outcome === 'failed' || a.outcome === 'unknown' ? 'bad' : undefined)}
        tools={<>
          {operator && <button type="button" onClick={() => setOperator('')}>{log.operator}: {operator} ×</button>}
          {target && <button type="button" onClick={() => setTarget('')}>{log.target}: {target.slice(0, 12)} ×</button>}
        </>} />
    </Page>
  );
}
