/* How the person wants the page to look: kept in the browser, for it is a matter of this screen. */

export type Theme = 'system' | 'light' | 'dark';
export type TextSize = 'normal' | 'large' | 'huge';

const KEY = 'congvu.view';

interface Stored {
  theme: Theme;
  size: TextSize;
  keys: boolean;
  conversations: boolean;
}

const DEFAULTS: Stored = { theme: 'system', size: 'normal', keys: true, conversations: false };

function stored(): Stored {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Stored>;
    return { ...DEFAULTS, ...kept };
  } catch {
    return DEFAULTS;
  }
}

class Prefs {
  private kept = $state.raw<Stored>(stored());

  get theme(): Theme {
    return this.kept.theme;
  }
  get size(): TextSize {
    return this.kept.size;
  }
  get keys(): boolean {
    return this.kept.keys;
  }
  get conversations(): boolean {
    return this.kept.conversations;
  }

  set(change: Partial<Stored>): void {
    this.kept = { ...this.kept, ...change };
    this.apply();
    try {
      localStorage.setItem(KEY, JSON.stringify(this.kept));
    } catch {
      /* holds until the page is closed */
    }
  }

  get isDark(): boolean {
    if (this.theme !== 'system') return this.theme === 'dark';
    return matchMedia('(prefers-color-scheme: dark)').matches;
  }

  apply(): void {
    document.documentElement.dataset.theme = this.theme;
    document.documentElement.dataset.size = this.size;
  }
}

export const prefs = new Prefs();
