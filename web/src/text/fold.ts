/* Text without its Vietnamese marks and in small letters, as the server's search folds it. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐÐð]/g, 'd')
    .toLowerCase();
}

/* Orders text by Vietnamese rules. */
const collator = new Intl.Collator('vi', { numeric: true, sensitivity: 'variant' });
export const compare = (a: string, b: string): number => collator.compare(a, b);

/* Orders people by given name, then family name, then middle name (glossary, rule 6). */
export function comparePeople(a: string, b: string): number {
  const key = (name: string) => {
    const words = name.trim().split(/\s+/);
    const given = words.pop() ?? '';
    const family = words.shift() ?? '';
    return [given, family, words.join(' ')] as const;
  };
  const x = key(a);
  const y = key(b);
  return compare(x[0], y[0]) || compare(x[1], y[1]) || compare(x[2], y[2]);
}

/* Whether a text holds letters that only a Vietnamese input method makes. */
export function hasVietnamese(text: string): boolean {
  return /[\u0300-\u0323\u00C0-\u024F\u1EA0-\u1EF9]/.test(text);
}
