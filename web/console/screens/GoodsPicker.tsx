import { type ReactNode, useEffect, useId, useState } from 'react';
import { query, takes, useGet } from '../api';
import { local, money } from '../format';
import { texts } from '../texts';
import type { Product } from '../types';

interface Page {
  items: Product[];
  next_cursor: string | null;
}

/** Waits until typing pauses. */
export function useSettled(value: string, wait_ms = 250): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), wait_ms);
    return () => clearTimeout(timer);
  }, [value, wait_ms]);
  return settled;
}

/** Whether the server searches by words; without it the console filters the first thousand products itself. */
export const searches = (): boolean => takes('get', '/admin/v1/products', 'q');

export const matches = (product: Product, text: string): boolean => {
  const needle = text.trim().toLowerCase();
  return [product.sku, ...Object.values(product.name)].some((one) => one?.toLowerCase().includes(needle));
};

export function GoodsPicker({ pick, taken }: { pick: (product: Product) => void; taken: Set<string> }): ReactNode {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const settled = useSettled(text.trim());
  const id = useId();
  const remote = searches();
  const path = settled === '' ? null : remote ? query('/admin/v1/products', { q: settled, limit: 8 }) : query('/admin/v1/products', { limit: 1000 });
  const { value } = useGet<Page>(path);
  const found = (value?.items ?? []).filter((one) => remote || matches(one, settled)).slice(0, 8);
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
