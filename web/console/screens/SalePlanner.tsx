// Plan a sale: goods, prices, opening, line; see what a shopper would see, and what is to be expected.
import { type SyntheticEvent, type ReactNode, useState } from 'react';
import { asProblem, post, type Problem, useGet } from '../api';
import { count, local, money, parseMoney, time } from '../format';
import { Field } from '../parts/Dialog';
import { Facts, Note, Page, ProblemNote } from '../parts/Note';
import { go, link } from '../router';
import { texts } from '../texts';
import type { LocalText, Money, Product, Sale } from '../types';
import { Expect } from './Expect';
import { GoodsPicker } from './GoodsPicker';

const words = texts.sales;

interface Item {
  product: Product;
  units: string;
  price: string;
  limit: string;
}
export interface LineSettings {
  enabled: boolean;
  draw: boolean;
  admissions_per_s_max: number | null; // null: as fast as checkout sustains
  admission_valid_s: number;
}

const decimal = (of: Money): string => (parseMoney('1', of.currency) === 1 ? String(of.amount_minor) : (of.amount_minor / 100).toFixed(2));
const inputTime = (at: Date): string => new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);

function Row({ item, change, remove }: { item: Item; change: (to: Item) => void; remove: () => void }): ReactNode {
  const have = item.product.stock?.available;
  const asked = Number(item.units);
  return (
    <tr>
      <td>{local(item.product.name)}<small className="quiet">{item.product.sku}</small></td>
      <td className="number"><input aria-label={texts.words.units} inputMode="numeric" value={item.units} onChange={(e) => change({ ...item, units: e.target.value })} size={6} />
        {have !== undefined && <small className={asked > have ? 'warn' : 'quiet'}>{texts.words.available} {count(have)}</small>}</td>
      <td className="number"><input aria-label={texts.words.price} inputMode="decimal" value={item.price} onChange={(e) => change({ ...item, price: e.target.value })} size={9} />
        <small className="quiet">{money(item.product.price)}</small></td>
      <td className="number"><input aria-label={texts.words.limit} inputMode="numeric" value={item.limit} onChange={(e) => change({ ...item, limit: e.target.value })} size={4} /></td>
      <td><button type="button" className="plain" onClick={remove}>{words.remove}</button></td>
    </tr>
  );
}

function Preview({ body, items }: { body: ReturnType<typeof request>; items: Item[] }): ReactNode {
  return (
    <section className="card preview" aria-label={words.preview}>
      <h2>{words.preview}</h2>
      <h3>{local(body.name) || '…'}</h3>
      <p className="quiet">{texts.words.opens} {time(body.opens_at)}{body.closes_at && ` · ${texts.words.closes} ${time(body.closes_at)}`}</p>
      {body.items.map((item, index) => (
        <p key={item.sku}><b>{local(items[index]?.product.name)}</b> {money(item.price)} · {count(item.units)} {texts.words.units.toLowerCase()}{item.limit_per_customer ? ` · ${texts.words.limit.toLowerCase()} ${item.limit_per_customer}` : ''}</p>
      ))}
      <p className="quiet">{body.line.enabled ? `${words.line}. ${body.line.draw ? words.drawnNote : words.firstNote}` : words.noLineNote}</p>
    </section>
  );
}

function request(name: LocalText, opens: string, closes: string, items: Item[], line: LineSettings): {
  name: LocalText; opens_at: string; closes_at: string | null;
  items: { sku: string; units: number; price: Money; limit_per_customer: number }[]; line: LineSettings;
} {
  const date = (text: string): string => (text && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : '');
  return {
    name: Object.fromEntries(Object.entries(name).filter(([, text]) => text)),
    opens_at: date(opens),
    closes_at: date(closes) || null,
    items: items.map((item) => {
      const currency = item.product.price?.currency ?? 'KRW';
      return { sku: item.product.sku, units: Number(item.units), price: { amount_minor: parseMoney(item.price, currency) ?? -1, currency }, limit_per_customer: Number(item.limit) || 1 };
    }),
    line,
  };
}

