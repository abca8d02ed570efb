/* Sizes as people read them: decimal comma, thousands dot, a space before the unit (glossary,
 * rule 3). MB and GB are the regulation's: 2^20 and 2^30 bytes. */

export const MB = 1024 * 1024;
export const GB = 1024 * MB;

export function number(value: number, digits = 0, english = false): string {
  const [whole = '0', fraction] = value.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, english ? ',' : '.');
  return fraction ? `${grouped}${english ? '.' : ','}${fraction}` : grouped;
}

export function size(bytes: number, english = false): string {
  if (bytes < 1024) return `${number(bytes)} B`;
  if (bytes < MB) return `${number(Math.ceil(bytes / 1024), 0, english)} KB`;
  if (bytes < GB) return `${number(bytes / MB, 1, english)} MB`;
  return `${number(bytes / GB, 2, english)} GB`;
}
