// A countdown on the server's time: whatever the shopper's own clock says, all see the same second.

/** The shop's clock in ms, from one answer that told it and the moments of asking and hearing. */
export class ServerClock {
    private offsetMs = 0;
    private errorMs = Infinity;

    constructor(now: string) {
        // The page may have waited in caches: only good until the server has been asked.
        this.offsetMs = Date.parse(now) - Date.now();
    }
    learn(now: string, askedAt: number, heardAt: number): void {
        // A quicker answer says it more exactly (Cristian, 1989).
        if (heardAt - askedAt > this.errorMs) return;
        this.errorMs = heardAt - askedAt;
        this.offsetMs = Date.parse(now) - (askedAt + heardAt) / 2;
    }
    now(): number {
        return Date.now() + this.offsetMs;
    }
}

export interface DayWords {
    day: string; // "{n} day"
    days: string; // "{n} days"
}

/** "2 days 03:04:05" */
export function countdownText(leftMs: number, words: DayWords): string {
    const all = Math.max(0, Math.ceil(leftMs / 1000));
    const two = (n: number): string => String(n).padStart(2, '0');
    const clock = `${two(Math.floor(all / 3600) % 24)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
    const days = Math.floor(all / 86400);
    if (days === 0) return clock;
    return `${(days === 1 ? words.day : words.days).replace('{n}', String(days))} ${clock}`;
}

/** What is left of a hold, which is minutes: "4:32"; "1:04:32" should a shop hold longer. */
export function holdText(leftMs: number): string {
    const all = Math.max(0, Math.ceil(leftMs / 1000));
    const two = (n: number): string => String(n).padStart(2, '0');
    const hours = Math.floor(all / 3600);
    const minutes = Math.floor(all / 60) % 60;
    return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(all % 60)}`;
}

/** Calls `tick` with what is left each time the shown second changes, and once at or below zero. Gives a way to stop. */
export function countDown(clock: ServerClock, until: number, tick: (leftMs: number) => void): () => void {
    let timer = 0;
    const step = (): void => {
        const left = until - clock.now();
        tick(left);
        if (left > 0) timer = window.setTimeout(step, left % 1000 || 1000);
    };
    step();
    return () => window.clearTimeout(timer);
}