export function SalePlanner(): ReactNode {
  const [name, setName] = useState<LocalText>({ ko: '', ja: '', en: '' });
  const [opens, setOpens] = useState(() => inputTime(new Date(Date.now() + 3600_000)));
  const [closes, setCloses] = useState('');
  const [items, setItems] = useState<Item[]>([]);
  const [line, setLine] = useState<LineSettings>({ enabled: true, draw: true, admissions_per_s_max: null, admission_valid_s: 120 });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const { value: sales } = useGet<{ items: Sale[] }>('/admin/v1/sales');
  const body = request(name, opens, closes, items, line);
  const taken = new Set((sales?.items ?? []).filter((sale) => sale.state !== 'closed').flatMap((sale) => sale.items.map((item) => item.sku)));
  const short = items.filter((item) => item.product.stock && Number(item.units) > item.product.stock.available);
  const add = (product: Product): void => {
    if (items.some((item) => item.product.sku === product.sku)) return;
    setItems([...items, { product, units: String(Math.min(100, product.stock?.available ?? 100)), price: product.price ? decimal(product.price) : '', limit: '1' }]);
  };
  const send = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const sale = await post<Sale>('/admin/v1/sales', body);
      go(link(['sales', sale.id]));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
    setBusy(false);
  };
  return (
    <Page title={words.plan} tools={<a className="button plain" href={link(['sales'])}>{texts.action.back}</a>}>
      <form className="columns" onSubmit={(event) => void send(event)}>
        <div>
          <fieldset>
            <legend>{words.newName}</legend>
            {([['ko', words.nameKo], ['ja', words.nameJa], ['en', words.nameEn]] as const).map(([language, label]) => (
              <Field key={language} label={label}><input lang={language} value={name[language] ?? ''} onChange={(e) => setName({ ...name, [language]: e.target.value })} maxLength={200} /></Field>
            ))}
          </fieldset>
          <fieldset>
            <legend>{words.items}</legend>
            <GoodsPicker pick={add} taken={taken} />
            {items.length > 0 && (
              <div className="scroll"><table className="form">
                <thead><tr><th>{texts.words.name}</th><th className="number">{texts.words.units}</th><th className="number">{texts.words.price}</th><th className="number">{texts.words.limit}</th><th aria-hidden="true" /></tr></thead>
                <tbody>{items.map((item, index) => (
                  <Row key={item.product.sku} item={item} change={(to) => setItems(items.map((one, i) => (i === index ? to : one)))} remove={() => setItems(items.filter((_, i) => i !== index))} />
                ))}</tbody>
              </table></div>
            )}
            {short.map((item) => <Note key={item.product.sku} tone="warn">{words.more(item.product.sku, Number(item.units), item.product.stock?.available ?? 0)}</Note>)}
          </fieldset>
          <fieldset>
            <legend>{words.when}</legend>
            <Field label={texts.words.opens} hint={words.opensHint}><input type="datetime-local" required value={opens} onChange={(e) => setOpens(e.target.value)} /></Field>
            <Field label={texts.words.closes} hint={words.closesHint}><input type="datetime-local" value={closes} onChange={(e) => setCloses(e.target.value)} /></Field>
          </fieldset>
          <fieldset>
            <legend>{words.edit}</legend>
            <label className="check"><input type="checkbox" checked={line.enabled} onChange={(e) => setLine({ ...line, enabled: e.target.checked })} /> {words.line}<small>{words.lineHint}</small></label>
            {line.enabled && <>
              <label className="check"><input type="checkbox" checked={line.draw} onChange={(e) => setLine({ ...line, draw: e.target.checked })} /> {words.draw}<small>{words.drawHint}</small></label>
              <Field label={words.admissions} hint={words.admissionsHint}><input type="number" min={1} max={1000000} value={line.admissions_per_s_max ?? ''} onChange={(e) => setLine({ ...line, admissions_per_s_max: e.target.value ? Number(e.target.value) : null })} /></Field>
              <Field label={words.valid}><input type="number" min={5} max={3600} value={line.admission_valid_s} onChange={(e) => setLine({ ...line, admission_valid_s: Number(e.target.value) })} /></Field>
            </>}
          </fieldset>
          <ProblemNote problem={problem} />
          <button type="submit" className="main" disabled={busy || items.length === 0}>{busy ? texts.action.busy : words.create}</button>
        </div>
        <aside>
          <Preview body={body} items={items} />
          <Facts of={[[texts.words.units, count(body.items.reduce((all, item) => all + (item.units || 0), 0))]]} />
          <Expect units={body.items.reduce((all, item) => all + (item.units || 0), 0)} line={line.enabled} />
        </aside>
      </form>
    </Page>
  );
}
