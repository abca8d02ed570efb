/* A message that is being written. It is saved on the server a moment after each pause, as a new
 * message that replaces the last one (a JMAP Email does not change); what could not be saved there
 * is kept in the browser until it could. */

import { Failure, pick, refusal, type Upload } from '../jmap/client';
import { type Address, type Email, type Id, type Identity, type SetAnswer, SUBMISSION } from '../jmap/types';
import { domainOf, isAddress, same, unique } from '../text/address';
import { clock } from '../text/dates';
import { MB } from '../text/sizes';
import type { Account } from './account.svelte';

const PAUSE = 2_500; /* milliseconds without a change, then it is saved */
const KEY = 'congvu.draft';
const UNDO = 10; /* seconds in which a message that was sent can be stopped */
/* The regulation's figure (khoản 1 Điều 5); the server holds to its own when the two differ. */
export const ATTACHMENTS_MAXIMUM = 20 * MB;

export interface Attachment {
  key: number;
  name: string;
  type: string;
  size: number;
  blobId: Id | null; /* null: not up yet */
  cid: string | null;
  share: number; /* of the upload, 0 … 1 */
  failed: boolean;
  upload: Upload | null;
}

export type SaveState = 'clean' | 'dirty' | 'saving' | 'saved' | 'here';

interface Kept {
  account: Id;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  body: string;
  serverId: Id | null;
  inReplyTo: string[] | null;
  references: string[] | null;
}

let keys = 0;

export class Draft {
  to = $state.raw<Address[]>([]);
  cc = $state.raw<Address[]>([]);
  bcc = $state.raw<Address[]>([]);
  subject = $state('');
  body = $state('');
  initialBody = ''; /* what stood there before anybody wrote: a signature */
  attachments = $state.raw<Attachment[]>([]);
  identity = $state.raw<Identity | null>(null);
  state = $state<SaveState>('clean');
  savedAt = $state('');
  sending = $state(false);
  showCc = $state(false);
  important = $state(false);
  receipt = $state(false);
  serverId: Id | null = null;
  inReplyTo: string[] | null = null;
  references: string[] | null = null;
  /* The message that this one answers or forwards, to be marked when it is sent. */
  source: { id: Id; keyword: '$answered' | '$forwarded' } | null = null;
  submission: Id | null = null;
  private timer = 0;
  private running: Promise<void> | null = null;
  private changes = 0;

  constructor(readonly account: Account) {
    this.identity = account.identities[0] ?? null;
  }

  /* ---- Facts ---- */

  get recipients(): Address[] {
    return [...this.to, ...this.cc, ...this.bcc];
  }

  get attachedSize(): number {
    return this.attachments.reduce((sum, file) => sum + file.size, 0);
  }

  get isUploading(): boolean {
    return this.attachments.some((file) => file.blobId === null && !file.failed);
  }

  get isEmpty(): boolean {
    return (
      this.recipients.length === 0 &&
      this.subject.trim() === '' &&
      (this.body.trim() === '' || this.body === this.initialBody) &&
      this.attachments.length === 0
    );
  }

  get badAddress(): Address | undefined {
    return this.recipients.find((address) => !isAddress(address.email));
  }

  /* Recipients of other domains than the writer's own. */
  outside(list: readonly Address[] = this.recipients): Address[] {
    const own = domainOf(this.identity?.email ?? this.account.name);
    return list.filter((address) => {
      const domain = domainOf(address.email);
      return isAddress(address.email) && domain !== own && !domain.endsWith(`.${own}`);
    });
  }

  /* ---- Changing and saving ---- */

