// Speaks with /admin/v1. The session is a cookie that scripts cannot read; what changes something carries the token
// that came with the session.
import { useCallback, useEffect, useRef, useState } from 'react';
import { texts } from './texts';

/** RFC 9457, as every error of the server is. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(title);
  }
}

let csrf = '';
let onSignedOut: () => void = () => undefined;
export const rememberCsrf = (token: string): void => {
  csrf = token;
};
export const whenSignedOut = (call: () => void): void => {
  onSignedOut = call;
};

export interface Answer<T> {
  body: T;
  status: number;
  headers: Headers;
}

interface Call {
  method?: string;
  body?: unknown;
  raw?: BodyInit;
  type?: string;
  signal?: AbortSignal;
}

async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
  const type = text(body.type, '').replace('/problems/', '');
  return new Problem(response.status, type, text(body.title, `${texts.problem.status} ${response.status}`), text(body.detail, ''), body);
}

export async function call<T>(path: string, { method = 'GET', body, raw, type, signal }: Call = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (type) headers['Content-Type'] = type;
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body: raw ?? (body === undefined ? null : JSON.stringify(body)), signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'no-answer', texts.problem.noAnswer, texts.problem.noAnswerDetail);
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (response.status === 401 && problem.type === 'sign-in-needed') onSignedOut();
    throw problem;
  }
  const json = response.headers.get('Content-Type')?.includes('json');
  const content: unknown = response.status === 204 ? undefined : json ? await response.json() : await response.text();
  return { body: content as T, status: response.status, headers: response.headers };
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => (await call<T>(path, signal ? { signal } : {})).body;
export const post = async <T>(path: string, body?: unknown): Promise<T> => (await call<T>(path, { method: 'POST', body: body ?? {} })).body;

export function query(path: string, values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export interface Loaded<T> {
  value: T | null;
  problem: Problem | null;
  loading: boolean;
  reload: () => void;
}

/** What stands at a path; null: not now. Old content stays on the screen until the new is there. */
export function useGet<T>(path: string | null, every_ms = 0): Loaded<T> {
  const [state, setState] = useState<{ path: string | null; value: T | null; problem: Problem | null; loading: boolean }>({
    path, value: null, problem: null, loading: true,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) {
      setState({ path, value: null, problem: null, loading: false });
      return;
    }
    const stop = new AbortController();
    setState((old) => ({ path, value: old.path === path ? old.value : null, problem: old.path === path ? old.problem : null, loading: true }));
    get<T>(path, stop.signal)
      .then((value) => setState({ path, value, problem: null, loading: false }))
      .catch((problem: unknown) => {
        if (stop.signal.aborted) return;
        setState((old) => ({ path, value: old.path === path ? old.value : null, problem: asProblem(problem), loading: false }));
      });
    return () => stop.abort();
  }, [path, turn]);
  useEffect(() => {
    if (every_ms === 0 || path === null) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setTurn((n) => n + 1);
    }, every_ms);
    return () => clearInterval(timer);
  }, [path, every_ms]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { value: state.value, problem: state.problem, loading: state.loading, reload };
}

export interface Listed<T> {
  items: T[];
  problem: Problem | null;
  loading: boolean;
  more: (() => void) | null;
  reload: () => void;
  /** Everything that the list has, page by page, `rows_max` at most. */
  all: (rows_max: number) => Promise<T[]>;
}
interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

const withCursor = (path: string, cursor: string | null): string =>
  cursor === null ? path : `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;

async function everyPage<T>(path: string, rows_max: number): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null; items.length < rows_max;) {
    const page: Page<T> = await get<Page<T>>(withCursor(path, cursor));
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return items.slice(0, rows_max);
}

/** A list by pages: the first at once, the others when asked for. */
export function useList<T>(path: string | null): Listed<T> {
  const [state, setState] = useState<{ items: T[]; cursor: string | null; problem: Problem | null; loading: boolean }>({
    items: [], cursor: null, problem: null, loading: true,
  });
  const [turn, setTurn] = useState(0);
  const current = useRef(0);
  const load = useCallback(
    (cursor: string | null) => {
      if (path === null) return;
      const mine = (current.current += 1);
      setState((old) => ({ ...old, loading: true }));
      get<Page<T>>(withCursor(path, cursor))
        .then((page) => {
          if (mine !== current.current) return;
          setState((old) => ({
            items: cursor === null ? page.items : [...old.items, ...page.items], cursor: page.next_cursor, problem: null, loading: false,
          }));
        })
        .catch((problem: unknown) => {
          if (mine === current.current) setState((old) => ({ ...old, problem: asProblem(problem), loading: false }));
        });
    },
    [path],
  );
  useEffect(() => {
    load(null);
    return () => {
      current.current += 1;
    };
  }, [load, turn]);
  const { cursor } = state;
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const all = useCallback((rows_max: number) => (path === null ? Promise.resolve<T[]>([]) : everyPage<T>(path, rows_max)), [path]);
  return { items: state.items, problem: state.problem, loading: state.loading, more: cursor === null ? null : () => load(cursor), reload, all };
}

export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem(0, 'console', texts.problem.own, String(thrown));
}

/** What this server can do, from its own description: screens and buttons whose operation it lacks are not shown. */
export interface Description {
  paths: Record<string, Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>>;
}
let description: Description = { paths: {} };
export async function learn(): Promise<void> {
  description = await get<Description>('/openapi.json');
}
export const can = (method: string, path: string): boolean => description.paths[path]?.[method.toLowerCase()] !== undefined;
export const takes = (method: string, path: string, parameter: string): boolean =>
  description.paths[path]?.[method.toLowerCase()]?.parameters?.some((one) => one.name === parameter) ?? false;
