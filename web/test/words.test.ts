import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { en } from '../src/words/en';
import { vi } from '../src/words/vi';

const SOURCES = join(__dirname, '..', 'src');

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : /\.(ts|svelte)$/.test(name) ? [path] : [];
  });
}

const code = files(SOURCES)
  .filter((path) => !/words\/(vi|en)\.ts$/.test(path))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

test('every word is in both languages and holds the same places to fill', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [word, text] of Object.entries(vi)) {
    expect([word, places(en[word as keyof typeof en])]).toEqual([word, places(text)]);
  }
});

test('every word is used', () => {
  for (const word of Object.keys(vi)) expect([word, code.includes(`'${word}'`)]).toEqual([word, true]);
});

test('spelling is the regulation\'s', () => {
  for (const [word, text] of Object.entries(vi)) {
    expect([word, text]).toEqual([word, text.normalize('NFC')]);
    expect([word, text.replace(/\{\w+\}/g, '').match(/kho[áa]́|khoá|huỷ|hoà(?!n)|thoả|[qQ]ui |[bB]ạn |!|Lỗi|[eE]mail|hòm thư/g)]).toEqual([word, null]);
  }
});

test('no Vietnamese interface text stands outside the table', () => {
  const templates = files(join(SOURCES, 'ui'))
    .map((path) => readFileSync(path, 'utf8').replace(/<script[\s\S]*?<\/script>|<!--[\s\S]*?-->/g, ''))
    .join('\n');
  /* The name of the language itself is the one exception. */
  expect(templates.replace('Tiếng Việt', '').match(/[^\n]*[À-ỹ][^\n]*/g)).toBeNull();
});
