/* Making, naming and taking away folders. The server says whether it may be done. */

import { refusal } from '../jmap/client';
import type { Id, Mailbox, QueryAnswer, SetAnswer } from '../jmap/types';
import { t } from '../words/index.svelte';
import type { Account } from './account.svelte';
import { app, boxName, explain } from './app.svelte';
import { notices } from './notice.svelte';

const STEP = 200; /* messages that are destroyed in one request */

async function set(account: Account, args: Record<string, unknown>): Promise<boolean> {
  try {
    const failure = refusal(
      await account.client.call<SetAnswer<{ id: Id }>>('Mailbox/set', { accountId: account.id, ...args }),
    );
    if (failure) throw failure;
    await account.refreshMailboxes();
    return true;
  } catch (error) {
    notices.complain(explain(error));
    return false;
  }
}

async function askName(question: string, before = ''): Promise<string> {
  const name = await notices.ask(
    question,
    [
      { label: t('app.cancel'), value: '' },
      { label: t('set.save'), value: 'yes', primary: true },
    ],
    before,
  );
  return name.normalize('NFC').replace(/\s+/g, ' ');
}

export async function addFolder(account: Account, parent: Mailbox | null): Promise<void> {
  const question = parent ? t('box.newIn', { name: boxName(parent) }) : t('box.newName');
  const name = await askName(question);
  if (name !== '') await set(account, { create: { folder: { name, parentId: parent?.id ?? null } } });
}

export async function renameFolder(account: Account, box: Mailbox): Promise<void> {
  const name = await askName(t('box.renameTo', { name: box.name }), box.name);
  if (name !== '' && name !== box.name) await set(account, { update: { [box.id]: { name } } });
}

export async function deleteFolder(account: Account, box: Mailbox): Promise<void> {
  const sure = await notices.ask(t('box.deleteAsk', { name: box.name }), [
    { label: t('app.cancel'), value: '' },
    { label: t('box.delete'), value: 'yes', danger: true },
  ]);
  if (sure === 'yes' && (await set(account, { destroy: [box.id] }))) {
    app.goBox(account, account.byRole('inbox')?.id ?? '');
  }
}

/* Trash and Junk, for ever. */
export async function emptyFolder(account: Account, box: Mailbox): Promise<void> {
  const sure = await notices.ask(t('box.emptyAsk', { n: box.totalEmails, name: boxName(box) }), [
    { label: t('app.cancel'), value: '' },
    { label: t('act.destroy'), value: 'yes', danger: true },
  ]);
  if (sure !== 'yes') return;
  const accountId = account.id;
  try {
    let before = -1;
    for (;;) {
      const { ids, total = 0 } = await account.client.call<QueryAnswer>('Email/query', {
        accountId,
        filter: { inMailbox: box.id },
        limit: STEP,
        calculateTotal: true,
      });
      if (ids.length === 0 || total === before) break; /* what cannot be destroyed stays */
      before = total;
      await account.client.call('Email/set', { accountId, destroy: ids });
      account.forget(ids);
    }
    await app.refresh();
  } catch (error) {
    notices.complain(explain(error));
  }
}
