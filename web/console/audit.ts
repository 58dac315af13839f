// The audit runs as long as the ledger is long: it is started, then asked about; what the last one found stays.
import { useCallback, useEffect, useState } from 'react';
import { asProblem, get, post, type Problem } from './api';
import type { Audit } from './types';

const lookEvery_ms = 500;

export interface AuditState {
  audit: Audit | null;
  running: boolean;
  problem: Problem | null;
  start: () => void;
}

export function useAudit(): AuditState {
  const [audit, setAudit] = useState<Audit | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const running = audit?.state === 'running';
  const take = useCallback((asked: Promise<Audit>): void => {
    asked
      .then((answer) => {
        setAudit(answer);
        setProblem(null);
      })
      .catch((thrown: unknown) => setProblem(asProblem(thrown)));
  }, []);
  useEffect(() => take(get<Audit>('/admin/v1/audit')), [take]);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => take(get<Audit>('/admin/v1/audit')), lookEvery_ms);
    return () => clearInterval(timer);
  }, [running, take]);
  return { audit, running, problem, start: () => take(post<Audit>('/admin/v1/audit')) };
}
