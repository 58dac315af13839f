// What the console calls the shapes of the operators' API.
import type { components } from './api-types';

type Schemas = components['schemas'];

export type Money = Schemas['Money'];
export type LocalText = Schemas['LocalText'];
export type Receipt = Schemas['Receipt'];
export type Product = Schemas['AdminProduct'];
export type ProductPage = Schemas['AdminProductList'];
export type ImportReport = Schemas['ImportReport'];
export type Stock = NonNullable<Product['stock']>;
export type Sale = Schemas['Sale'];
export type Draw = Schemas['Draw'];
export type Forecast = Schemas['Forecast'];
export type Order = Schemas['Order'];
export type OrderDetail = Schemas['OrderDetail'];
export type LedgerEntry = Schemas['OrderLedger']['items'][number];
export type Customer = Schemas['Customer'];
export type EventOfShop = Schemas['EventList']['items'][number];
export type Audit = Schemas['Audit'];
export type AuditReport = Schemas['AuditReport'];
export type Statistics = Schemas['Statistics'];
export type Setting = Schemas['Configuration']['items'][number];
export type Me = Schemas['OperatorMe'];
export type Operator = Schemas['Operator'];
export type Action = Schemas['OperatorsLog']['items'][number];
export type Trace = Schemas['TraceList']['items'][number];
export type LogLine = Schemas['LogList']['items'][number];
export type Board = Schemas['Board'];
export type BoardSample = Schemas['BoardSample'];
export type SaleNow = Schemas['BoardSales'][number];
