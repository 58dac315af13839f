// One of the board's small multiples: uPlot, redrawn as samples come.
import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';

export interface Line {
  label: string;
  /** A CSS variable of console.css: "--line-1". */
  color: string;
  values: (number | null)[];
}
interface Props {
  title: string;
  times: number[];
  lines: Line[];
  show: (value: number | null) => string;
  /** The axis reaches at least to here; 1 if absent. */
  top?: number;
  fill?: boolean;
  /** The points are days. */
  days?: boolean;
}

const variable = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const sync = uPlot.sync('board');
const pad = (n: number): string => String(n).padStart(2, '0');

const clockOf = (s: number): string => {
  const d = new Date(s * 1000);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}${s % 60 ? `:${pad(d.getSeconds())}` : ''}`;
};
const dayOf = (s: number): string => {
  const d = new Date(s * 1000);
  return `${d.getMonth() + 1}/${d.getDate()}`;
};

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

/** Samples without neighbours: no line would show them. */
function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  return [...values.keys()].filter((at) => isNumber(values[at]) && !isNumber(values[at - 1]) && !isNumber(values[at + 1]));
}

/** As wide as its longest figure, so that "128 MiB/s" is not cut off. */
const widthOf = (_: uPlot, values: string[] | null): number => Math.max(34, 8 + 6.2 * Math.max(0, ...(values ?? []).map((value) => value.length)));

function options({ lines, show, top = 1, fill = true, days = false }: Props, width: number): uPlot.Options {
  const axis = { stroke: variable('--quiet'), grid: { stroke: variable('--grid'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
  return {
    width, height: 104, cursor: { ...(days ? {} : { sync: { key: sync.key } }), y: false, points: { size: 5 }, drag: { x: false, y: false } },
    legend: { show: false }, padding: [6, 20, 0, 0],
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(top, max * 1.08, 1e-9)] } },
    axes: [
      { ...axis, size: 18, gap: 3, space: days ? 40 : 70, values: (_, splits) => splits.map(days ? dayOf : clockOf), ...(days ? { incrs: [86400, 7 * 86400, 30 * 86400] } : {}) },
      { ...axis, size: widthOf, gap: 4, space: 26, values: (_, splits) => splits.map((s) => show(s)) },
    ],
    series: [
      {},
      ...lines.map((line, index) => ({
        label: line.label, stroke: variable(line.color), width: 1.25, points: { show: true, size: 4, filter: alone }, spanGaps: false,
        ...(fill && lines.length === 1 && index === 0 ? { fill: `${variable(line.color)}22` } : {}),
      })),
    ],
  };
}

export function Plot(props: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const data = (): uPlot.AlignedData => [latest.current.times, ...latest.current.lines.map((line) => line.values)];
  const shape = props.lines.map((line) => line.label + line.color).join();
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(options(latest.current, Math.max(160, element.clientWidth)), data(), element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(160, element.clientWidth), height: 104 }));
    resized.observe(element);
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      dark.removeEventListener('change', draw);
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(data());
  }, [props.times, props.lines]);
  return (
    <figure className="plot">
      <figcaption>
        <span>{props.title}</span>
        <span className="now">
          {props.lines.map((line) => (
            <span key={line.label}>
              {props.lines.length > 1 && <i className={`key ${line.color.slice(2)}`} />}
              {props.lines.length > 1 && <small>{line.label} </small>}
              <b>{props.show(line.values[line.values.length - 1] ?? null)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={box} />
    </figure>
  );
}
