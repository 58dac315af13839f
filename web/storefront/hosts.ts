// Only on pages whose files come from other hosts (`pages.asset_host`, `pages.image_host`), before all of them and always
// from the shop itself: whatever such a host does not give, gives wrongly (the hash in `integrity` tells) or gives too
// late is asked of the shop. A host that hangs is left alone for a while, so that a shopper waits for it once.
(() => {
    const stylePatienceMs = 3_000;
    const pictureLookMs = 2_000;
    const looksForHost = 3; // nothing at all has come from it: it hangs
    const looksForOne = 10; // others have come, this one has not
    const avoidedMs = 300_000;
    const hosts = (document.currentScript?.dataset.hosts ?? '').split(' ').filter(Boolean);
    const arrived = new Set<string>(); // hosts that gave a style or script
    const pictured = new Set<string>(); // and those that gave a picture
    const avoided = new Set<string>();
    const looks = new WeakMap<Element, number>();
    const nowhere = document.implementation.createHTMLDocument();

    type Fetched = HTMLLinkElement | HTMLScriptElement | HTMLImageElement;
    const addressOf = (element: Fetched): string => (element instanceof HTMLLinkElement ? element.href : element.src);
    const hostOf = (element: Fetched): string | undefined => hosts.find((host) => addressOf(element).startsWith(`${host}/`));
    const isFetched = (node: unknown): node is Fetched =>
        node instanceof HTMLScriptElement || node instanceof HTMLImageElement || (node instanceof HTMLLinkElement && node.rel === 'stylesheet');
    const from = (root: ParentNode): Fetched[] =>
        [...root.querySelectorAll<Fetched>('link[rel=stylesheet],script[src],img')].filter((element) => hostOf(element) !== undefined);
    const key = (host: string): string => `md_host_out ${host}`;

    const whenParsed = (then: () => void): void => {
        if (document.readyState !== 'loading') then();
        else document.addEventListener('readystatechange', then, { once: true });
    };

    const askShop = (element: Fetched, host: string): void => {
        const here = (address: string): string => address.slice(host.length);
        if (element instanceof HTMLImageElement) {
            if (element.srcset) element.srcset = element.srcset.replaceAll(`${host}/`, '/');
            element.src = here(element.src);
        } else if (element instanceof HTMLLinkElement) {
            const copy = element.cloneNode() as HTMLLinkElement;
            copy.href = here(element.href);
            element.replaceWith(copy);
        } else {
            const copy = document.createElement('script');
            copy.type = element.type;
            copy.integrity = element.integrity;
            copy.src = here(element.src);
            // In another document it does not run, should it come after all: nothing runs twice.
            nowhere.adoptNode(element);
            // As a module of the page itself would, it finds the whole page.
            whenParsed(() => document.head.append(copy));
        }
    };
    const avoid = (host: string): void => {
        avoided.add(host);
        for (const element of from(document)) if (hostOf(element) === host) askShop(element, host);
    };
    const giveUp = (host: string): void => {
        try {
            sessionStorage.setItem(key(host), String(Date.now() + avoidedMs));
        } catch {
            // No store in this browser: the next page finds out by itself.
        }
        avoid(host);
    };

    document.addEventListener('error', ({ target }) => {
        if (!isFetched(target)) return;
        const host = hostOf(target);
        if (host !== undefined) askShop(target, host);
    }, true);
    document.addEventListener('load', ({ target }) => {
        const host = isFetched(target) ? hostOf(target) : undefined;
        if (host === undefined) return;
        (target instanceof HTMLImageElement ? pictured : arrived).add(host);
        looks.set(target as Element, -Infinity);
    }, true);

    for (const host of hosts) {
        try {
            if (Number(sessionStorage.getItem(key(host))) > Date.now()) avoided.add(host);
        } catch {
            // As above.
        }
    }
    if (avoided.size > 0) {
        // What is still to be read of the page is turned round as it comes.
        new MutationObserver((changes) => {
            for (const change of changes) {
                for (const node of change.addedNodes) {
                    const found = isFetched(node) ? [node] : node instanceof Element ? from(node) : [];
                    for (const element of found) {
                        const host = hostOf(element);
                        if (host !== undefined && avoided.has(host)) askShop(element, host);
                    }
                }
            }
        }).observe(document, { childList: true, subtree: true });
    }

    setTimeout(() => {
        for (const element of from(document)) {
            const host = hostOf(element);
            if (host === undefined || element instanceof HTMLImageElement || looks.has(element)) continue;
            if (arrived.has(host)) askShop(element, host);
            else giveUp(host);
        }
    }, stylePatienceMs);

    const shown = (image: HTMLImageElement): boolean => {
        const { top, bottom } = image.getBoundingClientRect();
        return image.loading !== 'lazy' || (bottom > 0 && top < innerHeight);
    };
    setInterval(() => {
        for (const image of from(document)) {
            const host = hostOf(image);
            if (host === undefined || !(image instanceof HTMLImageElement) || image.complete || !shown(image)) continue;
            const looked = (looks.get(image) ?? 0) + 1;
            looks.set(image, looked);
            if (looked >= looksForHost && !pictured.has(host)) giveUp(host);
            else if (looked >= looksForOne) askShop(image, host);
        }
    }, pictureLookMs);
})();
