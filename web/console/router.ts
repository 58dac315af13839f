// Where one is, in the address after '#': "#/orders/ID?state=paid&sort=-total". Everything that can be linked is in it.
import { useCallback, useSyncExternalStore } from 'react';

export interface Place {
  path: string[];
  query: URLSearchParams;
}

export function parse(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return { path: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export function link(path: (string | number)[], query: Record<string, string | number | null | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return `#/${path.map((part) => encodeURIComponent(part)).join('/')}${text ? `?${text}` : ''}`;
}

const subscribe = (changed: () => void): (() => void) => {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
};

export const useHash = (): string => useSyncExternalStore(subscribe, () => window.location.hash);

export function usePlace(): Place {
  return parse(useHash());
}

export function go(to: string): void {
  window.location.hash = to;
}

/** One parameter of the address, as a state. Setting it does not fill the browser's history. */
export function useParam(name: string, otherwise = ''): [string, (value: string) => void] {
  const value = usePlace().query.get(name) ?? otherwise;
  const set = useCallback(
    (next: string) => {
      const { path, query } = parse(window.location.hash);
      if (next === otherwise) query.delete(name);
      else query.set(name, next);
      window.history.replaceState(null, '', link(path, Object.fromEntries(query)));
      window.dispatchEvent(new HashChangeEvent('hashchange'));
    },
    [name, otherwise],
  );
  return [value, set];
}
