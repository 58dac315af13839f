// What is left of goods, as the shop tells it this second; the page itself may be a minute old.
interface Level {
    sku: string;
    available: number;
    state: 'on_sale' | 'all_held' | 'sold_out';
}

const fewUnits = 10;

function show(badge: HTMLElement, level: Level, countAlways: boolean): void {
    const texts = badge.dataset;
    const count = level.available <= fewUnits ? texts.few : countAlways ? texts.left : texts.onSale;
    const text = {
        on_sale: (count ?? '').replace('{n}', level.available.toLocaleString('en-US')),
        all_held: texts.allHeld ?? '',
        sold_out: texts.soldOut ?? '',
    }[level.state];
    if (badge.textContent !== text) badge.textContent = text;
    badge.className = `badge ${{ on_sale: level.available <= fewUnits ? 'live' : 'good', all_held: '', sold_out: 'bad' }[level.state]}`;
}

/** Keeps the badges of a page right: asks at once, then every `everyMs` or so while somebody looks. */
export function keepStock(url: string, everyMs: number, options: { countAlways: boolean; seen?: (levels: Level[]) => void }): void {
    let timer = 0;
    const soon = (ms: number): void => {
        window.clearTimeout(timer);
        // A second here or there, so that pages opened together do not ask together.
        timer = window.setTimeout(() => void ask(), ms * (0.75 + Math.random() / 2));
    };
    const ask = async (): Promise<void> => {
        if (document.hidden) return;
        try {
            const answer = await fetch(url, { signal: AbortSignal.timeout(8000) });
            if (!answer.ok) throw new Error(String(answer.status));
            const body = (await answer.json()) as Level | { items: Level[] };
            const levels = 'items' in body ? body.items : [body];
            for (const level of levels) {
                const badge = document.querySelector<HTMLElement>(`[data-stock="${CSS.escape(level.sku)}"]`);
                if (badge) show(badge, level, options.countAlways);
            }
            options.seen?.(levels);
            soon(everyMs);
        } catch {
            soon(everyMs * 4); // The page stays as it is; a shop in trouble is not helped by more questions.
        }
    };
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden) soon(500);
    });
    void ask();
}
