/* The messages of one folder or search, as long as they may be: ids by their place in the list,
 * loaded a page at a time as the person scrolls. */

import { SvelteSet } from 'svelte/reactivity';
import { type Answers, Failure, pick } from '../jmap/client';
import type { EmailHead, Filter, FilterOperator, GetAnswer, Id, QueryAnswer } from '../jmap/types';
import { pages } from '../text/virtual';
import { type Account, HEAD_PROPERTIES } from './account.svelte';

const PAGE = 50;

export interface ListOptions {
  filter: Filter | FilterOperator | null;
  conversations: boolean;
  oldestFirst: boolean;
}

interface Thread {
  id: Id;
  emailIds: Id[];
}

export class MessageList {
  total = $state(0);
  phase = $state<'loading' | 'ready' | 'failed'>('loading');
  failure = $state.raw<Failure | null>(null);
  readonly selected = new SvelteSet<Id>();
  /* rows[i]: the id at place i, undefined where it was not loaded. Plain, with a counter that tells
   * the page of changes: a proxy round 100,000 places would cost more than the list. */
  private rows: (Id | undefined)[] = [];
  private version = $state(0);
  private readonly inFlight = new Map<number, number>();
  private readonly threads = new Map<Id, Id[]>();
  private generation = 0;
  private seen = { first: 0, count: PAGE };

  constructor(
    readonly account: Account,
    readonly options: ListOptions,
  ) {}

  at(index: number): Id | undefined {
    void this.version;
    return this.rows[index];
  }

  indexOf(id: Id): number {
    void this.version;
    return this.rows.indexOf(id);
  }

  loadedIds(): Id[] {
    void this.version;
    return this.rows.filter((id): id is Id => id !== undefined);
  }

  threadSize(head: EmailHead): number {
    void this.version;
    return this.threads.get(head.threadId)?.length ?? 1;
  }

  /* The messages that an act on these rows means: whole conversations when the list shows those. */
  members(ids: readonly Id[]): Id[] {
    if (!this.options.conversations) return [...ids];
    const all = ids.flatMap((id) => {
      const head = this.account.heads.get(id);
      return (head && this.threads.get(head.threadId)) ?? [id];
    });
    return [...new Set(all)];
  }

  /* Called with what is on the screen; loads what is missing. */
  ensure(first: number, count: number): void {
    this.seen = { first, count };
    for (const page of pages(first, Math.min(count, this.total - first), PAGE)) {
      if (this.rows[page * PAGE] === undefined && !this.inFlight.has(page)) void this.load(page);
    }
  }

  async open(): Promise<void> {
    this.phase = 'loading';
    await this.load(0);
  }

  /* Asks again for what is on the screen; the rest is asked for when it is scrolled to. */
  async refresh(): Promise<void> {
    this.generation++;
    this.inFlight.clear();
    const wanted = pages(this.seen.first, Math.max(1, this.seen.count), PAGE);
    const fresh = this.generation;
    await Promise.all(wanted.map((page) => this.load(page)));
    if (fresh !== this.generation) return;
    const kept = new Set(wanted);
    for (let i = 0; i < this.rows.length; i++) {
      if (!kept.has(Math.floor(i / PAGE))) delete this.rows[i];
    }
    this.version++;
  }

  private async load(page: number): Promise<void> {
    const generation = this.generation;
    this.inFlight.set(page, generation);
    try {
      this.take(page, generation, await this.ask(page));
    } catch (error) {
      if (generation !== this.generation) return;
      this.failure = error instanceof Failure ? error : new Failure('server', '');
      if (this.phase === 'loading') this.phase = 'failed';
    } finally {
      if (this.inFlight.get(page) === generation) this.inFlight.delete(page);
    }
  }

  private ask(page: number): Promise<Answers> {
    const accountId = this.account.id;
    const { filter, conversations, oldestFirst } = this.options;
    return this.account.client.request([
      [
        'Email/query',
        {
          accountId,
          filter,
          sort: [{ property: 'receivedAt', isAscending: oldestFirst }],
          collapseThreads: conversations,
          position: page * PAGE,
          limit: PAGE,
          calculateTotal: true,
        },
        'query',
      ],
      [
        'Email/get',
        {
          accountId,
          '#ids': { resultOf: 'query', name: 'Email/query', path: '/ids' },
          properties: HEAD_PROPERTIES,
        },
        'heads',
      ],
      ...(conversations
        ? [
            [
              'Thread/get',
              {
                accountId,
                '#ids': { resultOf: 'heads', name: 'Email/get', path: '/list/*/threadId' },
              },
              'threads',
            ] as [string, Record<string, unknown>, string],
          ]
        : []),
    ]);
  }

  private take(page: number, generation: number, answers: Answers): void {
    if (generation !== this.generation) return;
    const query = pick<QueryAnswer>(answers, 'query');
    this.account.takeHeads(pick<GetAnswer<EmailHead>>(answers, 'heads').list);
    if (answers.has('threads')) {
      for (const thread of pick<GetAnswer<Thread>>(answers, 'threads').list) {
        this.threads.set(thread.id, thread.emailIds);
      }
    }
    const start = page * PAGE;
    this.total = query.total ?? start + query.ids.length;
    this.rows.length = this.total;
    for (let i = 0; i < PAGE && start + i < this.total; i++) this.rows[start + i] = query.ids[i];
    this.version++;
    this.failure = null;
    this.phase = 'ready';
  }

  /* Takes rows out before the server has said so; refresh() puts right what was wrong. */
  remove(ids: readonly Id[]): void {
    for (const id of ids) {
      const index = this.rows.indexOf(id);
      if (index >= 0) this.rows.splice(index, 1); /* keeps the places that were not loaded */
    }
    this.total = this.rows.length;
    for (const id of ids) this.selected.delete(id);
    this.version++;
  }

  /* The row that stands where the cursor goes when these rows leave. */
  neighbour(ids: readonly Id[]): Id | null {
    const gone = new Set(ids);
    const places = ids.map((id) => this.rows.indexOf(id)).filter((index) => index >= 0);
    if (places.length === 0) return null;
    for (let i = Math.max(...places) + 1; i < this.rows.length; i++) {
      const id = this.rows[i];
      if (id && !gone.has(id)) return id;
    }
    for (let i = Math.min(...places) - 1; i >= 0; i--) {
      const id = this.rows[i];
      if (id && !gone.has(id)) return id;
    }
    return null;
  }
}
