/* What a person does to messages. Each shows at once and is put right when the server refuses. */

import { Failure, refusal } from '../jmap/client';
import type { Email, EmailHead, Id, Mailbox, SetAnswer } from '../jmap/types';
import {
  forwardBody,
  forwardSubject,
  type QuoteWords,
  replyBody,
  replyHeaders,
  replyRecipients,
  replySubject,
  signatureBlock,
} from '../text/quote';
import { t } from '../words/index.svelte';
import type { Account } from './account.svelte';
import { app, boxName, explain } from './app.svelte';
import { plainText } from './body';
import { Draft } from './draft.svelte';
import { notices } from './notice.svelte';
import { reportIncident } from './own';
import { display } from '../text/address';

type Patch = Record<string, boolean | null>;

async function update(account: Account, patches: Map<Id, Patch>): Promise<void> {
  const answer = await account.client.call<SetAnswer<unknown>>('Email/set', {
    accountId: account.id,
    update: Object.fromEntries(patches),
  });
  const failure = refusal(answer);
  if (failure) throw failure;
}

/* Changes keywords here and there. */
export async function setKeyword(
  account: Account,
  ids: readonly Id[],
  keyword: string,
  on: boolean,
): Promise<void> {
  const before: EmailHead[] = [];
  const patches = new Map<Id, Patch>();
  for (const id of ids) {
    const head = account.heads.get(id);
    if (!head || Boolean(head.keywords[keyword]) === on) continue;
    before.push(head);
    const keywords = { ...head.keywords };
    if (on) keywords[keyword] = true;
    else delete keywords[keyword];
    account.takeHeads([{ ...head, keywords }]);
    patches.set(id, { [`keywords/${keyword}`]: on ? true : null });
  }
  if (patches.size === 0) return;
  if (keyword === '$seen') countUnread(account, before, on ? -1 : 1);
  try {
    await update(account, patches);
  } catch (error) {
    account.takeHeads(before);
    if (keyword === '$seen') countUnread(account, before, on ? 1 : -1);
    if (!(error instanceof Failure && error.kind === 'session')) notices.complain(explain(error));
  }
}

function countUnread(account: Account, heads: readonly EmailHead[], step: number): void {
  for (const head of heads) {
    for (const boxId of Object.keys(head.mailboxIds)) {
      const box = account.mailboxes.get(boxId);
      if (!box) continue;
      account.mailboxes.set(boxId, {
        ...box,
        unreadEmails: Math.max(0, box.unreadEmails + step),
      });
    }
  }
}

/* Moves whole messages into one folder, with a way back. */
export async function move(account: Account, ids: readonly Id[], target: Mailbox): Promise<void> {
  const before = ids
    .map((id) => account.heads.get(id))
    .filter((head): head is EmailHead => head !== undefined && !(target.id in head.mailboxIds));
  if (before.length === 0) return;
  leaveList(ids);
  for (const head of before) {
    account.takeHeads([{ ...head, mailboxIds: { [target.id]: true } }]);
  }
  const patches = (to: (head: EmailHead) => Record<Id, boolean>) =>
    Object.fromEntries(before.map((head) => [head.id, { mailboxIds: to(head) }]));
  const run = async (to: (head: EmailHead) => Record<Id, boolean>) => {
    const answer = await account.client.call<SetAnswer<unknown>>('Email/set', {
      accountId: account.id,
      update: patches(to),
    });
    const failure = refusal(answer);
    if (failure) throw failure;
  };
  const back = async () => {
    notices.clear();
    account.takeHeads(before);
    try {
      await run((head) => head.mailboxIds);
      notices.say(t('act.undone'));
    } catch (error) {
      notices.complain(explain(error));
    }
    await app.refresh();
  };
  try {
    await run(() => ({ [target.id]: true }));
    const n = before.length;
    notices.say(
      target.role === 'trash'
        ? t('act.deleted', { n })
        : t('act.moved', { n, box: boxName(target) }),
      () => void back(),
    );
    app.changed();
  } catch (error) {
    account.takeHeads(before);
    notices.complain(explain(error));
    await app.refresh();
  }
}

