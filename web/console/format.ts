// How figures, money and times are written. Pure: tested in format.test.ts.
import type { LocalText, Money } from './types';

const digits: Record<string, number> = { KRW: 0, JPY: 0 };

export const decimals = (currency: string): number => digits[currency] ?? 2;

export function money(of: Money | null | undefined): string {
  if (!of) return '–';
  const places = decimals(of.currency);
  return new Intl.NumberFormat('en', {
    style: 'currency', currency: of.currency, currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: places, maximumFractionDigits: places,
  }).format(of.amount_minor / 10 ** places);
}

/** What somebody typed, in minor units; null when it is no amount. */
export function parseMoney(text: string, currency: string): number | null {
  const plain = text.replace(/[,\s]/g, '');
  if (!/^\d+(\.\d+)?$/.test(plain)) return null;
  const places = decimals(currency);
  const fraction = plain.split('.')[1] ?? '';
  if (fraction.length > places) return null;
  return Math.round(Number(plain) * 10 ** places);
}

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : Math.round(value).toLocaleString('en');
}

/** Few digits, as many as a glance can take: 0.42, 7.3, 128, 12.4k, 3.1M. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en');
  return trim(value);
}

function trim(value: number): string {
  const size = Math.abs(value);
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)));
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${trim(size)} ${units[unit]}`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return value >= 1000 ? `${trim(value / 1000)} s` : `${trim(value)} ms`;
}

export function percent(ratio: number | null | undefined): string {
  return ratio === null || ratio === undefined || !Number.isFinite(ratio) ? '–' : `${trim(ratio * 100)} %`;
}

/** A stretch of time for people: 42 s, 3 min 5 s, 2 h 10 min, 4 d. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  const whole = Math.round(seconds);
  if (seconds < 10 && !Number.isInteger(seconds)) return `${trim(seconds)} s`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return join(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86400) return join(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return join(Math.floor(whole / 86400), 'd', Math.floor((whole % 86400) / 3600), 'h');
}

const join = (a: number, unitA: string, b: number, unitB: string): string =>
  b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;

const pad = (value: number): string => String(value).padStart(2, '0');

/** In the operator's own time zone, sortable by eye. */
export function time(at: string | number | null | undefined): string {
  if (at === null || at === undefined || at === '') return '–';
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock(at)}`;
}

export function clock(at: string | number): string {
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}


export function local(text: LocalText | null | undefined): string {
  return text?.en || text?.ko || text?.ja || '';
}

/** snake_case and camelCase words as a person writes them. */
export function words(name: string): string {
  return name.replace(/_/g, ' ').replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
}

/** What a program's value looks like in a cell. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What an operator asked for, as a person reads it: names in one language, money as money, lists joined. */
export function described(value: unknown): string {
  if (value === null || value === undefined || typeof value !== 'object') return plain(value);
  if (Array.isArray(value)) return value.map(described).join('; ');
  const of = value as Record<string, unknown>;
  if (typeof of.amount_minor === 'number' && typeof of.currency === 'string') return money(of as unknown as Money);
  const names = Object.keys(of);
  if (names.length > 0 && names.every((name) => ['ko', 'ja', 'en'].includes(name))) return local(of as LocalText);
  return Object.entries(of).filter(([, one]) => one !== null && one !== '').map(([name, one]) => `${words(name)} ${described(one)}`).join(', ');
}

/** RFC 4180, and what begins like a formula gets an apostrophe, so that no spreadsheet runs it. */
export function csv(rows: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown): string => {
    let text = plain(value);
    if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
