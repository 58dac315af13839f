/** A cookie's value; empty when there is none. */
export function cookie(name: string): string {
    for (const pair of document.cookie.split('; ')) {
        if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
    }
    return '';
}
