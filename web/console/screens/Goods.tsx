import { type ReactNode, useState } from 'react';
import { useList } from '../api';
import { count, local, money } from '../format';
import { Page, When } from '../parts/Note';
import { type Column, Table } from '../parts/Table';
import { link, useParam } from '../router';
import { useMe } from '../session';
import { texts } from '../texts';
import type { Product } from '../types';
import { goodsPath, useSettled } from './GoodsPicker';
import { ImportDialog } from './Import';

const words = texts.words;
const columns: Column<Product>[] = [
  { key: 'sku', title: words.sku, value: (p) => p.sku, show: (p) => <a href={link(['goods', p.sku])}>{p.sku}</a> },
  { key: 'name', title: words.name, value: (p) => local(p.name) },
  { key: 'category', title: words.category, value: (p) => p.category.map(local).join(' › '), wide: true },
  { key: 'price', title: words.price, value: (p) => p.price?.amount_minor, show: (p) => money(p.price), number: true },
  { key: 'available', title: words.available, value: (p) => p.stock?.available, show: (p) => count(p.stock?.available), number: true },
  { key: 'images', title: words.image, value: (p) => p.images.length, number: true, wide: true },
  { key: 'hidden', title: words.hidden, value: (p) => (p.hidden ? words.yes : ''), wide: true },
  { key: 'updated', title: words.updated, value: (p) => p.updated_at, show: (p) => <When at={p.updated_at} />, wide: true },
];

export function GoodsScreen(): ReactNode {
  const { me } = useMe();
  const [text, setText] = useParam('q');
  const [importing, setImporting] = useState<File | 'choose' | null>(null);
  const [over, setOver] = useState(false);
  const settled = useSettled(text);
  const list = useList<Product>(goodsPath(settled.trim(), 100));
  return (
    <div className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => { if (me.may_change) { event.preventDefault(); setOver(true); } }}
      onDragLeave={(event) => { if (event.currentTarget === event.target) setOver(false); }}
      onDrop={(event) => { event.preventDefault(); setOver(false); setImporting(event.dataTransfer.files[0] ?? null); }}>
      <Page title={texts.goods.title} about={texts.goods.about} tools={me.may_change && <button type="button" className="main" onClick={() => setImporting('choose')}>{texts.goods.import}</button>}>
        <Table name="goods" columns={columns} rows={list.items} row_key={(p) => p.sku} list={list}
          tools={<input type="search" value={text} onChange={(e) => setText(e.target.value)} placeholder={texts.goods.find} aria-label={texts.goods.search} />} />
      </Page>
      {importing && <ImportDialog given={importing === 'choose' ? null : importing} close={() => { setImporting(null); list.reload(); }} />}
    </div>
  );
}
