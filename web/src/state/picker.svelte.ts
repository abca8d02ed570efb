/* The dialogue that asks where messages go. */
import type { Id } from '../jmap/types';
import type { Account } from './account.svelte';

class Picker {
  account = $state.raw<Account | null>(null);
  ids = $state.raw<readonly Id[]>([]);

  open(account: Account, ids: readonly Id[]): void {
    this.ids = ids;
    this.account = account;
  }

  close(): void {
    this.account = null;
    this.ids = [];
  }
}

export const picker = new Picker();
