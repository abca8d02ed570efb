/* Which rows of a long list are drawn. All rows have the same height, so that this is arithmetic and
 * a list of 100,000 costs what one of 100 does. */

export interface Window {
  first: number; /* first row that is drawn */
  count: number;
}

/* `spare` rows are drawn above and below what is seen. */
export function visible(
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  total: number,
  spare = 6,
): Window {
  if (total <= 0 || rowHeight <= 0) return { first: 0, count: 0 };
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const last = Math.min(total, Math.ceil((scrollTop + viewHeight) / rowHeight) + spare);
  const start = Math.min(first, Math.max(0, total - 1));
  return { first: start, count: Math.max(0, last - start) };
}

/* The pages (of `size` rows) that hold rows first … first + count - 1. */
export function pages(first: number, count: number, size: number): number[] {
  if (count <= 0) return [];
  const numbers: number[] = [];
  for (let p = Math.floor(first / size); p <= Math.floor((first + count - 1) / size); p++) {
    numbers.push(p);
  }
  return numbers;
}

/* Where to scroll so that a row is seen whole; the same place when it is already. */
export function reveal(
  index: number,
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight;
  return scrollTop;
}