  touch(): void {
    this.changes++;
    this.state = 'dirty';
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), PAUSE);
  }

  /* Never throws: what the server could not take is kept in the browser. */
  async save(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (this.state !== 'dirty' && this.state !== 'here') return;
    this.running = this.saveNow().finally(() => {
      this.running = null;
    });
    await this.running;
  }

  private async saveNow(): Promise<void> {
    const change = this.changes;
    const drafts = this.account.byRole('drafts');
    if (!drafts) return this.keepHere();
    this.state = 'saving';
    try {
      const answer = await this.account.client.call<SetAnswer<{ id: Id }>>('Email/set', {
        accountId: this.account.id,
        create: { draft: this.email(drafts.id) },
        ...(this.serverId ? { destroy: [this.serverId] } : {}),
      });
      const created = answer.created?.draft;
      if (!created) throw refusal(answer) ?? new Failure('server', '');
      if (this.serverId) this.account.forget([this.serverId]);
      this.serverId = created.id;
      this.savedAt = clock(new Date());
      Draft.forgetHere();
      if (change === this.changes) this.state = 'saved';
      else this.touch();
    } catch {
      this.keepHere();
      this.timer = window.setTimeout(() => void this.save(), 4 * PAUSE);
    }
  }

  email(mailboxId: Id): Record<string, unknown> {
    const { identity } = this;
    const files = this.attachments.filter((file) => file.blobId !== null);
    return {
      mailboxIds: { [mailboxId]: true },
      keywords: { $draft: true, $seen: true },
      from: [{ name: identity?.name || null, email: identity?.email ?? this.account.name }],
      to: this.to,
      ...(this.cc.length ? { cc: this.cc } : {}),
      ...(this.bcc.length ? { bcc: this.bcc } : {}),
      subject: this.subject.normalize('NFC').replace(/\s*[\r\n]+\s*/g, ' '),
      ...(this.inReplyTo ? { inReplyTo: this.inReplyTo } : {}),
      ...(this.references ? { references: this.references } : {}),
      ...(this.important ? { 'header:Importance:asText': 'high' } : {}),
      ...(this.receipt && identity
        ? { 'header:Disposition-Notification-To:asAddresses': [{ name: null, email: identity.email }] }
        : {}),
      textBody: [{ partId: 'text', type: 'text/plain' }],
      bodyValues: { text: { value: this.body.normalize('NFC') } },
      ...(files.length
        ? {
            attachments: files.map((file) => ({
              blobId: file.blobId,
              type: file.type,
              name: file.name,
              disposition: 'attachment',
              ...(file.cid ? { cid: file.cid } : {}),
            })),
          }
        : {}),
    };
  }

  /* ---- In the browser ---- */

  keepHere(): void {
    if (this.isEmpty) return;
    const kept: Kept = {
      account: this.account.id,
      to: this.to,
      cc: this.cc,
      bcc: this.bcc,
      subject: this.subject,
      body: this.body,
      serverId: this.serverId,
      inReplyTo: this.inReplyTo,
      references: this.references,
    };
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
      this.state = 'here';
    } catch {
      this.state = 'dirty';
    }
  }

  static forgetHere(): void {
    try {
      localStorage.removeItem(KEY);
    } catch {
      /* nothing was kept */
    }
  }

  static recover(accounts: readonly Account[]): Draft | null {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Kept | null;
      const account = accounts.find((a) => a.id === kept?.account);
      if (!kept || !account) return null;
      const draft = new Draft(account);
      draft.to = kept.to;
      draft.cc = kept.cc;
      draft.bcc = kept.bcc;
      draft.showCc = kept.cc.length + kept.bcc.length > 0;
      draft.subject = kept.subject;
      draft.body = kept.body;
      draft.serverId = kept.serverId;
      draft.inReplyTo = kept.inReplyTo;
      draft.references = kept.references;
      draft.touch();
      return draft;
    } catch {
      return null;
    }
  }

  /* A draft of the Drafts folder, to be written on. */
  static resume(account: Account, email: Email, text: string): Draft {
    const draft = new Draft(account);
    const from = email.from?.[0]?.email ?? '';
    draft.identity = account.identities.find((i) => same(i.email, from)) ?? draft.identity;
    draft.to = email.to ?? [];
    draft.cc = email.cc ?? [];
    draft.bcc = email.bcc ?? [];
    draft.showCc = draft.cc.length + draft.bcc.length > 0;
    draft.subject = email.subject ?? '';
    draft.body = text;
    draft.serverId = email.id;
    draft.inReplyTo = email.inReplyTo;
    draft.references = email.references;
    draft.attachParts(email);
    return draft;
  }

  /* ---- Attachments ---- */

  attachParts(email: Email): void {
    this.attachments = email.attachments
      .filter((part) => part.blobId)
      .map((part) => ({
        key: ++keys,
        name: part.name ?? '',
        type: part.type,
        size: part.size,
        blobId: part.blobId,
        cid: part.cid,
        share: 1,
        failed: false,
        upload: null,
      }));
  }

  private change(key: number, change: Partial<Attachment>): void {
    this.attachments = this.attachments.map((a) => (a.key === key ? { ...a, ...change } : a));
  }

  /* The caller has looked at the total. */
  attach(file: File): void {
    const key = ++keys;
    const upload = this.account.client.upload(this.account.id, file, (share) =>
      this.change(key, { share }),
    );
    this.attachments = [
      ...this.attachments,
      {
        key,
        name: file.name,
        type: file.type || 'application/octet-stream',
        size: file.size,
        blobId: null,
        cid: null,
        share: 0,
        failed: false,
        upload,
      },
    ];
    upload.done.then(
      ({ blobId }) => {
        this.change(key, { blobId, share: 1, upload: null });
        this.touch();
      },
      () => this.change(key, { failed: true, upload: null }),
    );
  }

  detach(key: number): void {
    this.attachments.find((file) => file.key === key)?.upload?.cancel();
    this.attachments = this.attachments.filter((file) => file.key !== key);
    this.touch();
  }

  /* ---- The end ---- */

  /* Saves what was written; an empty one goes away. FALSE: it could not be saved anywhere. */
  async close(): Promise<boolean> {
    if (this.isEmpty) {
      await this.discard();
      return true;
    }
    await this.save();
    return this.state !== 'dirty';
  }

  async discard(): Promise<void> {
    clearTimeout(this.timer);
    for (const file of this.attachments) file.upload?.cancel();
    if (this.running) await this.running;
    clearTimeout(this.timer);
    this.state = 'clean';
    Draft.forgetHere();
    if (!this.serverId) return;
    const id = this.serverId;
    this.serverId = null;
    try {
      await this.account.client.call('Email/set', { accountId: this.account.id, destroy: [id] });
      this.account.forget([id]);
    } catch {
      /* it stays among the drafts, where it can be deleted */
    }
  }

  /* How far ahead the server sends later (RFC 8621 1.3.2), in seconds; 0: not at all. */
  get latest(): number {
    return Number(this.account.info.accountCapabilities[SUBMISSION]?.maxDelayedSend ?? 0);
  }

  /* When it leaves: at `until`, or after the seconds of regret where the server can wait (RFC 4865). */
  private envelope(until: string | null): Record<string, unknown> {
    const parameters = until
      ? { HOLDUNTIL: until }
      : this.latest >= UNDO
        ? { HOLDFOR: String(UNDO) }
        : null;
    if (!parameters) return {};
    return {
      envelope: {
        mailFrom: { email: this.identity!.email, parameters },
        rcptTo: unique(this.recipients).map(({ email }) => ({ email, parameters: null })),
      },
    };
  }

  /* Stops what send() began. FALSE: it has left. */
  async unsend(): Promise<boolean> {
    const drafts = this.account.byRole('drafts');
    const sent = this.account.byRole('sent');
    if (!this.submission || !drafts || !this.serverId) return false;
    const accountId = this.account.id;
    const answers = await this.account.client.request([
      ['EmailSubmission/set', { accountId, update: { [this.submission]: { undoStatus: 'canceled' } } }, 'stop'],
    ]);
    if (refusal(pick<SetAnswer<unknown>>(answers, 'stop'))) return false;
    await this.account.client.call('Email/set', {
      accountId,
      update: {
        [this.serverId]: {
          'keywords/$draft': true,
          ...(sent ? { [`mailboxIds/${sent.id}`]: null } : {}),
          [`mailboxIds/${drafts.id}`]: true,
        },
      },
    });
    this.submission = null;
    return true;
  }

  /* Throws a Failure with the server's reason; the message is then still a draft. `until`: RFC 3339,
   * UTC; null: now. */
  async send(until: string | null = null): Promise<void> {
    const drafts = this.account.byRole('drafts');
    const sent = this.account.byRole('sent');
    if (!drafts || !this.identity) throw new Failure('refused', '');
    clearTimeout(this.timer);
    if (this.running) await this.running;
    clearTimeout(this.timer);
    this.sending = true;
    try {
      const accountId = this.account.id;
      const answers = await this.account.client.request([
        [
          'Email/set',
          {
            accountId,
            create: { draft: this.email(drafts.id) },
            ...(this.serverId ? { destroy: [this.serverId] } : {}),
          },
          'save',
        ],
        [
          'EmailSubmission/set',
          {
            accountId,
            create: {
              sending: { identityId: this.identity.id, emailId: '#draft', ...this.envelope(until) },
            },
            onSuccessUpdateEmail: {
              '#sending': {
                'keywords/$draft': null,
                [`mailboxIds/${drafts.id}`]: null,
                ...(sent ? { [`mailboxIds/${sent.id}`]: true } : {}),
              },
            },
          },
          'send',
        ],
      ]);
      const saved = pick<SetAnswer<{ id: Id }>>(answers, 'save');
      const created = saved.created?.draft;
      if (!created) throw refusal(saved) ?? new Failure('server', '');
      this.serverId = created.id;
      const submitted = pick<SetAnswer<{ id: Id }>>(answers, 'send');
      if (!submitted.created?.sending) throw refusal(submitted) ?? new Failure('server', '');
      this.submission = submitted.created.sending.id;
      this.state = 'clean';
      Draft.forgetHere();
      void this.markSource();
    } catch (error) {
      this.keepHere();
      throw error;
    } finally {
      this.sending = false;
    }
  }

  private async markSource(): Promise<void> {
    if (!this.source) return;
    const { id, keyword } = this.source;
    try {
      await this.account.client.call('Email/set', {
        accountId: this.account.id,
        update: { [id]: { [`keywords/${keyword}`]: true } },
      });
    } catch {
      /* only the mark is missing */
    }
  }
}
