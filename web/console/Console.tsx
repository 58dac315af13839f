// Who is signed in, the frame, and which screen stands at an address.
import { Component, type ReactNode, useCallback, useEffect, useState } from 'react';
import { asProblem, call, can, get, learn, Problem, rememberCsrf, whenSignedOut } from './api';
import { ProblemNote } from './parts/Note';
import { link, usePlace } from './router';
import { AuditScreen } from './screens/Audit';
import { BoardScreen } from './screens/Board';
import { ConfigurationScreen } from './screens/Configuration';
import { CustomerScreen, CustomersScreen } from './screens/Customers';
import { EventsScreen } from './screens/Events';
import { FiguresScreen } from './screens/Figures';
import { GoodsScreen } from './screens/Goods';
import { LogsScreen, TracesScreen } from './screens/Traces';
import { MeScreen } from './screens/Me';
import { OperatorsLogScreen, OperatorsScreen } from './screens/Operators';
import { OrderScreen } from './screens/Order';
import { OrdersScreen } from './screens/Orders';
import { ProductScreen } from './screens/Product';
import { SaleScreen } from './screens/Sale';
import { SalePlanner } from './screens/SalePlanner';
import { SalesScreen } from './screens/Sales';
import { SignIn } from './screens/SignIn';
import { StockScreen } from './screens/Stock';
import { Session, useMe } from './session';
import { texts } from './texts';
import type { Me } from './types';

interface Screen {
  name: keyof typeof texts.nav;
  group: keyof typeof texts.groups;
  /** The route that it lives on; without it the screen is not there. */
  needs: string;
  show: (rest: string[]) => ReactNode;
}

const screens: Screen[] = [
  { name: 'board', group: 'now', needs: '/admin/v1/board', show: () => <BoardScreen /> },
  { name: 'sales', group: 'now', needs: '/admin/v1/sales', show: ([id]) => (id === 'new' ? <SalePlanner /> : id ? <SaleScreen id={id} /> : <SalesScreen />) },
  { name: 'orders', group: 'now', needs: '/admin/v1/orders', show: ([id]) => (id ? <OrderScreen id={id} /> : <OrdersScreen />) },
  { name: 'goods', group: 'shop', needs: '/admin/v1/products', show: ([sku]) => (sku ? <ProductScreen sku={sku} /> : <GoodsScreen />) },
  { name: 'stock', group: 'shop', needs: '/admin/v1/products', show: () => <StockScreen /> },
  { name: 'customers', group: 'shop', needs: '/admin/v1/customers', show: ([id]) => (id ? <CustomerScreen id={id} /> : <CustomersScreen />) },
  { name: 'figures', group: 'shop', needs: '/admin/v1/statistics', show: () => <FiguresScreen /> },
  { name: 'events', group: 'watch', needs: '/admin/v1/events', show: () => <EventsScreen /> },
  { name: 'audit', group: 'watch', needs: '/admin/v1/audit', show: () => <AuditScreen /> },
  { name: 'traces', group: 'watch', needs: '/admin/v1/traces', show: () => <TracesScreen /> },
  { name: 'logs', group: 'watch', needs: '/admin/v1/logs', show: () => <LogsScreen /> },
  { name: 'configuration', group: 'house', needs: '/admin/v1/configuration', show: () => <ConfigurationScreen /> },
  { name: 'operators', group: 'house', needs: '/admin/v1/operators', show: () => <OperatorsScreen /> },
  { name: 'done', group: 'house', needs: '/admin/v1/operators-log', show: () => <OperatorsLogScreen /> },
  { name: 'me', group: 'house', needs: '/admin/v1/me', show: () => <MeScreen /> },
];

/** A screen that stumbles does not take the others with it. */
class Boundary extends Component<{ at: string; children: ReactNode }, { problem: Problem | null; at: string }> {
  override state = { problem: null as Problem | null, at: this.props.at };
  static getDerivedStateFromError(thrown: unknown): { problem: Problem } {
    return { problem: asProblem(thrown) };
  }
  static getDerivedStateFromProps(props: { at: string }, state: { at: string }): object | null {
    return props.at === state.at ? null : { problem: null, at: props.at };
  }
  override render(): ReactNode {
    return this.state.problem ? <ProblemNote problem={this.state.problem} again={() => this.setState({ problem: null })} /> : this.props.children;
  }
}

function Frame(): ReactNode {
  const { me, signOut } = useMe();
  const { path } = usePlace();
  const [menu, setMenu] = useState(false);
  const there = screens.filter((screen) => can('get', screen.needs));
  const current = there.find((screen) => screen.name === path[0]) ?? there[0];
  const at = path.join('/');
  useEffect(() => {
    setMenu(false);
    document.title = `${current ? texts.nav[current.name] : ''} · ${texts.title}`;
    document.getElementById('main')?.scrollTo(0, 0);
  }, [at, current]);
  return (
    <div className={`frame ${menu ? 'menu-open' : ''}`}>
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>{texts.skip}</a>
      <header className="bar-top">
        <button type="button" className="plain" aria-expanded={menu} aria-controls="nav" onClick={() => setMenu(!menu)}>{texts.menu}</button>
        <b>{current ? texts.nav[current.name] : texts.title}</b>
      </header>
      <nav id="nav" aria-label={texts.menu}>
        <a className="brand" href={link([])}>{texts.title}<small>{texts.subtitle}</small></a>
        {(Object.keys(texts.groups) as (keyof typeof texts.groups)[]).map((group) => (
          <div key={group}>
            <h2>{texts.groups[group]}</h2>
            {there.filter((screen) => screen.group === group).map((screen) => (
              <a key={screen.name} href={link([screen.name])} aria-current={screen === current ? 'page' : undefined}>{texts.nav[screen.name]}</a>
            ))}
          </div>
        ))}
        <div className="who">
          <span>{me.name} <small className="quiet">{me.role}</small></span>
          <button type="button" className="plain" onClick={signOut}>{texts.signIn.out}</button>
        </div>
      </nav>
      <main id="main" tabIndex={-1}>
        <Boundary at={at}>{current?.show(path.slice(1))}</Boundary>
      </main>
    </div>
  );
}

export function Console(): ReactNode {
  const [me, setMe] = useState<Me | null | 'unknown'>('unknown');
  const [problem, setProblem] = useState<Problem | null>(null);
  const enter = useCallback(async () => {
    try {
      const answer = await get<Me>('/admin/v1/me');
      rememberCsrf(answer.csrf_token);
      await learn();
      setProblem(null);
      setMe(answer);
    } catch (thrown) {
      const found = asProblem(thrown);
      if (found.status !== 401) setProblem(found);
      setMe(null);
    }
  }, []);
  useEffect(() => {
    whenSignedOut(() => setMe(null));
    void enter();
  }, [enter]);
  const signOut = (): void => {
    void call('/admin/v1/sessions/current', { method: 'DELETE' }).catch(() => undefined).finally(() => setMe(null));
  };
  if (me === 'unknown') return null;
  if (me === null) return <SignIn problem={problem} entered={() => void enter()} />;
  return <Session.Provider value={{ me, reload: () => void enter(), signOut }}><Frame /></Session.Provider>;
}
