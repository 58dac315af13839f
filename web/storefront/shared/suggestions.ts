// Completions under the search field, as a combobox with a list (WAI-ARIA APG): arrows choose, Enter searches, Escape
// closes. Without an answer nothing is shown; searching works all the same.
const waitMs = 150;

interface Suggestions {
    items: { text: string }[];
}

export function suggestWhileTyping(field: HTMLInputElement): void {
    const form = field.form;
    if (!form) return;
    const list = document.createElement('ul');
    list.id = 'suggestions';
    list.className = 'suggestions';
    list.hidden = true;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', field.placeholder);
    form.append(list);
    field.setAttribute('role', 'combobox');
    field.setAttribute('aria-autocomplete', 'list');
    field.setAttribute('aria-controls', list.id);
    field.setAttribute('aria-expanded', 'false');

    const language = document.documentElement.lang;
    const known = new Map<string, string[]>();
    let chosen = -1;
    let typed = field.value;
    let timer = 0;
    let asking: AbortController | undefined;

    const close = (): void => {
        list.hidden = true;
        chosen = -1;
        field.setAttribute('aria-expanded', 'false');
        field.removeAttribute('aria-activedescendant');
    };
    const choose = (index: number): void => {
        const options = [...list.children] as HTMLElement[];
        chosen = index;
        for (const [i, option] of options.entries()) option.setAttribute('aria-selected', String(i === index));
        const option = options[index];
        field.value = option?.textContent ?? typed;
        if (option) field.setAttribute('aria-activedescendant', option.id);
        else field.removeAttribute('aria-activedescendant');
    };
    const show = (texts: string[]): void => {
        list.replaceChildren(
            ...texts.map((text, i) => {
                const option = document.createElement('li');
                option.id = `suggestion-${i}`;
                option.setAttribute('role', 'option');
                option.textContent = text;
                // Before the field loses its focus, and with it the list.
                option.addEventListener('pointerdown', (event) => {
                    event.preventDefault();
                    field.value = text;
                    form.requestSubmit();
                });
                return option;
            }),
        );
        list.hidden = texts.length === 0;
        chosen = -1;
        field.setAttribute('aria-expanded', String(texts.length > 0));
    };
    const ask = async (): Promise<void> => {
        asking?.abort();
        const text = typed.trim();
        if (text === '') return close();
        const kept = known.get(text);
        if (kept) return show(kept);
        asking = new AbortController();
        try {
            const query = new URLSearchParams({ q: text, lang: language, limit: '8' });
            const answer = await fetch(`/api/v1/suggestions?${query}`, { signal: asking.signal });
            if (!answer.ok) return close();
            const texts = ((await answer.json()) as Suggestions).items.map((item) => item.text);
            known.set(text, texts);
            if (typed.trim() === text && document.activeElement === field) show(texts);
        } catch {
            // Overtaken by the next letter, or no answer: no suggestions then.
        }
    };
    field.addEventListener('input', (event) => {
        typed = field.value;
        window.clearTimeout(timer);
        // Between the key strokes that make one syllable there is nothing to complete yet.
        if ((event as InputEvent).isComposing && typed.length < 2) return;
        timer = window.setTimeout(() => void ask(), waitMs);
    });
    field.addEventListener('keydown', (event) => {
        if (event.isComposing || list.hidden) return;
        const count = list.children.length;
        if (event.key === 'ArrowDown') choose(chosen + 1 < count ? chosen + 1 : -1);
        else if (event.key === 'ArrowUp') choose(chosen < 0 ? count - 1 : chosen - 1);
        else if (event.key === 'Escape') close();
        else return;
        event.preventDefault();
    });
    field.addEventListener('blur', close);
}
