/* Dates as Vietnamese offices write them (glossary, rule 3): dd/mm/yyyy, 24 hours, the week begins
 * on Monday, the zone is Vietnam's and never shown. Vietnam has no summer time, so the offset is a
 * constant and does not hang on how the PC is set. */

const OFFSET = 7 * 3600_000;
const DAY = 86_400_000;

export interface DateWords {
  today: string;
  yesterday: string;
  days: readonly string[]; /* from Sunday */
}

export const VIETNAMESE: DateWords = {
  today: 'Hôm nay',
  yesterday: 'Hôm qua',
  days: ['Chủ nhật', 'Thứ hai', 'Thứ ba', 'Thứ tư', 'Thứ năm', 'Thứ sáu', 'Thứ bảy'],
};

export const ENGLISH: DateWords = {
  today: 'Today',
  yesterday: 'Yesterday',
  days: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
};

const two = (n: number) => String(n).padStart(2, '0');

/* A Date whose UTC fields are Vietnam's. */
const local = (date: Date) => new Date(date.getTime() + OFFSET);

const dayNumber = (date: Date) => Math.floor(local(date).getTime() / DAY);

export function clock(date: Date): string {
  const d = local(date);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
}

export function day(date: Date): string {
  const d = local(date);
  return `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}/${d.getUTCFullYear()}`;
}

/* For a row of the list: 08:05 · Hôm qua · 13/06 · 13/06/2022. */
export function shortDate(text: string, now: Date, words: DateWords): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return '';
  const ago = dayNumber(now) - dayNumber(date);
  if (ago === 0) return clock(date);
  if (ago === 1) return words.yesterday;
  const full = day(date);
  return full.slice(6) === day(now).slice(6) ? full.slice(0, 5) : full;
}

/* For the reading pane: Hôm nay, 08:05 · Hôm qua, 16:40 · Thứ hai, 13/06/2022, 08:05. */
export function longDate(text: string, now: Date, words: DateWords): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return '';
  const ago = dayNumber(now) - dayNumber(date);
  if (ago === 0) return `${words.today}, ${clock(date)}`;
  if (ago === 1) return `${words.yesterday}, ${clock(date)}`;
  return `${words.days[local(date).getUTCDay()]}, ${day(date)}, ${clock(date)}`;
}

/* For the line above a quoted message: 08:05 ngày 13/06/2022. */
export function quoteDate(text: string): { time: string; day: string } {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return { time: '', day: '' };
  return { time: clock(date), day: day(date) };
}

/* The instant at which a day of Vietnam begins, of "2022-06-13"; null when there is no such day. */
export function dayStart(iso: string): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso);
  if (!match) return null;
  const time = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  if (new Date(time).toISOString().slice(0, 10) !== iso) return null;
  return new Date(time - OFFSET).toISOString().replace('.000', '');
}

/* The instant at which the day after begins. */
export function dayEnd(iso: string): string | null {
  const start = dayStart(iso);
  return start && new Date(new Date(start).getTime() + DAY).toISOString().replace('.000', '');
}

/* "13/06/2022", "13/6/2022", "13-6-2022" → "2022-06-13"; null when there is no such day. */
export function readDay(text: string): string | null {
  const match = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(text);
  if (!match) return null;
  const iso = `${match[3]}-${match[2]!.padStart(2, '0')}-${match[1]!.padStart(2, '0')}`;
  return dayStart(iso) && iso;
}

const stamp = (time: number) => new Date(time).toISOString().replace(/\.\d+/, '');

/* "2022-06-13T07:30", as a field of the page gives it, meant as Vietnam's time; null: no such moment. */
export function atVietnam(text: string): string | null {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})/.exec(text);
  const start = match && dayStart(match[1]!);
  if (!match || !start || Number(match[2]) > 23 || Number(match[3]) > 59) return null;
  return stamp(new Date(start).getTime() + Number(match[2]) * 3600_000 + Number(match[3]) * 60_000);
}

/* 07:30 of the next day (null), or of the next day of the week `weekday` (0: Sunday). */
export function nextMorning(now: Date, weekday: number | null): string {
  const today = dayNumber(now);
  const day = local(now).getUTCDay();
  const ahead = weekday === null ? 1 : (weekday - day + 6) % 7 + 1;
  return stamp((today + ahead) * DAY - OFFSET + 7.5 * 3600_000);
}
