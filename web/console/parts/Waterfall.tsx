// Where the units of a sale are: a bar an item, received = sold + reserved + available, and the whole as a waterfall.
import type { ReactNode } from 'react';
import { count } from '../format';
import { texts } from '../texts';
import { Note } from './Note';

export interface Units {
  sku: string;
  received: number;
  available: number;
  reserved: number;
  sold: number;
}

/** A sale's own part of a SKU's stock: its cap, of which `taken` is held or sold. */
export function ofSale(stock: Units & { units?: number; taken?: number }): Units {
  const { units, taken } = stock;
  if (units === undefined || taken === undefined) return stock;
  const reserved = Math.min(stock.reserved, taken);
  return { sku: stock.sku, received: units, reserved, sold: taken - reserved, available: Math.min(stock.available, Math.max(0, units - taken)) };
}

const parts = ['sold', 'reserved', 'available'] as const;

export function total(items: Units[]): Units {
  const sum = (of: (one: Units) => number): number => items.reduce((all, one) => all + of(one), 0);
  return { sku: texts.board.allItems, received: sum((i) => i.received), available: sum((i) => i.available), reserved: sum((i) => i.reserved), sold: sum((i) => i.sold) };
}

function Steps({ of }: { of: Units }): ReactNode {
  const whole = Math.max(1, of.received, of.sold + of.reserved + of.available);
  const height = (units: number): number => (units / whole) * 100;
  const columns = [
    { name: 'received', units: of.received, top: 0 },
    { name: 'sold', units: of.sold, top: 0 },
    { name: 'reserved', units: of.reserved, top: height(of.sold) },
    { name: 'available', units: of.available, top: height(of.sold + of.reserved) },
  ];
  return (
    <svg className="waterfall" viewBox="0 0 400 150" role="img" aria-label={columns.map((c) => `${texts.board.units[c.name as keyof typeof texts.board.units]} ${c.units}`).join(', ')}>
      {columns.map((column, index) => (
        <g key={column.name} transform={`translate(${index * 100} 0)`}>
          <rect className={`units ${column.name}`} x="10" y={18 + column.top} width="80" height={Math.max(column.units > 0 ? 1 : 0, height(column.units))} rx="2" />
          <text x="50" y={13 + column.top} textAnchor="middle" className="figure">{count(column.units)}</text>
          <text x="50" y="140" textAnchor="middle">{texts.board.units[column.name as keyof typeof texts.board.units]}</text>
          {index > 0 && index < 3 && <line x1="10" x2="190" y1={18 + column.top + height(column.units)} y2={18 + column.top + height(column.units)} className="step" />}
        </g>
      ))}
    </svg>
  );
}

function Bar({ of }: { of: Units }): ReactNode {
  const whole = Math.max(1, of.sold + of.reserved + of.available);
  let left = 0;
  return (
    <svg className="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      {parts.map((part) => {
        const width = (of[part] / whole) * 100;
        const x = left;
        left += width;
        return <rect key={part} className={`units ${part}`} x={x} y="0" width={width} height="6" />;
      })}
    </svg>
  );
}

export function Waterfall({ items }: { items: Units[] }): ReactNode {
  const all = total(items);
  const missing = all.received - all.sold - all.reserved - all.available;
  return (
    <div className="stock-of-sale">
      {missing > 0 && <Note tone="warn">{texts.board.missing(count(missing))}</Note>}
      <Steps of={total(items)} />
      <table className="bars">
        <thead><tr><th>{texts.words.sku}</th><th className="number">{texts.board.units.sold}</th><th className="number">{texts.board.units.reserved}</th><th className="number">{texts.board.units.available}</th><th aria-hidden="true" /></tr></thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.sku}>
              <td>{item.sku}</td><td className="number">{count(item.sold)}</td><td className="number">{count(item.reserved)}</td><td className="number">{count(item.available)}</td>
              <td className="fill"><Bar of={item} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
