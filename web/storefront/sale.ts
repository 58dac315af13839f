// A sale's page: the countdown on the server's time, the opening, and what is left.
import { ServerClock, countDown, countdownText } from './shared/countdown';
import { keepStock } from './shared/stock';

interface Sale {
    state: string;
    now: string;
    opens_at: string;
}

const sale = document.querySelector<HTMLElement>('[data-sale]');
if (sale) watch(sale, sale.dataset as Record<string, string>);

function watch(element: HTMLElement, data: Record<string, string>): void {
    const clock = new ServerClock(data.now ?? '');
    const url = `/api/v1/sales/${data.sale}`;
    const buy = element.querySelector<HTMLButtonElement>('button[data-buy]');
    const timer = element.querySelector<HTMLElement>('[data-countdown]');
    let state = data.state ?? '';

    const open = (): void => {
        state = 'open';
        const badge = element.querySelector<HTMLElement>('[data-phase-text]');
        if (badge) {
            badge.textContent = data.openText ?? '';
            badge.className = 'badge live';
        }
        for (const part of element.querySelectorAll<HTMLElement>('[data-phase]')) part.hidden = part.dataset.phase !== 'open';
        if (buy) buy.disabled = false;
        keep(2_000);
    };
    const keep = (everyMs: number): void =>
        keepStock(`${url}/stock`, everyMs, {
            countAlways: true,
            seen: (levels) => {
                const gone = levels.every((level) => level.state === 'sold_out');
                if (buy && gone && state === 'open') buy.disabled = true;
            },
        });
    const learn = async (): Promise<void> => {
        const asked = Date.now();
        const answer = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(8000) });
        if (!answer.ok) return;
        const told = (await answer.json()) as Sale;
        clock.learn(told.now, asked, Date.now());
        // Paused, closed, opened early or put off: the page says more about it than this script does.
        if (told.opens_at !== data.opens || (told.state !== state && told.state !== 'scheduled')) {
            if (told.state === 'open' && state === 'scheduled') open();
            else if (!(told.state === 'open' && state === 'open')) location.reload();
        }
    };

    if (state === 'scheduled' && timer) {
        const words = { day: data.day ?? '', days: data.days ?? '' };
        countDown(clock, Date.parse(data.opens ?? ''), (left) => {
            timer.textContent = countdownText(left, words);
            if (left <= 0 && state === 'scheduled') open();
        });
        // Twice, so that one slow answer does not decide; then now and then, for a sale that is put off.
        void learn().catch(() => undefined);
        window.setTimeout(() => void learn().catch(() => undefined), 1_500);
    } else if (state === 'open') {
        keep(2_000);
    }
    if (state !== 'closed') {
        const again = (): void => {
            window.setTimeout(() => {
                if (!document.hidden) void learn().catch(() => undefined);
                again();
            }, 20_000 + Math.random() * 20_000);
        };
        again();
    }
}
