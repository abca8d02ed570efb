/* The double itself: what the page's tests stand on. */
import { expect, test } from 'vitest';
import { Mock } from './mock/jmap.mjs';

test('the double answers a list with its heads in one request', () => {
  const answer = new Mock({ count: 5 }).request({
    methodCalls: [
      ['Email/query', { accountId: 'A1', filter: { inMailbox: 'inbox' }, limit: 2 }, 'q'],
      ['Email/get', { accountId: 'A1', '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' } }, 'g'],
    ],
  });
  const [query, get] = answer.methodResponses as [string, { total: number; list: unknown[] }, string][];
  expect(query![1].total).toBe(5);
  expect(get![1].list).toHaveLength(2);
});
