/* Short messages at the foot of the page, and questions that want an answer before something
 * happens. One of each at a time. */

export interface Toast {
  text: string;
  bad: boolean;
  undo: (() => void) | null;
}

export interface Choice {
  label: string;
  value: string;
  primary?: boolean;
  danger?: boolean;
}

interface Question {
  text: string;
  choices: Choice[];
  input: string | null; /* a text is asked for, which begins so */
  answer: (value: string) => void;
}

class Notices {
  toast = $state.raw<Toast | null>(null);
  question = $state.raw<Question | null>(null);
  private timer = 0;

  say(text: string, undo: (() => void) | null = null): void {
    this.show({ text, bad: false, undo }, undo ? 10_000 : 5_000);
  }

  /* Stays until it is closed: what went wrong must not vanish unread. */
  complain(text: string): void {
    this.show({ text, bad: true, undo: null }, 0);
  }

  private show(toast: Toast, milliseconds: number): void {
    clearTimeout(this.timer);
    this.toast = toast;
    if (milliseconds > 0) this.timer = window.setTimeout(() => this.clear(), milliseconds);
  }

  clear(): void {
    clearTimeout(this.timer);
    this.toast = null;
  }

  /* The value of the choice; '' when the person backed out. */
  ask(text: string, choices: Choice[], input: string | null = null): Promise<string> {
    this.question?.answer('');
    return new Promise((resolve) => {
      this.question = {
        text,
        choices,
        input,
        answer: (value) => {
          this.question = null;
          resolve(value);
        },
      };
    });
  }
}

export const notices = new Notices();
