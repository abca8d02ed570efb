/* What is typed in the search box, as a JMAP filter. Words are searched everywhere; these forms
 * narrow it, in Vietnamese (accents optional) or English:
 *   từ:anh  đến:binh  tiêu-đề:họp  trước:13/06/2022  sau:1/6/2022  có:tệp  là:chưa-đọc  là:sao */

import type { Filter, FilterOperator } from '../jmap/types';
import { dayEnd, dayStart, readDay } from './dates';
import { fold } from './fold';

type Key = 'from' | 'to' | 'subject' | 'before' | 'after' | 'has' | 'is';

const KEYS: Record<string, Key> = {
  tu: 'from', from: 'from',
  den: 'to', to: 'to',
  'tieu-de': 'subject', tieude: 'subject', subject: 'subject',
  truoc: 'before', before: 'before',
  sau: 'after', after: 'after',
  co: 'has', has: 'has',
  la: 'is', is: 'is',
};

/* Words, and key:"several words". */
function words(text: string): string[] {
  return text.match(/(?:[^\s"]+:)?"[^"]*"?|\S+/g) ?? [];
}

const unquote = (text: string) => text.replace(/^"/, '').replace(/"$/, '');

function condition(key: Key, value: string): Filter | null {
  const word = fold(value);
  switch (key) {
    case 'from':
      return { from: value };
    case 'to':
      return { to: value };
    case 'subject':
      return { subject: value };
    case 'before': {
      const day = readDay(value);
      return day === null ? null : { before: dayStart(day)! };
    }
    case 'after': {
      const day = readDay(value);
      return day === null ? null : { after: dayEnd(day)! };
    }
    case 'has':
      return /^(tep|dinh-kem|file|attachment)/.test(word) ? { hasAttachment: true } : null;
    case 'is':
      if (/^(chua-doc|unread)$/.test(word)) return { notKeyword: '$seen' };
      if (/^(da-doc|read)$/.test(word)) return { hasKeyword: '$seen' };
      if (/^(sao|starred|flagged)$/.test(word)) return { hasKeyword: '$flagged' };
      return null;
  }
}

/* null: nothing was typed. What looks like a form but is none is searched as words. */
export function parseSearch(
  text: string,
  inMailbox: string | null = null,
): Filter | FilterOperator | null {
  const conditions: Filter[] = [];
  const free: string[] = [];
  for (const word of words(text.normalize('NFC'))) {
    const colon = word.indexOf(':');
    const key = colon > 0 ? KEYS[fold(word.slice(0, colon))] : undefined;
    const value = unquote(word.slice(colon + 1)).trim();
    const found = key && value !== '' ? condition(key, value) : null;
    if (found) conditions.push(found);
    else free.push(word);
  }
  if (free.length > 0) conditions.unshift({ text: free.join(' ') });
  if (conditions.length === 0) return null;
  if (inMailbox) conditions.unshift({ inMailbox });
  return conditions.length === 1 ? conditions[0]! : { operator: 'AND', conditions };
}
