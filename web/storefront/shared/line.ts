/** As GET /api/v1/sales/{sale}/line answers. */
export interface Standing {
    ticket: string;
    state: 'before_opening' | 'waiting' | 'admitted' | 'all_held' | 'sold_out' | 'closed' | 'expired';
    place: number | null;
    ahead: number | null;
    wait_s: number | null;
    poll_after_ms: number;
    admission: string | null;
    admission_expires_at: string | null;
}

/** After the n-th failure in a row: 1 s, 2 s, 4 s … 30 s, half of it by chance, so that a shop that comes back is not run over. */
export function backOffMs(failures: number, chance: number): number {
    const most = Math.min(30_000, 1000 * 2 ** Math.min(failures, 10));
    return most / 2 + (chance * most) / 2;
}

/** An estimate said no more exactly than it is known. */
export function waitText(waitS: number | null, t: (name: string) => string): string {
    if (waitS === null) return t('wait-unknown');
    if (waitS < 60) return t('wait-soon');
    if (waitS >= 3600) return t('wait-hours');
    const minutes = waitS / 60;
    return t('wait-minutes').replace('{n}', String(minutes < 10 ? Math.ceil(minutes) : Math.ceil(minutes / 5) * 5));
}
