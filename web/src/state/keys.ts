/* Keyboard shortcuts. One-letter ones can be turned off (WCAG 2.1.4), and none acts while something
 * is typed: an input method (UniKey and others) sends letters and Backspace of its own. */

import type { Word } from '../words/vi';
import { compose, forward, move, remove, reply, setKeyword } from './actions';
import { app } from './app.svelte';
import { notices } from './notice.svelte';
import { picker } from './picker.svelte';
import { prefs } from './prefs.svelte';

export const SHORTCUTS: readonly (readonly [keys: string, word: Word])[] = [
  ['↓ ↑, j k', 'key.next'],
  ['Enter', 'key.open'],
  ['Esc', 'key.backList'],
  ['c', 'box.compose'],
  ['r', 'act.reply'],
  ['a', 'act.replyAll'],
  ['f', 'act.forward'],
  ['Delete, #', 'act.delete'],
  ['e', 'act.archive'],
  ['v', 'act.move'],
  ['u', 'act.unread'],
  ['s', 'act.star'],
  ['x', 'key.select'],
  ['/', 'key.search'],
  ['Ctrl+Enter', 'write.send'],
  ['?', 'key.help'],
];

export function isTyping(event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === 229) return true;
  const target = event.target as HTMLElement | null;
  return (
    target !== null &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.nodeName))
  );
}

/* What an act means: the ticked rows, else the open message or the row under the cursor. */
export function targets(): string[] {
  const { list } = app;
  if (!list) return [];
  const chosen = list.selected.size > 0 ? [...list.selected] : app.emailId ? [app.emailId] : [];
  return list.members(chosen);
}

async function withEmail(run: (email: import('../jmap/types').Email) => void): Promise<void> {
  if (!app.emailId) return;
  const email = await app.account.email(app.emailId);
  if (email) run(email);
}

function step(by: number): void {
  const { list } = app;
  if (!list) return;
  const here = app.emailId ? list.indexOf(app.emailId) : -1;
  const id = list.at(Math.max(0, here + by));
  if (id) app.openEmail(id, app.emailId !== '');
}

function toggle(keyword: string): void {
  const ids = targets();
  const on = !ids.every((id) => app.account.heads.get(id)?.keywords[keyword]);
  void setKeyword(app.account, ids, keyword, on);
}

const LETTERS: Record<string, () => void> = {
  c: () => compose(),
  j: () => step(1),
  k: () => step(-1),
  r: () => void withEmail((email) => reply(app.account, email, false)),
  a: () => void withEmail((email) => reply(app.account, email, true)),
  f: () => void withEmail((email) => forward(app.account, email)),
  '#': () => removeTargets(),
  e: () => {
    const archive = app.account.byRole('archive');
    if (archive) void move(app.account, targets(), archive);
  },
  v: () => {
    const ids = targets();
    if (ids.length > 0) picker.open(app.account, ids);
  },
  u: () => toggle('$seen'),
  s: () => toggle('$flagged'),
  x: () => {
    const { list, emailId } = app;
    if (!list || !emailId) return;
    if (list.selected.has(emailId)) list.selected.delete(emailId);
    else list.selected.add(emailId);
  },
  '/': () => document.getElementById('search')?.focus(),
  '?': () => (app.help = true),
};

function removeTargets(): void {
  const ids = targets();
  if (ids.length > 0) void remove(app.account, ids);
}

function escape(): void {
  if (app.drawer) app.drawer = false;
  else if (app.writing) app.writing = false;
  else if (app.list && app.list.selected.size > 0) app.list.selected.clear();
  else if (app.emailId) {
    app.closeEmail();
    document.getElementById('list')?.focus();
  } else if (app.search) app.goSearch('');
}

export function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || notices.question || app.help || picker.account) return;
  if (event.key === 'Escape' && !event.isComposing) {
    escape();
    return;
  }
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Delete') {
    removeTargets();
    event.preventDefault();
    return;
  }
  const act = prefs.keys ? LETTERS[event.key] : undefined;
  if (!act || app.writing) return;
  event.preventDefault();
  act();
}
