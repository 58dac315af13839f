// Shapes of answers, as /openapi.json of the operators' address describes them.
import type { LocalText, Money } from './format';

export interface Stock {
  received: number;
  available: number;
  reserved: number;
  sold: number;
  in_transfer: number;
  withdrawn: number;
}
export interface Product {
  sku: string;
  name: LocalText;
  description: LocalText;
  category: LocalText[];
  price: Money | null;
  price_version: number;
  weight_g: number;
  images: string[];
  hidden: boolean;
  created_at: string;
  updated_at: string;
  stock?: Stock;
}
export interface Sale {
  id: string;
  name: LocalText;
  state: 'scheduled' | 'open' | 'paused' | 'closed';
  opens_at: string;
  closes_at: string | null;
  now: string;
  items: { sku: string; units: number; price: Money; price_version: number; limit_per_customer: number }[];
  line: { enabled: boolean; draw: boolean; admissions_per_s_max?: number };
}
export interface Address {
  recipient: string;
  line1: string;
  line2?: string | null;
  city: string;
  postal_code: string;
  country: string;
  phone?: string | null;
}
export interface Receipt {
  sequence: number;
  hash: string;
}
export interface Order {
  order: string;
  number: string;
  customer: string;
  state: string;
  sale: string | null;
  total: Money;
  shipping: Money;
  lines: { sku: string; quantity: number; unit_price_minor: number; price_version: number }[];
  address: Address;
  placed_at: string;
  updated_at: string;
  hold_until: string;
  receipt: Receipt;
  captured_at?: string | null;
  refunded_at?: string | null;
  payment?: string | null;
  tracking?: string;
  trace_id?: string | null;
}
export interface LedgerEntry {
  sequence: number;
  hash: string;
  at: string;
  movement: string;
  sku: string;
  units: number;
}
export interface AuditReport {
  holds: boolean;
  checks: {
    id: string;
    title: string;
    state: 'ok' | 'skipped' | 'violated';
    examined: number;
    examined_what: string;
    violation_count: number;
    note: string;
    violations: { subject: string; expected: string; found: string }[];
  }[];
}
export interface Draw {
  drawn: boolean;
  commitment: string;
  public_value: string;
  root: string | null;
  secret: string | null;
  entries_total: number;
}
export interface Forecast {
  line_length_max: number;
  sold_out_s: number | null;
  orders_per_s: number;
  units_sold: number;
  declined: number;
  basis: Record<string, unknown>;
}
export interface Operator {
  name: string;
  role: string;
  disabled: boolean;
  totp: boolean;
  created_at: string;
}
export interface Action {
  entry: number;
  at: string;
  operator: string;
  operation: string;
  target: string;
  outcome: string;
  status: number | null;
  problem: string | null;
  trace_id: string;
  dry_run: boolean;
  details: Record<string, unknown>;
}
export interface Trace {
  trace_id: string;
  at: string;
  method: string;
  route: string;
  status: number;
  duration_ms: number;
  spans: { name: string; start_ms: number; duration_ms: number }[];
}
export interface LogLine {
  at: string;
  level: string;
  event: string;
  trace_id: string | null;
  fields: Record<string, unknown>;
}
