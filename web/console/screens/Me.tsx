import { type SyntheticEvent, type ReactNode, useState } from 'react';
import { asProblem, call, can, post, type Problem } from '../api';
import { Field, FormDialog } from '../parts/Dialog';
import { Facts, Note, Page, ProblemNote } from '../parts/Note';
import { QrCode } from '../parts/QrCode';
import { useMe } from '../session';
import { texts } from '../texts';

const words = texts.me;

function Password(): ReactNode {
  const { signOut } = useMe();
  const [old_password, setOld] = useState('');
  const [new_password, setNew] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    setProblem(null);
    post('/admin/v1/operators/me/password', { old_password, new_password }).then(signOut).catch((thrown: unknown) => setProblem(asProblem(thrown)));
  };
  return (
    <form className="card" onSubmit={send}>
      <h2>{words.password}</h2>
      <Field label={words.old}><input type="password" required autoComplete="current-password" value={old_password} onChange={(e) => setOld(e.target.value)} /></Field>
      <Field label={words.next}><input type="password" required minLength={8} autoComplete="new-password" value={new_password} onChange={(e) => setNew(e.target.value)} /></Field>
      <ProblemNote problem={problem} />
      <button type="submit">{words.password}</button>
    </form>
  );
}

function SecondFactor(): ReactNode {
  const { me, reload } = useMe();
  const [enrolment, setEnrolment] = useState<{ secret: string; otpauth_uri: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [code, setCode] = useState('');
  const [ending, setEnding] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const path = '/admin/v1/operators/me/totp';
  const begin = (): void => {
    setProblem(null);
    post<{ secret: string; otpauth_uri: string }>(path).then(setEnrolment).catch((thrown: unknown) => setProblem(asProblem(thrown)));
  };
  const confirm = (event: SyntheticEvent): void => {
    event.preventDefault();
    setProblem(null);
    post<{ recovery_codes: string[] }>(`${path}/confirm`, { code })
      .then((answer) => { setCodes(answer.recovery_codes); setEnrolment(null); setCode(''); })
      .catch((thrown: unknown) => setProblem(asProblem(thrown)));
  };
  return (
    <section className="card">
      <h2>{words.totp}</h2>
      <p>{me.totp || codes ? words.totpOn : words.totpOff}{me.totp && ` ${me.recovery_codes} ${words.left}.`}</p>
      <ProblemNote problem={problem} />
      {codes && <><Note tone="warn">{words.codes}</Note><pre tabIndex={0}>{codes.join('\n')}</pre><button type="button" onClick={() => { setCodes(null); reload(); }}>{texts.action.close}</button></>}
      {enrolment && (
        <form onSubmit={confirm}>
          <p>{words.enrolAbout}</p>
          <QrCode of={enrolment.otpauth_uri} label={words.qr} />
          <Facts of={[[words.secret, <code key="s" className="secret">{enrolment.secret.replace(/(.{4})/g, '$1 ')}</code>], ['', <a key="u" href={enrolment.otpauth_uri}>{words.uri}</a>]]} />
          <Field label={words.code}><input required autoFocus inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.target.value)} /></Field>
          <button type="submit" className="main">{words.confirm}</button>
        </form>
      )}
      {!me.totp && !enrolment && !codes && <button type="button" className="main" onClick={begin}>{words.enrol}</button>}
      {me.totp && <button type="button" className="danger" onClick={() => setEnding(true)}>{words.end}</button>}
      {ending && (
        <FormDialog title={words.end} label={words.end} onClose={() => setEnding(false)} send={async () => { await call(path, { method: 'DELETE', body: { code } }); setEnding(false); setCode(''); reload(); }}>
          <Field label={words.code}><input required autoFocus value={code} onChange={(e) => setCode(e.target.value)} /></Field>
        </FormDialog>
      )}
    </section>
  );
}

export function MeScreen(): ReactNode {
  const { me } = useMe();
  return <Page title={words.title} about={`${me.name} · ${me.role}`}><div className="columns even">{can('post', '/admin/v1/operators/me/totp') && <SecondFactor />}<Password /></div></Page>;
}
