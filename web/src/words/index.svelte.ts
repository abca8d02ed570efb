/* The words in the language that the person chose; a change shows at once everywhere. */
import { ENGLISH, VIETNAMESE } from '../text/dates';
import { en } from './en';
import { fill } from './fill';
import { vi, type Word } from './vi';

export type { Word };
export type Language = 'vi' | 'en';

const KEY = 'congvu.language';

function stored(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'vi';
  } catch {
    return 'vi';
  }
}

class Words {
  language = $state<Language>(stored());

  set(language: Language): void {
    this.language = language;
    document.documentElement.lang = language;
    try {
      localStorage.setItem(KEY, language);
    } catch {
      /* a browser that stores nothing asks again next time */
    }
  }
}

export const words = new Words();

export function t(word: Word, values?: Record<string, string | number>): string {
  return fill(words.language === 'en' ? en[word] : vi[word], values);
}

export const dateWords = () => (words.language === 'en' ? ENGLISH : VIETNAMESE);
export const isEnglish = () => words.language === 'en';
