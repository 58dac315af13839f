// The payment page: the hold's remaining time, on the shop's clock.
import { ServerClock, countDown, holdText } from './shared/countdown';

const left = document.querySelector<HTMLElement>('[data-hold]');
if (left) {
    const { hold = '', now = '', left: text = '' } = left.dataset;
    const clock = new ServerClock(now);
    countDown(clock, Date.parse(hold), (leftMs) => {
        left.textContent = text.replace('{left}', holdText(leftMs));
        left.classList.toggle('urgent', leftMs < 60_000);
        // The shop says what has become of the order. A payment under way is not disturbed: the page is left then.
        if (leftMs <= 0) window.setTimeout(() => location.replace(location.pathname), 1_000);
    });
}
