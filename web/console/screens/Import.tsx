// Import by drag and drop, piece by piece, with progress and the refused rows.
import { type ReactNode, useEffect, useState } from 'react';
import { asProblem, call, type Problem, query } from '../api';
import { count } from '../format';
import { Dialog, Field } from '../parts/Dialog';
import { Facts, Note, ProblemNote } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { pieces } from '../records';
import { texts } from '../texts';
import type { ImportReport } from '../types';

const words = texts.goods;
const piece_bytes_max = 500_000;

interface Progress {
  done: number;
  all: number;
  report: ImportReport;
}
const empty: ImportReport = { created: 0, updated: 0, unchanged: 0, skipped: 0, refused: [] };

async function take(file: File, no_price: string, tell: (progress: Progress) => void): Promise<void> {
  const is_csv = /\.csv$/i.test(file.name) || file.type === 'text/csv';
  const cut = pieces(await file.text(), is_csv, piece_bytes_max);
  const all = cut.pieces.reduce((sum, piece) => sum + piece.records, 0);
  const progress: Progress = { done: 0, all, report: { ...empty, refused: [] } };
  for (const piece of cut.pieces) {
    const { body } = await call<ImportReport>(query('/admin/v1/products', { no_price }), {
      method: 'POST', raw: is_csv ? `${cut.header}\n${piece.text}` : piece.text, type: is_csv ? 'text/csv' : 'application/jsonl',
    });
    const { report } = progress;
    const before = is_csv ? piece.first_line - 2 : piece.first_line - 1;
    progress.done += piece.records;
    progress.report = {
      created: report.created + body.created, updated: report.updated + body.updated, unchanged: report.unchanged + body.unchanged, skipped: report.skipped + body.skipped,
      refused: [...report.refused, ...body.refused.map((row) => ({ ...row, line: row.line + before }))],
    };
    tell({ ...progress });
  }
}

const refusedColumns: Column<ImportReport['refused'][number]>[] = [
  { key: 'line', title: words.line, value: (r) => r.line, number: true },
  { key: 'sku', title: texts.words.sku, value: (r) => r.sku },
  { key: 'reason', title: texts.words.reason, value: (r) => r.reason },
];

export function ImportDialog({ given, close }: { given: File | null; close: () => void }): ReactNode {
  const [file, setFile] = useState(given);
  const [no_price, setNoPrice] = useState('skip');
  const [progress, setProgress] = useState<Progress | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const start = (from: File): void => {
    setBusy(true);
    setProblem(null);
    setProgress(null);
    take(from, no_price, setProgress).catch((thrown: unknown) => setProblem(asProblem(thrown))).finally(() => setBusy(false));
  };
  useEffect(() => setFile(given), [given]);
  const refused = progress?.report.refused ?? [];
  return (
    <Dialog title={words.import} onClose={close}>
      <p>{words.drop}</p>
      <Field label={words.choose}><input type="file" accept=".jsonl,.ndjson,.csv,application/jsonl,text/csv" onChange={(event) => setFile(event.target.files?.[0] ?? null)} /></Field>
      {file && <p><b>{file.name}</b></p>}
      <Field label={words.noPrice}><select value={no_price} onChange={(e) => setNoPrice(e.target.value)}><option value="skip">{words.noPriceSkip}</option><option value="hide">{words.noPriceHide}</option></select></Field>
      {progress && <>
        <progress value={progress.done} max={progress.all} aria-label={words.import} />
        <p className="quiet" role="status">{words.progress(progress.done, progress.all)}</p>
        <Facts of={[[words.created, count(progress.report.created)], [words.updated, count(progress.report.updated)], [words.unchanged, count(progress.report.unchanged)], [words.skipped, count(progress.report.skipped)]]} />
      </>}
      {problem && <Note tone="warn">{words.stopped}</Note>}
      <ProblemNote problem={problem} />
      {refused.length > 0 && (
        <section>
          <h3>{words.refused}: {count(refused.length)}</h3>
          <Table name="refused" columns={refusedColumns} rows={refused} row_key={(r) => `${r.line} ${r.sku}`} />
        </section>
      )}
      <div className="buttons">
        <button type="button" className="plain" onClick={close}>{texts.action.close}</button>
        <button type="button" className="main" disabled={!file || busy} onClick={() => file && start(file)}>{busy ? texts.action.busy : words.import}</button>
      </div>
    </Dialog>
  );
}
