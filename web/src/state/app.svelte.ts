/* The page as a whole: signed in or not, which accounts, where in them, which message, what is being
 * written. Components read it; what changes it stands here and in actions.ts. */

import { Client, Failure } from '../jmap/client';
import type { Id, Mailbox } from '../jmap/types';
import { parseSearch } from '../text/search';
import { ALL, formatRoute, parseRoute, type Route, STARRED } from '../text/route';
import { t } from '../words/index.svelte';
import { type Account, accountsOf } from './account.svelte';
import { doorState, signOut } from './door';
import { forgetDirectory } from './people';
import { Draft } from './draft.svelte';
import { MessageList } from './list.svelte';
import { notices } from './notice.svelte';
import { own } from './own';
import { prefs } from './prefs.svelte';

type Phase = 'starting' | 'signed-out' | 'limited' | 'ready' | 'unreachable';

const WEIGH = 60_000; /* milliseconds between two looks at the quota */
const SETTLE = 60; /* milliseconds in which changes that come together are taken as one */

class App {
  phase = $state<Phase>('starting');
  ended = $state(false); /* signed out because the session ended, not by choice */
  accounts = $state.raw<Account[]>([]);
  route = $state.raw<Route>(parseRoute(location.hash));
  list = $state.raw<MessageList | null>(null);
  draft = $state.raw<Draft | null>(null);
  writing = $state(false); /* the draft is on the screen; else it waits in a bar at the foot */
  online = $state(true);
  unreadOnly = $state(false);
  oldestFirst = $state(false);
  drawer = $state(false); /* the folders on a narrow screen */
  help = $state(false);
  searchEverywhere = $state(true);
  private client: Client | null = null;
  private stopListening: (() => void) | null = null;
  private settle = 0;
  private weighed = 0;
  private listKey = '';

  /* ---- Signing in and out ---- */

  async start(): Promise<void> {
    this.phase = 'starting';
    const client = new Client(() => this.sessionEnded());
    try {
      const door = await doorState();
      if (door !== 'signed_in') {
        this.phase = door === 'limited' ? 'limited' : 'signed-out';
        return;
      }
      await client.start();
      const accounts = accountsOf(client);
      await Promise.all(accounts.map((account) => account.load()));
      this.client = client;
      this.accounts = accounts;
    } catch (error) {
      if (error instanceof Failure && error.kind === 'session') this.phase = 'signed-out';
      else this.phase = 'unreachable';
      return;
    }
    this.phase = 'ready';
    this.ended = false;
    void this.weigh();
    this.listen();
    this.follow();
    this.draft ??= Draft.recover(this.accounts);
    if (this.draft) {
      this.writing = true;
      notices.say(t('write.recovered'));
    }
  }

  private sessionEnded(): void {
    if (this.phase !== 'ready') return;
    this.draft?.keepHere();
    this.leave();
    this.ended = true;
  }

  private leave(): void {
    this.stopListening?.();
    this.stopListening = null;
    this.client = null;
    this.accounts = [];
    this.weighed = 0;
    forgetDirectory();
    this.list = null;
    this.listKey = '';
    this.draft = null;
    this.phase = 'signed-out';
  }

  async signOut(): Promise<void> {
    if (this.draft) await this.closeDraft();
    try {
      await signOut();
    } catch {
      notices.complain(t('app.unreachable'));
      return;
    }
    Draft.forgetHere();
    history.replaceState(null, '', '/');
    this.route = parseRoute('');
    this.leave();
    this.ended = false;
  }

  /* ---- Where we are ---- */

  get account(): Account {
    const { route } = this;
    const named = route.page === 'mail' && this.accounts.find((a) => a.id === route.account);
    return named || this.accounts[0]!;
  }

  /* A mailbox id, STARRED or ALL. */
  get box(): string {
    if (this.route.page !== 'mail') return '';
    return this.route.box || (this.account.byRole('inbox')?.id ?? ALL);
  }

  get mailbox(): Mailbox | undefined {
    return this.account.mailboxes.get(this.box);
  }

  get emailId(): Id {
    return this.route.page === 'mail' ? this.route.email : '';
  }

  get search(): string {
    return this.route.page === 'mail' ? this.route.search : '';
  }

  get boxName(): string {
    if (this.box === STARRED) return t('box.flagged');
    if (this.box === ALL) return t('box.all');
    return this.mailbox ? boxName(this.mailbox) : '';
  }

  /* `replace`: Back does not come back here. */
  go(route: Route, replace = false): void {
    const hash = formatRoute(route);
    if (hash === location.hash) return;
    if (replace) history.replaceState(null, '', hash);
    else history.pushState(null, '', hash);
    this.follow();
  }