/* In the Trash: for ever, after a question. Elsewhere: into the Trash. */
export async function remove(account: Account, ids: readonly Id[]): Promise<void> {
  const trash = account.byRole('trash');
  const inTrash = (id: Id) => trash && account.heads.get(id)?.mailboxIds[trash.id];
  if (trash && !ids.every(inTrash)) return move(account, ids, trash);
  const sure = await notices.ask(t('act.destroyAsk', { n: ids.length }), [
    { label: t('act.destroy'), value: 'yes', danger: true },
    { label: t('app.cancel'), value: '' },
  ]);
  if (sure !== 'yes') return;
  leaveList(ids);
  try {
    const answer = await account.client.call<SetAnswer<unknown>>('Email/set', {
      accountId: account.id,
      destroy: ids,
    });
    const failure = refusal(answer);
    if (failure) throw failure;
    account.forget(ids);
    notices.say(t('act.destroyed', { n: ids.length }));
    app.changed();
  } catch (error) {
    notices.complain(explain(error));
    await app.refresh();
  }
}

/* Takes rows out of the list; when the open message is among them, the next one opens. */
function leaveList(ids: readonly Id[]): void {
  const { list, emailId } = app;
  if (!list) return;
  const next = list.neighbour(ids);
  list.remove(ids);
  if (!ids.includes(emailId)) return;
  const narrow = matchMedia('(max-width: 899px)').matches;
  app.openEmail(narrow || !next ? '' : next, true);
}

/* ---- Writing ---- */

function quoteWords(): QuoteWords {
  return {
    wrote: t('write.wrote'),
    forwarded: t('write.forwarded'),
    from: t('read.from'),
    to: t('read.to'),
    cc: t('read.cc'),
    date: t('write.date'),
    subject: t('write.subject'),
  };
}

export function compose(account: Account = app.account, to = ''): void {
  const writer = account.canSubmit ? account : app.accounts[0]!;
  const draft = new Draft(writer);
  if (to) draft.to = [{ name: null, email: to }];
  const block = signatureBlock(draft.identity?.textSignature ?? '');
  draft.body = block === '' ? '' : `\n\n${block}`.trimEnd();
  draft.initialBody = draft.body;
  void app.write(draft);
}

export function reply(account: Account, email: Email, all: boolean): void {
  const draft = new Draft(account);
  const own = [account.name, ...account.identities.map((identity) => identity.email)];
  const { to, cc } = replyRecipients(email, own, all);
  draft.to = to;
  draft.cc = cc;
  draft.showCc = cc.length > 0;
  draft.subject = replySubject(email.subject ?? '');
  const signature = draft.identity?.textSignature ?? '';
  draft.body = replyBody(email, plainText(email), signature, quoteWords());
  Object.assign(draft, replyHeaders(email));
  draft.source = { id: email.id, keyword: '$answered' };
  void app.write(draft);
}

export function forward(account: Account, email: Email): void {
  const draft = new Draft(account);
  draft.subject = forwardSubject(email.subject ?? '');
  const signature = draft.identity?.textSignature ?? '';
  draft.body = forwardBody(email, plainText(email), signature, quoteWords());
  Object.assign(draft, replyHeaders(email));
  draft.source = { id: email.id, keyword: '$forwarded' };
  draft.attachParts(email);
  void app.write(draft);
}

export function resume(account: Account, email: Email): void {
  void app.write(Draft.resume(account, email, plainText(email)));
}


/* Asks what is wrong with the message and tells the Centre, naming the message. */
export async function report(email: Email): Promise<void> {
  const words = await notices.ask(
    t('act.reportAsk'),
    [
      { label: t('app.cancel'), value: '' },
      { label: t('act.reportSend'), value: 'yes', primary: true },
    ],
    '',
  );
  if (words === '') return;
  const from = email.from?.[0];
  const what = t('act.reportWhat', {
    what: words,
    subject: email.subject ?? '',
    from: from ? `${display(from)} <${from.email}>` : '',
    id: email.messageId?.[0] ?? '',
  });
  try {
    await reportIncident(what.replace(/\s+/g, ' ').trim());
    notices.say(t('act.reported'));
  } catch (error) {
    notices.complain(explain(error));
  }
}
