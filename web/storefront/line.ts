// The line. Joins once, keeps the ticket where a reload and a second tab find it, asks as often as it is told to, backs
// off when nobody answers, and goes to checkout when it is this shopper's turn.
import { ServerClock, countDown, countdownText } from './shared/countdown';
import { backOffMs, waitText, type Standing } from './shared/line';

const sale = location.pathname.split('/')[2] ?? '';
const api = `/api/v1/sales/${sale}`;
const key = `md_ticket_${sale}`;
const t = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="t-${name}"]`)?.content ?? '';
const at = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
const title = document.title;

let ticket = read();
let failures = 0;
let timer = 0;
let shown = '';
let spokenAt = 0;
let gone = false;
let opens: { clock: ServerClock; at: number; drawn: boolean } | undefined;
let stopTimer: (() => void) | undefined;

function read(): string {
    try {
        return localStorage.getItem(key) ?? '';
    } catch {
        return ''; // Storage may be forbidden: the account still has its one ticket.
    }
}
function keep(value: string): void {
    ticket = value;
    try {
        if (value) localStorage.setItem(key, value);
        else localStorage.removeItem(key);
    } catch {
        // As above.
    }
}

function put(id: string, text: string): void {
    const element = at(id);
    if (element.textContent !== text) element.textContent = text;
}
function offer(text: string, href: string): void {
    const go = at('go') as HTMLAnchorElement;
    go.hidden = text === '';
    go.textContent = text;
    go.href = href;
}
/** For screen readers: each change of state at once, places only now and then. */
function say(text: string, now: boolean): void {
    if (!now && Date.now() - spokenAt < 20_000) return;
    spokenAt = Date.now();
    put('say', text);
}

/** One of the page's faces: a heading, a sentence, and what one can do. */
function show(state: string, more: { hint?: string; place?: string; wait?: string; go?: [string, string]; stay?: boolean } = {}): void {
    const heading = t(state);
    put('state', heading);
    put('hint', more.hint ?? t(`${state}-hint`));
    put('place', more.place ?? '');
    put('wait', more.wait ?? '');
    at('place').hidden = !more.place;
    at('bar').hidden = !more.stay;
    at('leave').hidden = !more.stay;
    offer(more.go?.[0] ?? '', more.go?.[1] ?? '/');
    document.title = `${more.place ?? heading} – ${title}`;
    if (state !== 'before') {
        stopTimer?.();
        stopTimer = undefined;
        at('timer').hidden = true;
    }
    say([heading, more.place, more.wait].filter(Boolean).join('. '), state !== shown);
    shown = state;
}

function countToOpening(): void {
    if (!opens || stopTimer) return;
    at('timer').hidden = false;
    const words = { day: t('day'), days: t('days') };
    stopTimer = countDown(opens.clock, opens.at, (left) => put('timer', countdownText(left, words)));
}

function go(standing: Standing): void {
    const until = new Date(standing.admission_expires_at ?? Date.now());
    const seconds = Math.max(1, Math.floor((until.getTime() - (opens?.clock.now() ?? Date.now())) / 1000));
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `md_admission_${sale}=${standing.admission}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`;
    const sku = new URLSearchParams(location.search).get('sku');
    const query = new URLSearchParams(sku ? { sale, sku, quantity: '1' } : { sale });
    const checkout = sku ? `/checkout?${query}` : `/sales/${sale}`;
    const time = until.toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    show('admitted', { hint: t('admitted-hint').replace('{time}', time), go: [t('go'), checkout] });
    // The tab that is looked at goes by itself; another one waits to be looked at.
    const leave = (): void => {
        if (document.hidden || gone) return;
        gone = true;
        window.setTimeout(() => location.assign(checkout), 1200);
    };
    document.addEventListener('visibilitychange', leave);
    leave();
}

function stand(standing: Standing): void {
    failures = 0;
    put('trouble', '');
    if (standing.ticket && standing.ticket !== ticket) keep(standing.ticket);
    const place = standing.place === null ? '' : t('place').replace('{n}', standing.place.toLocaleString('en-US'));
    switch (standing.state) {
        case 'before_opening':
            show('before', { hint: t(opens?.drawn === false ? 'early-hint' : 'before-hint'), stay: true });
            countToOpening();
            break;
        case 'waiting': {
            const ahead = standing.ahead === null ? '' : standing.ahead === 0 ? t('next') : t('ahead').replace('{n}', standing.ahead.toLocaleString('en-US'));
            show('waiting', { place, wait: [ahead, waitText(standing.wait_s, t)].filter(Boolean).join(' · '), stay: true });
            break;
        }
        case 'all_held':
            show('held', { place, stay: true });
            break;
        case 'admitted':
            go(standing);
            break;
        case 'sold_out':
            keep('');
            return show('sold', { go: [t('home'), '/'] });
        case 'closed':
            keep('');
            return show('closed', { go: [t('home'), '/'] });
        case 'expired':
            keep('');
            return show('expired', { go: [t('again'), location.href] });
    }
    // Told when to ask again; a tenth here or there, so that those who joined together do not ask together.
    ask(standing.poll_after_ms * (0.9 + Math.random() * 0.2));
}

function ask(afterMs: number): void {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void step(), afterMs);
}
function trouble(text: string, retryAfterS = 0): void {
    put('trouble', text);
    ask(Math.max(retryAfterS * 1000 * (1 + Math.random() / 2), backOffMs(failures++, Math.random())));
}

async function csrfToken(): Promise<string | undefined> {
    const me = await fetch('/api/v1/me', { cache: 'no-store', signal: AbortSignal.timeout(8000) });
    if (me.status === 401) return undefined;
    if (!me.ok) throw new Error(String(me.status));
    return ((await me.json()) as { csrf_token: string }).csrf_token;
}

/** One question: the place of the ticket that is known, else to join. */
async function step(): Promise<void> {
    try {
        let answer: Response;
        const options = { cache: 'no-store' as const, signal: AbortSignal.timeout(10_000) };
        if (ticket) {
            answer = await fetch(`${api}/line`, { ...options, headers: { 'X-Ticket': ticket } });
        } else {
            const token = await csrfToken();
            answer = token === undefined ? new Response(null, { status: 401 }) : await fetch(`${api}/line`, { ...options, method: 'POST', headers: { 'X-CSRF-Token': token } });
        }
        if (answer.ok) return stand((await answer.json()) as Standing);
        if (answer.status === 400 && ticket) {
            keep(''); // Not of this line, or of a shop that was set up anew: join.
            return ask(200 + Math.random() * 800);
        }
        if (answer.status === 401) {
            return show('signin', { go: [t('login'), `/log-in?next=${encodeURIComponent(location.pathname + location.search)}`] });
        }
        if (answer.status === 404) return show('none', { go: [t('home'), '/'] });
        const retry = Number(answer.headers.get('Retry-After'));
        const type = ((await answer.json().catch(() => ({}))) as { type?: string }).type ?? '';
        trouble(t(type.endsWith('/line-full') ? 'full' : 'slow'), retry > 0 ? retry : 0);
    } catch {
        trouble(t('slow'));
    }
}

async function learnSale(): Promise<void> {
    const asked = Date.now();
    const answer = await fetch(api, { cache: 'no-store', signal: AbortSignal.timeout(8000) });
    if (!answer.ok) return;
    const told = (await answer.json()) as { now: string; opens_at: string; name: Record<string, string>; line: { draw: boolean } };
    const clock = new ServerClock(told.now);
    clock.learn(told.now, asked, Date.now());
    opens = { clock, at: Date.parse(told.opens_at), drawn: told.line.draw };
    put('sale', told.name[document.documentElement.lang] ?? Object.values(told.name)[0] ?? '');
    if (shown === 'before') countToOpening();
}

at('leave').addEventListener('click', () => {
    if (!ticket || !confirm(t('really'))) return;
    window.clearTimeout(timer);
    const leave = async (): Promise<void> => {
        const token = await csrfToken();
        const answer = await fetch(`${api}/line`, { method: 'DELETE', headers: { 'X-Ticket': ticket, 'X-CSRF-Token': token ?? '' } });
        if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
        keep('');
        show('left', { go: [t('again'), location.href] });
    };
    leave().catch(() => trouble(t('slow')));
});
// Another tab has joined, or has given the place up.
addEventListener('storage', (event) => {
    if (event.key !== key) return;
    ticket = event.newValue ?? '';
    if (ticket) ask(0);
});
addEventListener('online', () => ask(Math.random() * 1000));

void learnSale().catch(() => undefined);
void step();
