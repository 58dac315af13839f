// A product's page: what is left of it.
import { keepStock } from './shared/stock';

const badge = document.querySelector<HTMLElement>('[data-stock]');
const buy = document.querySelector<HTMLButtonElement>('button[data-buy]');
if (badge?.dataset.stock) {
    keepStock(`/api/v1/products/${encodeURIComponent(badge.dataset.stock)}/stock`, 15_000, {
        countAlways: false,
        seen: ([level]) => {
            if (buy && level) buy.disabled = level.state === 'sold_out';
        },
    });
}
