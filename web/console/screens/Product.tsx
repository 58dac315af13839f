import { type ReactNode, useState } from 'react';
import { asProblem, call, can, type Problem, query, useGet } from '../api';
import { decimals, local, parseMoney, time } from '../format';
import { Action, Field, FormDialog } from '../parts/Dialog';
import { Facts, Note, Page, ProblemNote } from '../parts/Note';
import { link } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { LocalText, Product } from '../types';
import { StockActions, stockFacts } from './Stock';

const words = texts.goods;
const images_route = '/admin/v1/products/{sku}/images';
const languages = ['ko', 'ja', 'en'] as const;

function Edit({ product, saved }: { product: Product; saved: () => void }): ReactNode {
  const currency = product.price?.currency ?? 'KRW';
  const written = product.price ? (product.price.amount_minor / 10 ** decimals(currency)).toFixed(decimals(currency)) : '';
  const [name, setName] = useState<LocalText>(product.name);
  const [description, setDescription] = useState<LocalText>(product.description);
  const [price, setPrice] = useState(written);
  const [weight, setWeight] = useState(String(product.weight_g));
  const [hidden, setHidden] = useState(product.hidden);
  const filled = (text: LocalText): LocalText => Object.fromEntries(Object.entries(text).filter(([, one]) => one));
  const change = (): unknown => ({
    ...(JSON.stringify(name) !== JSON.stringify(product.name) ? { name: filled(name) } : {}),
    ...(JSON.stringify(description) !== JSON.stringify(product.description) ? { description: filled(description) } : {}),
    ...(price !== written ? { price: price === '' ? null : { amount_minor: parseMoney(price, currency) ?? -1, currency } } : {}),
    ...(Number(weight) !== product.weight_g ? { weight_g: Number(weight) } : {}),
    ...(hidden !== product.hidden ? { hidden } : {}),
  });
  return (
    <section className="card">
      <h2>{words.edit}</h2>
      {languages.map((language) => (
        <div key={language} className="pair">
          <Field label={`${texts.words.name} (${language})`}><input lang={language} value={name[language] ?? ''} onChange={(e) => setName({ ...name, [language]: e.target.value })} /></Field>
          <Field label={`Text (${language})`}><textarea lang={language} rows={2} value={description[language] ?? ''} onChange={(e) => setDescription({ ...description, [language]: e.target.value })} /></Field>
        </div>
      ))}
      <div className="pair">
        <Field label={`${texts.words.price} (${currency})`} hint={price === '' ? words.noPriceNow : undefined}><input inputMode="decimal" value={price} onChange={(e) => setPrice(e.target.value)} /></Field>
        <Field label={texts.words.weight}><input inputMode="numeric" value={weight} onChange={(e) => setWeight(e.target.value)} /></Field>
      </div>
      <label className="check"><input type="checkbox" checked={hidden} onChange={(e) => setHidden(e.target.checked)} /> {words.hide}</label>
      <Action label={words.save} ask={words.askSave} method="PATCH" path={`/admin/v1/products/${encodeURIComponent(product.sku)}`} route="/admin/v1/products/{sku}" body={change}
        disabled={Object.keys(change() as object).length === 0} done={saved} />
    </section>
  );
}

function parseCrop(text: string): { x: number; y: number; width: number; height: number } | null {
  const [x, y, width, height, more] = text.split(/[\s,]+/).filter(Boolean).map(Number);
  return x !== undefined && y !== undefined && width !== undefined && height !== undefined && more === undefined ? { x, y, width, height } : null;
}

