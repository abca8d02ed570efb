/* How folders look: picture, name, place in the tree. */
import type { Mailbox } from '../jmap/types';
import type { Account } from '../state/account.svelte';
import { boxName } from '../state/app.svelte';
import type { IconName } from './Icon.svelte';

export function boxIcon(box: Mailbox): IconName {
  switch (box.role) {
    case 'inbox':
    case 'sent':
    case 'drafts':
    case 'archive':
    case 'junk':
    case 'trash':
      return box.role;
    default:
      return 'folder';
  }
}

export function boxPath(account: Account, box: Mailbox): string {
  const names = [boxName(box)];
  let parent = box.parentId;
  while (parent && names.length < 20) {
    const above = account.mailboxes.get(parent);
    if (!above) break;
    names.unshift(boxName(above));
    parent = above.parentId;
  }
  return names.join(' / ');
}

export interface Branch {
  box: Mailbox;
  depth: number;
}

/* Folders in the order of the tree, each with its depth. */
export function tree(account: Account): Branch[] {
  const boxes = account.sorted;
  const known = new Set(boxes.map((box) => box.id));
  const out: Branch[] = [];
  const add = (parent: string | null, depth: number) => {
    for (const box of boxes) {
      const above = box.parentId && known.has(box.parentId) ? box.parentId : null;
      if (above !== parent || depth > 20) continue;
      out.push({ box, depth });
      add(box.id, depth + 1);
    }
  };
  add(null, 0);
  return out;
}
