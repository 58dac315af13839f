import { type SyntheticEvent, type ReactNode, useState } from 'react';
import { asProblem, post, type Problem } from '../api';
import { Field } from '../parts/Dialog';
import { ProblemNote } from '../parts/Note';
import { texts } from '../texts';

export function SignIn({ problem: before, entered }: { problem: Problem | null; entered: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [second, setSecond] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(before);
  const send = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await post('/admin/v1/sessions', { name, password, ...(second ? { totp: code.replace(/\s/g, '') } : {}) });
      entered();
    } catch (thrown) {
      const found = asProblem(thrown);
      if (found.type === 'totp-needed') setSecond(true);
      else setProblem(found);
    }
    setBusy(false);
  };
  return (
    <main className="sign-in">
      <form onSubmit={(event) => void send(event)}>
        <h1>{texts.title} <small>{texts.subtitle}</small></h1>
        <Field label={texts.signIn.name}><input autoComplete="username" required autoFocus value={name} onChange={(e) => setName(e.target.value)} /></Field>
        <Field label={texts.signIn.password}><input type="password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.target.value)} /></Field>
        {second && (
          <Field label={texts.signIn.code} hint={texts.signIn.codeHint}>
            <input autoFocus required inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.target.value)} />
          </Field>
        )}
        <ProblemNote problem={problem} />
        <button type="submit" className="main" disabled={busy}>{busy ? texts.action.busy : texts.signIn.go}</button>
      </form>
    </main>
  );
}
