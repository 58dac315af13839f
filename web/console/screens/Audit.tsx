import { type ReactNode, useState } from 'react';
import { asProblem, get, type Problem } from '../api';
import { count, duration } from '../format';
import { Note, Page, ProblemNote, State } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { texts } from '../texts';
import type { AuditReport } from '../types';

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

export function AuditScreen(): ReactNode {
  const [report, setReport] = useState<AuditReport | null>(null);
  const [took, setTook] = useState(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = (): void => {
    const begun = performance.now();
    setBusy(true);
    setProblem(null);
    get<AuditReport>('/admin/v1/audit')
      .then((answer) => { setReport(answer); setTook((performance.now() - begun) / 1000); })
      .catch((thrown: unknown) => setProblem(asProblem(thrown)))
      .finally(() => setBusy(false));
  };
  return (
    <Page title={words.title} about={words.about} tools={<button type="button" className="main" onClick={run} disabled={busy}>{busy ? words.running : words.run}</button>}>
      <ProblemNote problem={problem} again={run} />
      {report && <Note tone={report.holds ? 'good' : 'bad'}><strong>{report.holds ? words.holds : words.broken}</strong> {count(report.checks.reduce((all, c) => all + c.examined, 0))} {words.checked.toLowerCase()}, {words.took} {duration(took)}</Note>}
      {report && <Table name="audit" columns={columns} rows={report.checks} row_key={(c) => c.id} tone={(c) => (c.state === 'violated' ? 'bad' : undefined)} />}
    </Page>
  );
}
