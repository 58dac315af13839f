import type { ReactNode } from 'react';
import type { Problem } from '../api';
import { time } from '../format';
import { texts } from '../texts';

/** What went wrong and what to do now, in the server's own words. */
export function ProblemNote({ problem, again }: { problem: Problem | null; again?: (() => void) | undefined }): ReactNode {
  if (!problem) return null;
  const lines = problem.body.lines as { sku: string; reason: string }[] | undefined;
  return (
    <div className="note bad" role="alert">
      <strong>{problem.title}</strong> {problem.detail}
      {lines && <ul>{lines.map((line) => <li key={line.sku}>{line.sku}: {line.reason.replace(/_/g, ' ')}</li>)}</ul>}
      {again && <button type="button" className="plain" onClick={again}>{texts.action.again}</button>}
    </div>
  );
}

export const Note = ({ tone = '', children }: { tone?: string; children: ReactNode }): ReactNode => <div className={`note ${tone}`} role="status">{children}</div>;

export const State = ({ of }: { of: string }): ReactNode => <span className={`state ${of}`}>{of.replace(/_/g, ' ')}</span>;

/** A moment; where it is narrow the day stands above the time, neither broken. */
export function When({ at }: { at: string | number | null | undefined }): ReactNode {
  const [day, clock] = time(at).split(' ');
  return <time className="when" dateTime={typeof at === 'string' ? at : undefined}><span>{day}</span> {clock && <span>{clock}</span>}</time>;
}

/** Pairs of name and value. */
export function Facts({ of, rows }: { of: [string, ReactNode][]; rows?: boolean }): ReactNode {
  return <dl className={rows ? 'facts rows' : 'facts'}>{of.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

export function Page({ title, about, tools, children }: { title: ReactNode; about?: ReactNode; tools?: ReactNode; children: ReactNode }): ReactNode {
  return (
    <>
      <header className="head">
        <div><h1>{title}</h1>{about && <p className="quiet">{about}</p>}</div>
        {tools && <div className="tools">{tools}</div>}
      </header>
      {children}
    </>
  );
}
