import { type SyntheticEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { asProblem, call, type Problem, takes } from '../api';
import { money, plain, words } from '../format';
import { texts } from '../texts';
import type { Money } from '../types';
import { ProblemNote } from './Note';

/** The browser's own modal: keeps the focus, closes with Escape. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }): ReactNode {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} aria-label={title} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

/** One value of an answer, as a person reads it. */
function Value({ of }: { of: unknown }): ReactNode {
  if (of === null || of === undefined) return '–';
  if (typeof of === 'boolean') return of ? texts.words.yes : texts.words.no;
  if (typeof of !== 'object') return plain(of);
  if (Array.isArray(of)) return of.length === 0 ? texts.words.none : <ul className="plain-list">{of.map((one: unknown, i) => <li key={i}><Value of={one} /></li>)}</ul>;
  if ('amount_minor' in of) return money(of as Money);
  if ('movement' in of && 'sku' in of && 'units' in of) return `${words(plain(of.movement))} ${plain(of.units)} × ${plain(of.sku)}`;
  return Object.entries(of).map(([name, value]) => `${words(name)} ${plain(value)}`).join(', ');
}

function Would({ of }: { of: unknown }): ReactNode {
  if (of === null || typeof of !== 'object') return <p>{plain(of)}</p>;
  return <dl className="facts">{Object.entries(of).map(([name, value]: [string, unknown]) => <div key={name}><dt>{words(name)}</dt><dd><Value of={value} /></dd></div>)}</dl>;
}

interface ActionProps {
  label: string;
  /** The question, and what the answer means. */
  ask: string;
  path: string;
  /** The route as the server describes it, to learn whether it can be tried without effect. */
  route: string;
  method?: string;
  /** What is sent, or a function that makes it when it is sent. */
  body?: unknown;
  danger?: boolean;
  children?: ReactNode;
  done: (answer: unknown) => void;
  disabled?: boolean;
}

/** A button that asks before it acts, and can tell beforehand what would happen. */
export function Action({ label, ask, path, route, method = 'POST', body = {}, danger, children, done, disabled }: ActionProps): ReactNode {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [would, setWould] = useState<unknown>(undefined);
  const tryable = takes(method, route, 'dry_run');
  const content = (): unknown => (typeof body === 'function' ? (body as () => unknown)() : body);
  const run = async (dry: boolean): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const given = method === 'DELETE' && !content() ? {} : { body: content() };
      const answer = await call<Record<string, unknown> | undefined>(dry ? `${path}${path.includes('?') ? '&' : '?'}dry_run=1` : path, { method, ...given });
      if (dry) setWould(answer.body?.would ?? answer.body);
      else {
        setOpen(false);
        done(answer.body);
      }
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
    setBusy(false);
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    void run(false);
  };
  const show = (): void => {
    setProblem(null);
    setWould(undefined);
    setOpen(true);
  };
  return (
    <>
      <button type="button" className={danger ? 'danger' : ''} onClick={show} disabled={disabled}>{label}</button>
      {open && (
        <Dialog title={label} onClose={() => setOpen(false)}>
          <form onSubmit={submit}>
            <p>{ask}</p>
            {children}
            {would !== undefined && <div className="note"><strong>{texts.action.would}</strong><Would of={would} /></div>}
            <ProblemNote problem={problem} />
            <div className="buttons">
              <button type="button" className="plain" onClick={() => setOpen(false)}>{texts.action.back}</button>
              {tryable && <button type="button" onClick={() => void run(true)} disabled={busy}>{texts.action.try}</button>}
              <button type="submit" className={danger ? 'danger main' : 'main'} disabled={busy}>{busy ? texts.action.busy : label}</button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

/** A form in a dialog. */
export function FormDialog({ title, label, onClose, send, children }: {
  title: string; label: string; onClose: () => void; send: () => Promise<void>; children: ReactNode;
}): ReactNode {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    send().catch((thrown: unknown) => setProblem(asProblem(thrown))).finally(() => setBusy(false));
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        {children}
        <ProblemNote problem={problem} />
        <div className="buttons">
          <button type="button" className="plain" onClick={onClose}>{texts.action.back}</button>
          <button type="submit" className="main" disabled={busy}>{busy ? texts.action.busy : label}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Field({ label, hint, children }: { label: string; hint?: string | undefined; children: ReactNode }): ReactNode {
  return <label className="field"><span>{label}</span>{children}{hint && <small>{hint}</small>}</label>;
}
