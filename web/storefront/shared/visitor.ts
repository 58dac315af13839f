import { cookie } from './cookies';

/** Shows in the header what belongs to this visitor: pages come from a cache that all share. */
export function markVisitor(): void {
    const signedIn = cookie('md_signed_in') === '1';
    for (const element of document.querySelectorAll<HTMLElement>('[data-when]')) {
        element.hidden = (element.dataset.when === 'signed-in') !== signedIn;
    }
    const units = Number.parseInt(cookie('md_basket'), 10);
    const count = document.querySelector<HTMLElement>('[data-basket-count]');
    if (!count || !(units > 0)) return;
    count.textContent = units > 99 ? '99+' : String(units);
    count.hidden = false;
    const link = count.closest('a');
    if (link?.dataset.label) link.setAttribute('aria-label', link.dataset.label.replace('{n}', String(units)));
}

// A page that the browser brings back with its Back button was made before the basket changed.
addEventListener('pageshow', (event) => {
    if (event.persisted) markVisitor();
});
