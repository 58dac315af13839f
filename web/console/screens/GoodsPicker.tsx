import { type ReactNode, useEffect, useId, useState } from 'react';
import { query, useGet } from '../api';
import { local, money } from '../format';
import { texts } from '../texts';
import type { Product, ProductPage } from '../types';


/** Waits until typing pauses. */
export function useSettled(value: string, wait_ms = 250): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), wait_ms);
    return () => clearTimeout(timer);
  }, [value, wait_ms]);
  return settled;
}

/** Goods by words or SKU; all of them without any. */
export const goodsPath = (text: string, limit: number): string =>
  text ? query('/admin/v1/products/search', { q: text, limit: Math.min(100, limit) }) : query('/admin/v1/products', { limit });

export function GoodsPicker({ pick, taken }: { pick: (product: Product) => void; taken: Set<string> }): ReactNode {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const settled = useSettled(text.trim());
  const id = useId();
  const { value } = useGet<ProductPage>(settled === '' ? null : goodsPath(settled, 8));
  const found = value?.items ?? [];
  const open = settled !== '' && found.length > 0;
  const choose = (product: Product | undefined): void => {
    if (!product || taken.has(product.sku)) return;
    pick(product);
    setText('');
    setActive(0);
  };
  const key = (event: React.KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setActive((active + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') setActive((active + found.length - 1) % Math.max(1, found.length));
    else if (event.key === 'Enter') choose(found[active]);
    else if (event.key === 'Escape') setText('');
    else return;
    event.preventDefault();
  };
  return (
    <div className="picker">
      <input type="search" role="combobox" aria-expanded={open} aria-controls={id} aria-activedescendant={open ? `${id}-${active}` : undefined} aria-autocomplete="list"
        aria-label={texts.sales.addGoods} placeholder={texts.sales.addGoods} value={text} onChange={(e) => setText(e.target.value)} onKeyDown={key} />
      <ul role="listbox" id={id} hidden={!open} aria-label={texts.goods.title}>
        {found.map((product, index) => (
          <li key={product.sku} role="option" id={`${id}-${index}`} aria-selected={index === active} aria-disabled={taken.has(product.sku)} onMouseDown={(event) => { event.preventDefault(); choose(product); }}>
            <b>{local(product.name)}</b> <span className="quiet">{product.sku} · {money(product.price)}{product.stock ? ` · ${product.stock.available}` : ''}{taken.has(product.sku) ? ` · ${texts.sales.inOther}` : ''}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
