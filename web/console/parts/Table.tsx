// A table that is sorted, filtered, linked to and exported: its state stands in the address.
import { type ReactNode, useMemo, useState } from 'react';
import { asProblem, type Listed, type Problem } from '../api';
import { csv, plain } from '../format';
import { useParam } from '../router';
import { texts } from '../texts';
import { ProblemNote } from './Note';

export interface Column<T> {
  key: string;
  title: string;
  /** What is sorted, filtered and exported. */
  value: (row: T) => string | number | boolean | null | undefined;
  /** What is shown; the value itself if absent. */
  show?: (row: T) => ReactNode;
  number?: boolean;
  /** Left out at phone width. */
  wide?: boolean;
}

interface Props<T> {
  name: string;
  columns: Column<T>[];
  rows: T[];
  row_key: (row: T) => string | number;
  list?: Listed<T>;
  tools?: ReactNode;
  /** The server's own export of everything, when it has one. */
  export_all?: string;
  empty?: string;
  /** Rows below the others that are neither sorted nor filtered: sums. */
  foot?: ReactNode;
  tone?: (row: T) => string | undefined;
}

/** The most that an export of a list gathers page by page; a spreadsheet takes a million. */
const export_rows_max = 100_000;
/** Fewer rows are seen at a glance: a field to filter them would only be in the way. */
const filtered_from = 6;

function copyLink(): void {
  // Browsers keep it from pages that came neither by TLS nor from this machine.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard) void clipboard.writeText(window.location.href);
  else window.prompt(texts.table.link, window.location.href);
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined || a === '') return 1;
  if (b === null || b === undefined || b === '') return -1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : plain(a).localeCompare(plain(b), 'en', { numeric: true });
}

function arranged<T>(rows: T[], columns: Column<T>[], sort: string, filter: string): T[] {
  const needle = filter.trim().toLowerCase();
  const found = needle ? rows.filter((row) => columns.some((column) => plain(column.value(row)).toLowerCase().includes(needle))) : [...rows];
  const down = sort.startsWith('-');
  const by = columns.find((column) => column.key === sort.replace(/^-/, ''));
  if (by) found.sort((a, b) => (down ? -1 : 1) * compare(by.value(a), by.value(b)));
  return found;
}

export function download(name: string, content: string): void {
  const url = URL.createObjectURL(new Blob(['\ufeff', content], { type: 'text/csv;charset=utf-8' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(url);
}

export function Table<T>({ name, columns, rows, row_key, list, tools, export_all, empty, foot, tone }: Props<T>): ReactNode {
  const [sort, setSort] = useParam(`${name}.sort`);
  const [filter, setFilter] = useParam(`${name}.find`);
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const shown = useMemo(() => arranged(rows, columns, sort, filter), [rows, columns, sort, filter]);
  const write = (of: T[]): void => download(`${name}.csv`, csv([columns.map((c) => c.title), ...of.map((row) => columns.map((c) => c.value(row)))]));
  // Of a list with more pages all of them, as they are sorted and filtered here.
  const save = (): void => {
    if (!list?.more) {
      write(shown);
      return;
    }
    setSaving(true);
    setProblem(null);
    list.all(export_rows_max).then((all) => write(arranged(all, columns, sort, filter))).catch((thrown: unknown) => setProblem(asProblem(thrown))).finally(() => setSaving(false));
  };
  const turn = (key: string): void => setSort(sort === key ? `-${key}` : sort === `-${key}` ? '' : key);
  return (
    <section className="table">
      <div className="tools">
        {(list !== undefined || filter !== '' || rows.length >= filtered_from) && <input type="search" value={filter} onChange={(event) => setFilter(event.target.value)} placeholder={texts.table.filter} aria-label={texts.table.filter} />}
        {tools}
        <span className="space" />
        <span className="quiet" aria-live="polite">{texts.table.shown(shown.length, rows.length, list?.more !== null && list?.more !== undefined)}</span>
        <button type="button" className="plain" onClick={copyLink}>{texts.table.link}</button>
        {export_all ? <a className="button plain" href={export_all} download={`${name}.csv`}>{texts.table.csv}</a> : <button type="button" className="plain" onClick={save} disabled={saving}>{saving ? texts.action.busy : texts.table.csv}</button>}
      </div>
      <ProblemNote problem={list?.problem ?? null} again={list?.reload} />
      <ProblemNote problem={problem} again={save} />
      <div className="scroll" tabIndex={0} role="region" aria-label={texts.table.region}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.key} scope="col" className={`${column.number ? 'number' : ''} ${column.wide ? 'wide' : ''}`}
                  aria-sort={sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : 'none'}>
                  <button type="button" onClick={() => turn(column.key)}>
                    {column.title}
                    <span aria-hidden="true">{sort === column.key ? ' ↑' : sort === `-${column.key}` ? ' ↓' : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row_key(row)} className={tone?.(row)}>
                {columns.map((column) => (
                  <td key={column.key} className={`${column.number ? 'number' : ''} ${column.wide ? 'wide' : ''}`}>
                    {column.show ? column.show(row) : plain(column.value(row))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          {foot && <tfoot>{foot}</tfoot>}
        </table>
        {shown.length === 0 && <p className="empty">{list?.loading ? texts.table.loading : filter ? texts.table.noMatch : (empty ?? texts.table.empty)}</p>}
      </div>
      {list?.more && <button type="button" className="more" onClick={list.more} disabled={list.loading}>{texts.table.more}</button>}
    </section>
  );
}