function Cut({ sku, image, done }: { sku: string; image: string; done: () => void }): ReactNode {
  const [open, setOpen] = useState(false);
  const [crop, setCrop] = useState('');
  const [sharpen, setSharpen] = useState('100');
  const path = `/admin/v1/products/${encodeURIComponent(sku)}/images/${image}`;
  const send = async (): Promise<void> => {
    await call(`${path}/cut`, { method: 'POST', body: { crop: crop ? (parseCrop(crop) ?? { x: -1, y: -1, width: 0, height: 0 }) : null, sharpen: Number(sharpen) } });
    setOpen(false);
    done();
  };
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>{words.cut}</button>
      {open && (
        <FormDialog title={words.cut} label={words.cut} onClose={() => setOpen(false)} send={send}>
          <img className="original" src={`${path}/original`} alt={words.original} />
          <Field label={words.crop} hint={words.cropHint}><input value={crop} onChange={(e) => setCrop(e.target.value)} placeholder="0, 0, 800, 800" /></Field>
          <Field label={words.sharpen}><input type="number" min={0} max={300} value={sharpen} onChange={(e) => setSharpen(e.target.value)} /></Field>
        </FormDialog>
      )}
    </>
  );
}

/** "…/images/SKU/16 hex digits….webp": the part that names the image, whatever size the URL is of. */
const idOf = (url: string): string => /([0-9a-f]{16})/.exec(url.split('/').pop() ?? '')?.[1] ?? '';

function Images({ product, done }: { product: Product; done: () => void }): ReactNode {
  const { me } = useMe();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const upload = (file: File | undefined): void => {
    if (!file) return;
    setBusy(true);
    setProblem(null);
    call(query(`/admin/v1/products/${encodeURIComponent(product.sku)}/images`, { sharpen: 100 }), { method: 'POST', raw: file, type: 'application/octet-stream' })
      .then(done).catch((thrown: unknown) => setProblem(asProblem(thrown))).finally(() => setBusy(false));
  };
  const removable = can('delete', `${images_route}/{image}`);
  return (
    <section className="card" onDragOver={(e) => e.preventDefault()} onDrop={(e) => { e.preventDefault(); e.stopPropagation(); upload(e.dataTransfer.files[0]); }}>
      <h2>{words.images}</h2>
      <div className="images">
        {product.images.map((url) => (
          <figure key={url}>
            <img src={url} alt={local(product.name)} loading="lazy" />
            {me.may_change && idOf(url) && removable && <figcaption>
              <Cut sku={product.sku} image={idOf(url)} done={done} />
              <Action label={words.removeImage} ask={words.askRemove} danger method="DELETE" body={null} path={`/admin/v1/products/${encodeURIComponent(product.sku)}/images/${idOf(url)}`} route={`${images_route}/{image}`} done={done} />
            </figcaption>}
          </figure>
        ))}
      </div>
      <ProblemNote problem={problem} />
      {me.may_change && can('post', images_route) && <Field label={busy ? texts.action.busy : words.upload}><input type="file" accept="image/png,image/jpeg,image/webp" onChange={(e) => upload(e.target.files?.[0])} /></Field>}
    </section>
  );
}

export function ProductScreen({ sku }: { sku: string }): ReactNode {
  const { me } = useMe();
  const { value: product, problem, reload } = useGet<Product>(`/admin/v1/products/${encodeURIComponent(sku)}`);
  const [saved, setSaved] = useState(false);
  if (!product) return <ProblemNote problem={problem} again={reload} />;
  return (
    <Page title={local(product.name)} about={<><code>{product.sku}</code> · {product.category.map(local).join(' › ')} · {texts.words.updated} {time(product.updated_at)}</>}
      tools={<a className="button plain" href={link(['goods'])}>{words.title}</a>}>
      <ProblemNote problem={problem} again={reload} />
      <div className="columns">
        <div>{me.may_change && <Edit key={product.updated_at} product={product} saved={() => { setSaved(true); reload(); }} />}{saved && <Note tone="good">{words.saved}</Note>}</div>
        <aside>
          {product.stock && <section className="card"><h2>{texts.stock.title}</h2><Facts of={stockFacts(product.stock)} />{me.may_change && <StockActions sku={product.sku} done={reload} />}</section>}
          <Images product={product} done={reload} />
        </aside>
      </div>
    </Page>
  );
}
