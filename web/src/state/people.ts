/* Addresses for completion: those that the person met in their mail, and the province's directory
 * when the server has it as an address book (RFC 9610). */

import { pick } from '../jmap/client';
import { type Address, CONTACTS, type GetAnswer } from '../jmap/types';
import { fits, isAddress } from '../text/address';
import { comparePeople } from '../text/fold';
import { app } from './app.svelte';
import { directory } from './own';

export interface Suggestion extends Address {
  detail: string; /* post and unit, to tell namesakes apart */
}

const MOST = 8;

interface Card {
  id: string;
  name?: { full?: string; components?: { value: string }[] };
  emails?: Record<string, { address: string }>;
  titles?: Record<string, { name: string }>;
  organizations?: Record<string, { name?: string }>;
}

const first = <T>(map: Record<string, T> | undefined): T | undefined =>
  map && Object.values(map)[0];

export function suggestionOf(card: Card): Suggestion | null {
  const email = first(card.emails)?.address;
  if (!email) return null;
  const name =
    card.name?.full ?? card.name?.components?.map((part) => part.value).join(' ') ?? null;
  const detail = [first(card.titles)?.name, first(card.organizations)?.name]
    .filter((part) => part)
    .join(' – ');
  return { name, email, detail };
}

/* From the mail that was seen: who was written to comes before who wrote. */
function fromMail(typed: string): Suggestion[] {
  const found = new Map<string, { address: Address; weight: number }>();
  for (const account of app.accounts) {
    for (const head of account.heads.values()) {
      const add = (list: Address[] | null, weight: number) => {
        for (const address of list ?? []) {
          const key = address.email.toLowerCase();
          if (!isAddress(address.email) || !fits(typed, address)) continue;
          const known = found.get(key);
          if (known) known.weight += weight;
          else found.set(key, { address, weight });
        }
      };
      add(head.to, 2);
      add(head.from, 1);
    }
  }
  return [...found.values()]
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST)
    .map(({ address }) => ({ ...address, detail: '' }));
}

/* The public directory as a whole, where the server has no address book to ask; fetched once. */
let whole: Promise<Suggestion[]> | null = null;

function wholeDirectory(): Promise<Suggestion[]> {
  whole ??= directory().then(
    (entries) =>
      (entries ?? []).map(({ name, title, unit, address, kind }) => ({
        name,
        email: address,
        detail: kind === 'unit' ? '' : [title, unit].filter((part) => part !== '').join(' – '),
      })),
    () => {
      whole = null; /* to be tried again */
      return [];
    },
  );
  return whole;
}

export function forgetDirectory(): void {
  whole = null;
}

async function fromDirectory(typed: string): Promise<Suggestion[]> {
  const account = app.accounts[0];
  if (!account) return [];
  if (!(CONTACTS in account.client.session.capabilities)) {
    return (await wholeDirectory())
      .filter((one) => fits(typed, one, one.detail))
      .sort((a, b) => comparePeople(a.name ?? a.email, b.name ?? b.email))
      .slice(0, MOST);
  }
  const accountId = account.client.session.primaryAccounts[CONTACTS] ?? account.id;
  const answers = await account.client.request([
    ['ContactCard/query', { accountId, filter: { text: typed }, limit: MOST }, 'query'],
    [
      'ContactCard/get',
      { accountId, '#ids': { resultOf: 'query', name: 'ContactCard/query', path: '/ids' } },
      'cards',
    ],
  ]);
  return pick<GetAnswer<Card>>(answers, 'cards')
    .list.map(suggestionOf)
    .filter((one): one is Suggestion => one !== null)
    .sort((a, b) => comparePeople(a.name ?? a.email, b.name ?? b.email));
}

export async function suggest(typed: string, taken: readonly Address[]): Promise<Suggestion[]> {
  if (typed.trim() === '') return [];
  const met = fromMail(typed);
  let listed: Suggestion[] = [];
  try {
    listed = await fromDirectory(typed.trim().normalize('NFC'));
  } catch {
    /* completion without the directory is better than none */
  }
  const all = new Map<string, Suggestion>();
  for (const one of [...met, ...listed]) {
    const key = one.email.toLowerCase();
    const known = all.get(key);
    all.set(key, known && !one.detail ? known : { ...one, name: one.name ?? known?.name ?? null });
  }
  for (const address of taken) all.delete(address.email.toLowerCase());
  return [...all.values()].slice(0, MOST);
}

