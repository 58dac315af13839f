import type { ReactNode } from 'react';
import { useAudit } from '../audit';
import { count, duration, percent, time } from '../format';
import { Note, Page, ProblemNote, State } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { texts } from '../texts';
import type { Audit, AuditReport } from '../types';

const words = texts.audit;
type Check = AuditReport['checks'][number];
const columns: Column<Check>[] = [
  { key: 'title', title: words.checks, value: (c) => c.title },
  { key: 'state', title: texts.words.state, value: (c) => c.state, show: (c) => <State of={c.state} /> },
  { key: 'examined', title: words.checked, value: (c) => c.examined, show: (c) => `${count(c.examined)} ${c.examined_what}`, number: true },
  {
    key: 'finding', title: words.finding, value: (c) => [c.note, ...c.violations.map((v) => `${v.subject}: ${v.expected}, ${v.found}`)].filter(Boolean).join('; '),
    show: (c) => <>{c.note}{c.violations.length > 0 && <ul>{c.violations.map((v) => <li key={v.subject + v.found}><b>{v.subject}</b> expected {v.expected}, found {v.found}</li>)}</ul>}{c.violation_count > c.violations.length && ` +${c.violation_count - c.violations.length}`}</>,
  },
];

export const AuditProgress = ({ audit }: { audit: Audit }): ReactNode => (
  <p className="progress"><progress value={audit.share} max={1} aria-label={words.running} /> <span>{percent(audit.share)} {audit.doing}</span></p>
);

export function AuditScreen(): ReactNode {
  const { audit, running, problem, start } = useAudit();
  const last = audit?.last;
  const report = last?.report;
  return (
    <Page title={words.title} about={words.about} tools={<button type="button" className="main" onClick={start} disabled={running}>{running ? words.running : words.run}</button>}>
      <ProblemNote problem={problem} />
      {audit && running && <AuditProgress audit={audit} />}
      {audit?.problem && <Note tone="bad"><strong>{words.failed}</strong> {audit.problem}</Note>}
      {last && report && <Note tone={report.holds ? 'good' : 'bad'}><strong>{report.holds ? words.holds : words.broken}</strong> {count(report.checks.reduce((all, c) => all + c.examined, 0))} {words.checked.toLowerCase()}, {words.took} {duration(last.took_ms / 1000)}, {time(last.finished_at)}</Note>}
      {report && <Table name="audit" columns={columns} rows={report.checks} row_key={(c) => c.id} tone={(c) => (c.state === 'violated' ? 'bad' : undefined)} />}
      {audit && !report && !running && <p className="quiet">{words.none}</p>}
    </Page>
  );
}
