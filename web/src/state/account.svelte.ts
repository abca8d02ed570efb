/* One mail account that the person may open: their own, or a unit's that they look after. Holds its
 * folders and the messages that were seen, and keeps them right when the server tells of changes. */

import { SvelteMap } from 'svelte/reactivity';
import { type Client, pick } from '../jmap/client';
import {
  type Email,
  type EmailHead,
  type GetAnswer,
  type Id,
  type Identity,
  type Mailbox,
  MAIL,
  QUOTA,
  ROLES,
  type SessionAccount,
  SUBMISSION,
} from '../jmap/types';
import { compare } from '../text/fold';

export const HEAD_PROPERTIES = [
  'id', 'blobId', 'threadId', 'mailboxIds', 'keywords', 'from', 'to', 'subject', 'receivedAt',
  'size', 'hasAttachment', 'preview',
];

const FULL_PROPERTIES = [
  ...HEAD_PROPERTIES, 'cc', 'bcc', 'replyTo', 'sentAt', 'messageId', 'inReplyTo', 'references',
  'textBody', 'htmlBody', 'attachments', 'bodyValues', 'header:Authentication-Results:asText:all',
];

const BODY_PROPERTIES = ['partId', 'blobId', 'size', 'name', 'type', 'charset', 'disposition', 'cid'];

/* What one part of a message may hold before the page shows only its beginning. */
const BODY_MAXIMUM = 1_000_000;
const KEPT_EMAILS = 60;

export interface Quota {
  used: number;
  limit: number;
}

interface QuotaObject {
  resourceType: string;
  used: number;
  hardLimit: number;
}

export class Account {
  readonly mailboxes = new SvelteMap<Id, Mailbox>();
  readonly heads = new SvelteMap<Id, EmailHead>();
  identities = $state.raw<Identity[]>([]);
  quota = $state.raw<Quota | null>(null);
  loaded = $state(false);
  mailboxState = '';
  private readonly full = new Map<Id, Email>();

  constructor(
    readonly client: Client,
    readonly id: Id,
    readonly info: SessionAccount,
  ) {}

  get name(): string {
    return this.info.name;
  }

  get canSubmit(): boolean {
    return SUBMISSION in this.info.accountCapabilities && this.identities.length > 0;
  }

  /* Folders with a role first, in their usual order, then the others by name. */
  get sorted(): Mailbox[] {
    const rank = (box: Mailbox) => {
      const index = (ROLES as readonly string[]).indexOf(box.role ?? '');
      return index < 0 ? ROLES.length : index;
    };
    return [...this.mailboxes.values()].sort(
      (a, b) => rank(a) - rank(b) || a.sortOrder - b.sortOrder || compare(a.name, b.name),
    );
  }

  byRole(role: string): Mailbox | undefined {
    for (const box of this.mailboxes.values()) if (box.role === role) return box;
    return undefined;
  }

  async load(): Promise<void> {
    const accountId = this.id;
    const has = (capability: string) =>
      capability in this.info.accountCapabilities && capability in this.client.session.capabilities;
    const answers = await this.client.request([
      ['Mailbox/get', { accountId, ids: null }, 'boxes'],
      ...(has(SUBMISSION)
        ? [['Identity/get', { accountId, ids: null }, 'identities'] as [string, Record<string, unknown>, string]]
        : []),
      ...(has(QUOTA)
        ? [['Quota/get', { accountId, ids: null }, 'quota'] as [string, Record<string, unknown>, string]]
        : []),
    ]);
    this.takeMailboxes(pick<GetAnswer<Mailbox>>(answers, 'boxes'));
    if (answers.has('identities')) {
      this.identities = pick<GetAnswer<Identity>>(answers, 'identities').list;
    }
    if (answers.has('quota')) {
      this.takeQuota(pick<GetAnswer<QuotaObject>>(answers, 'quota').list);
    }
    this.loaded = true;
  }

  private takeQuota(list: QuotaObject[]): void {
    const octets = list.find((quota) => quota.resourceType === 'octets');
    this.quota = octets ? { used: octets.used, limit: octets.hardLimit } : null;
  }

  private takeMailboxes(answer: GetAnswer<Mailbox>): void {
    this.mailboxState = answer.state;
    const there = new Set(answer.list.map((box) => box.id));
    for (const id of [...this.mailboxes.keys()]) if (!there.has(id)) this.mailboxes.delete(id);
    for (const box of answer.list) this.mailboxes.set(box.id, box);
  }

  async refreshMailboxes(): Promise<void> {
    this.takeMailboxes(
      await this.client.call<GetAnswer<Mailbox>>('Mailbox/get', { accountId: this.id, ids: null }),
    );
  }

  takeHeads(list: EmailHead[]): void {
    for (const head of list) {
      this.heads.set(head.id, head);
      const full = this.full.get(head.id);
      if (full) {
        this.full.set(head.id, { ...full, keywords: head.keywords, mailboxIds: head.mailboxIds });
      }
    }
  }

  /* A message with its text; from memory when it was read before (messages never change but in
   * keywords and folders, which `heads` has). */
  async email(id: Id): Promise<Email | null> {
    const known = this.full.get(id);
    if (known) return known;
    const answer = await this.client.call<GetAnswer<Email>>('Email/get', {
      accountId: this.id,
      ids: [id],
      properties: FULL_PROPERTIES,
      bodyProperties: BODY_PROPERTIES,
      fetchTextBodyValues: true,
      fetchHTMLBodyValues: true,
      maxBodyValueBytes: BODY_MAXIMUM,
    });
    const email = answer.list[0];
    if (!email) return null;
    this.keep(email);
    return email;
  }

  private keep(email: Email): void {
    this.full.set(email.id, email);
    this.heads.set(email.id, email);
    const oldest = this.full.keys().next();
    if (this.full.size > KEPT_EMAILS && !oldest.done) this.full.delete(oldest.value);
  }

  /* The heads of a conversation, oldest first. */
  async thread(threadId: Id): Promise<EmailHead[]> {
    const accountId = this.id;
    const answers = await this.client.request([
      ['Thread/get', { accountId, ids: [threadId] }, 'thread'],
      [
        'Email/get',
        {
          accountId,
          '#ids': { resultOf: 'thread', name: 'Thread/get', path: '/list/*/emailIds' },
          properties: HEAD_PROPERTIES,
        },
        'heads',
      ],
    ]);
    const heads = pick<GetAnswer<EmailHead>>(answers, 'heads').list;
    this.takeHeads(heads);
    return heads.sort((a, b) => a.receivedAt.localeCompare(b.receivedAt));
  }

  forget(ids: readonly Id[]): void {
    for (const id of ids) {
      this.heads.delete(id);
      this.full.delete(id);
    }
  }
}

export function accountsOf(client: Client): Account[] {
  const session = client.session;
  const accounts = Object.entries(session.accounts)
    .filter(([, info]) => MAIL in info.accountCapabilities)
    .map(([id, info]) => new Account(client, id, info));
  const primary = session.primaryAccounts[MAIL];
  return accounts.sort(
    (a, b) => Number(b.id === primary) - Number(a.id === primary) || compare(a.name, b.name),
  );
}
