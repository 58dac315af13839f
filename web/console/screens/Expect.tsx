// "At 20,000 shoppers in 10 s: line up to …, sold out in …", from what this machine was measured to do.
import { type ReactNode, useState } from 'react';
import { asProblem, can, post, type Problem } from '../api';
import { count, duration, plain, short, words as asWords } from '../format';
import { Field } from '../parts/Dialog';
import { Facts, ProblemNote } from '../parts/Note';
import { texts } from '../texts';
import type { Forecast } from '../types';

const words = texts.sales;

export function Expect({ units, line }: { units: number; line: boolean }): ReactNode {
  const [shoppers, setShoppers] = useState('20000');
  const [arrive, setArrive] = useState('10');
  const [forecast, setForecast] = useState<Forecast | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!can('post', '/admin/v1/sales/forecast')) return null;
  const compute = (): void => {
    setProblem(null);
    post<Forecast>('/admin/v1/sales/forecast', { shoppers: Number(shoppers), arrive_s: Number(arrive), units, line })
      .then(setForecast)
      .catch((thrown: unknown) => setProblem(asProblem(thrown)));
  };
  return (
    <section className="card">
      <h2>{words.forecast}</h2>
      <p className="quiet">{words.forecastAbout}</p>
      <Field label={words.shoppers}><input type="number" min={1} value={shoppers} onChange={(e) => setShoppers(e.target.value)} /></Field>
      <Field label={words.arrive}><input type="number" min={1} value={arrive} onChange={(e) => setArrive(e.target.value)} /></Field>
      <button type="button" onClick={compute} disabled={units < 1}>{words.compute}</button>
      <ProblemNote problem={problem} />
      {forecast && <>
        <p className="says">{words.says(count(forecast.line_length_max), duration(forecast.sold_out_s), short(forecast.orders_per_s))}</p>
        <Facts of={[[texts.words.sold, count(forecast.units_sold)], [words.declined, count(forecast.declined)]]} />
        <h3>{words.basis}</h3>
        <Facts of={Object.entries(forecast.basis).map(([name, value]) => [asWords(name), typeof value === 'number' ? short(value) : plain(value)])} />
      </>}
    </section>
  );
}