  goBox(account: Account, box: string): void {
    this.drawer = false;
    this.unreadOnly = false;
    this.go({ page: 'mail', account: account.id, box, email: '', search: '' });
  }

  goSearch(text: string): void {
    const { account, box } = this;
    this.go({ page: 'mail', account: account.id, box, email: '', search: text.trim() });
  }

  openEmail(id: Id, replace = false): void {
    const { account, box, search } = this;
    this.writing = false;
    this.go({ page: 'mail', account: account.id, box, email: id, search }, replace);
  }

  closeEmail(): void {
    this.openEmail('');
  }

  /* Takes the place from the address and shows its list. */
  follow(): void {
    this.route = parseRoute(location.hash);
    if (this.phase === 'ready' && this.route.page === 'mail') this.showList();
  }

  showList(): void {
    const account = this.account;
    const { box, search, unreadOnly, oldestFirst, searchEverywhere } = this;
    const { conversations } = prefs;
    const key = JSON.stringify([
      account.id, box, search, unreadOnly, oldestFirst, conversations, search && searchEverywhere,
    ]);
    if (key === this.listKey) return;
    this.listKey = key;
    const list = new MessageList(account, { filter: this.filter(), conversations, oldestFirst });
    this.list = list;
    void list.open();
  }

  private filter() {
    const { box, search, unreadOnly } = this;
    const real = box !== STARRED && box !== ALL;
    if (search) {
      const found = parseSearch(search, real && !this.searchEverywhere ? box : null);
      if (found) return found;
    }
    const conditions = [
      ...(real ? [{ inMailbox: box }] : []),
      ...(box === STARRED ? [{ hasKeyword: '$flagged' }] : []),
      ...(unreadOnly ? [{ notKeyword: '$seen' }] : []),
    ];
    if (conditions.length === 0) return null;
    return conditions.length === 1
      ? conditions[0]!
      : { operator: 'AND' as const, conditions };
  }

  /* ---- What changes by itself ---- */

  private listen(): void {
    this.stopListening = this.client!.listen(
      () => this.changed(),
      (up) => {
        const back = up && !this.online;
        this.online = up;
        if (back) {
          notices.say(t('app.online'));
          this.changed();
          void this.draft?.save();
        }
      },
    );
  }

  /* How full the own mailbox is, where JMAP does not say it. */
  private async weigh(): Promise<void> {
    const account = this.accounts[0];
    if (!account || (account.quota && !this.weighed)) return;
    if (Date.now() - this.weighed < WEIGH) return;
    this.weighed = Date.now();
    try {
      const kept = await own();
      if (kept && kept.quota > 0) account.quota = { used: kept.used, limit: kept.quota };
    } catch {
      /* a meter less */
    }
  }

  changed(): void {
    clearTimeout(this.settle);
    this.settle = window.setTimeout(() => void this.refresh(), SETTLE);
  }

  async refresh(): Promise<void> {
    try {
      await Promise.all([
        ...this.accounts.map((account) => account.refreshMailboxes()),
        this.list?.refresh(),
        this.weigh(),
      ]);
    } catch {
      /* the line says so, or the next change will */
    }
  }

  /* ---- Writing ---- */

  async write(draft: Draft): Promise<void> {
    if (this.draft) await this.closeDraft();
    this.drawer = false;
    this.draft = draft;
    this.writing = true;
  }

  async closeDraft(): Promise<void> {
    const draft = this.draft;
    if (!draft) return;
    if (!(await draft.close())) return;
    if (this.draft === draft) this.endDraft();
  }

  endDraft(): void {
    this.draft = null;
    this.writing = false;
    this.changed();
  }
}

export function boxName(box: Mailbox): string {
  switch (box.role) {
    case 'inbox':
      return t('box.inbox');
    case 'sent':
      return t('box.sent');
    case 'drafts':
      return t('box.drafts');
    case 'junk':
      return t('box.junk');
    case 'trash':
      return t('box.trash');
    case 'archive':
      return t('box.archive');
    default:
      return box.name;
  }
}

/* What went wrong, in words for the person. */
export function explain(error: unknown): string {
  if (!(error instanceof Failure)) return t('app.serverError');
  switch (error.kind) {
    case 'offline':
      return t('app.unreachable');
    case 'session':
      return t('in.ended');
    case 'refused':
      return error.message || t('app.refused', { type: error.type || '?' });
    case 'server':
      return error.message || t('app.serverError');
  }
}

export const app = new App();
