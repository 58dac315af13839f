// The live board's figures: an hour by one request, then a sample a second over server-sent events.
import { useEffect, useSyncExternalStore } from 'react';
import { asProblem, get, type Problem } from './api';
import type { Board, BoardSample, SaleNow } from './types';

export interface BoardState {
  times: number[];
  series: Record<string, (number | null)[]>;
  sales: SaleNow[];
  last_at: number; // when the last sample came, by this browser's clock
  connected: boolean;
  problem: Problem | null;
}

export const kept_s = 3600;
const nothing: BoardState = { times: [], series: {}, sales: [], last_at: 0, connected: false, problem: null };

/** The hour as the server has it; times in Unix seconds. */
export function fromBoard(board: Board): Pick<BoardState, 'times' | 'series'> {
  const length = Math.max(0, ...board.series.map((one) => one.points.length));
  const step = board.interval_ms / 1000;
  const end = Math.floor(Date.parse(board.now) / 1000);
  const times = Array.from({ length }, (_, i) => end - (length - 1 - i) * step);
  const series: BoardState['series'] = {};
  for (const { name, points } of board.series) series[name] = [...Array<null>(length - points.length).fill(null), ...points];
  return { times, series };
}

/** One more sample; those of the same second, or older, are nothing new. A gap stays a gap. */
export function withSample(state: BoardState, sample: BoardSample, now: number): BoardState {
  const at = Math.floor(Date.parse(sample.at) / 1000);
  const last = state.times[state.times.length - 1];
  const rest = { sales: sample.sales, last_at: now, connected: true, problem: null };
  if (last !== undefined && at <= last) return { ...state, ...rest };
  const gap = last !== undefined && at - last > 2 ? [last + 1] : [];
  const drop = Math.max(0, state.times.length + gap.length + 1 - kept_s);
  const times = [...state.times.slice(drop), ...gap, at];
  const series: BoardState['series'] = {};
  for (const name of new Set([...Object.keys(state.series), ...Object.keys(sample.values)])) {
    const old = state.series[name] ?? Array<null>(state.times.length).fill(null);
    series[name] = [...old.slice(drop), ...gap.map(() => null), sample.values[name] ?? null];
  }
  return { ...state, ...rest, times, series };
}

let state = nothing;
const listeners = new Set<() => void>();
const publish = (next: BoardState): void => {
  state = next;
  listeners.forEach((tell) => tell());
};
let source: EventSource | null = null;
let users = 0;

function listen(): void {
  source = new EventSource('/admin/v1/board/stream');
  source.addEventListener('sample', (event) => publish(withSample(state, JSON.parse((event as MessageEvent<string>).data) as BoardSample, Date.now())));
  source.onerror = () => {
    publish({ ...state, connected: false });
    // The browser tries again by itself, unless the answer was none at all.
    if (source?.readyState === EventSource.CLOSED) setTimeout(beginAgain, 3000);
  };
}

function beginAgain(): void {
  if (users === 0) return;
  source?.close();
  begin();
}

function begin(): void {
  get<Board>('/admin/v1/board')
    .then((board) => {
      publish({ ...state, ...fromBoard(board), sales: board.sales, last_at: Date.now(), problem: null });
      if (users > 0) listen();
    })
    .catch((thrown: unknown) => {
      publish({ ...state, problem: asProblem(thrown) });
      setTimeout(() => users > 0 && begin(), 3000);
    });
}

/** One stream for the whole console, while somebody looks. */
export function useBoard(): BoardState {
  useEffect(() => {
    users += 1;
    if (users === 1) begin();
    return () => {
      users -= 1;
      if (users === 0) {
        source?.close();
        source = null;
      }
    };
  }, []);
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => state,
  );
}
