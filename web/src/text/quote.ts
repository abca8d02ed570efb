/* Answers and forwards in plain text. */

import type { Address, Email } from '../jmap/types';
import { formatAddress, same, unique, without } from './address';
import { quoteDate } from './dates';

export interface QuoteWords {
  wrote: string; /* "Lúc {time} ngày {day}, {name} đã viết:" */
  forwarded: string;
  from: string;
  to: string;
  cc: string;
  date: string;
  subject: string;
}

const PREFIX = /^\s*(re|fw|fwd|tr|trl|chuyển tiếp|trả lời)\s*(\[\d+\])?\s*:\s*/i;

/* "RE: RE: FW: Họp" → "Họp". The prefixes stay English on the wire (glossary). */
export function bareSubject(subject: string): string {
  let bare = subject;
  while (PREFIX.test(bare)) bare = bare.replace(PREFIX, '');
  return bare.trim();
}

export const replySubject = (subject: string) => `RE: ${bareSubject(subject)}`;
export const forwardSubject = (subject: string) => `FW: ${bareSubject(subject)}`;

/* "a > b" with one more mark, empty lines without a space at their end. */
export function quoteLines(text: string): string {
  return text
    .replace(/\s+$/, '')
    .split(/\r?\n/)
    .map((line) => (line === '' ? '>' : line.startsWith('>') ? `>${line}` : `> ${line}`))
    .join('\n');
}

/* HTML as plain text, for quoting: blocks end lines, links keep their words. `root` is already
 * cleaned. */
export function textOf(root: Node): string {
  let out = '';
  const walk = (node: Node) => {
    if (node.nodeType === 3) {
      out += (node.nodeValue ?? '').replace(/\s+/g, ' ');
      return;
    }
    if (node.nodeType !== 1 && node.nodeType !== 11) return;
    const name = node.nodeName.toLowerCase();
    if (name === 'style' || name === 'script' || name === 'title') return;
    if (name === 'br') {
      out += '\n';
      return;
    }
    const block = /^(p|div|h[1-6]|li|tr|table|ul|ol|blockquote|pre|section|article|hr)$/.test(name);
    if (block && out !== '' && !out.endsWith('\n')) out += '\n';
    if (name === 'li') out += '- ';
    node.childNodes.forEach(walk);
    if (name === 'td' || name === 'th') out += '\t';
    if (block && !out.endsWith('\n')) out += '\n';
    if (name === 'p') out += '\n';
  };
  walk(root);
  return out
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n[ ]+/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

export function replyBody(email: Email, text: string, signature: string, words: QuoteWords): string {
  const { time, day } = quoteDate(email.sentAt ?? email.receivedAt);
  const from = email.from?.[0];
  const head = fill(words.wrote, { time, day, name: from ? formatAddress(from) : '' });
  return `\n\n${signatureBlock(signature)}${head}\n${quoteLines(text)}\n`;
}

export function forwardBody(
  email: Email,
  text: string,
  signature: string,
  words: QuoteWords,
): string {
  const { time, day } = quoteDate(email.sentAt ?? email.receivedAt);
  const list = (addresses: Address[] | null) => (addresses ?? []).map(formatAddress).join(', ');
  const lines = [
    `---------- ${words.forwarded} ----------`,
    `${words.from}: ${list(email.from)}`,
    `${words.date}: ${time} ${day}`,
    `${words.subject}: ${email.subject ?? ''}`,
    `${words.to}: ${list(email.to)}`,
  ];
  if (email.cc?.length) lines.push(`${words.cc}: ${list(email.cc)}`);
  return `\n\n${signatureBlock(signature)}${lines.join('\n')}\n\n${text.trim()}\n`;
}

export function signatureBlock(signature: string): string {
  const text = signature.trim();
  return text === '' ? '' : `-- \n${text}\n\n`;
}

/* Who gets an answer. `own` are the addresses that the person writes as: they get none, unless the
 * message was written by them, when the answer goes to those it went to. */
export function replyRecipients(
  email: Email,
  own: readonly string[],
  all: boolean,
): { to: Address[]; cc: Address[] } {
  const from = email.from ?? [];
  const fromOwn = from.some((address) => own.some((mine) => same(mine, address.email)));
  const to = fromOwn ? (email.to ?? []) : email.replyTo?.length ? email.replyTo : from;
  if (!all) return { to: unique(fromOwn ? to : to.slice(0, 10)), cc: [] };
  const first = unique(fromOwn ? to : [...to]);
  const others = fromOwn ? (email.cc ?? []) : [...(email.to ?? []), ...(email.cc ?? [])];
  const cc = without(unique(others), [...own, ...first.map((address) => address.email)]);
  return { to: first, cc };
}

/* In-Reply-To and References of an answer (RFC 5322 3.6.4). */
export function replyHeaders(email: Email): { inReplyTo: string[] | null; references: string[] | null } {
  const id = email.messageId;
  if (!id?.length) return { inReplyTo: null, references: null };
  const before = email.references?.length ? email.references : (email.inReplyTo ?? []);
  return { inReplyTo: id, references: [...before, ...id].slice(-50) };
}

/* Takes the words of a plain text apart: quoted lines (folded away by the page) and the rest. */
export function splitQuotes(text: string): { quoted: boolean; text: string }[] {
  const parts: { quoted: boolean; text: string }[] = [];
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    const quoted = /^\s?>/.test(line);
    const last = parts[parts.length - 1];
    if (last && last.quoted === quoted) last.text += `\n${line}`;
    else parts.push({ quoted, text: line });
  }
  return parts;
}

/* Takes a text apart at its web and mail addresses. */
export function splitLinks(text: string): { href: string | null; text: string }[] {
  const parts: { href: string | null; text: string }[] = [];
  const pattern = /\bhttps?:\/\/[^\s<>"'”’]+|\b[a-zA-Z0-9._%+-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+/g;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const word = match[0].replace(/[.,;:!?)\]}…]+$/, '');
    if (match.index > end) parts.push({ href: null, text: text.slice(end, match.index) });
    parts.push({ href: word.includes('://') ? word : `mailto:${word}`, text: word });
    end = match.index + word.length;
  }
  if (end < text.length) parts.push({ href: null, text: text.slice(end) });
  return parts;
}
