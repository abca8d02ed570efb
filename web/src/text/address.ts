/* Addresses as people type and read them. What the server makes of a header is the server's; this is
 * for the fields of the compose page and for showing names. */

import type { Address } from '../jmap/types';
import { fold } from './fold';

/* A mailbox name of the web: what HTML calls a valid e-mail address, and a dot in the domain. */
const VALID =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$/;

export function isAddress(text: string): boolean {
  return text.length <= 254 && VALID.test(text);
}

/* Takes a list apart at commas, semicolons and line ends that stand outside quotation marks and
 * angle brackets: what people paste from letters, tables and other mail programs. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let bracket = false;
  for (const sign of text) {
    if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === '<') bracket = true;
    else if (!quoted && sign === '>') bracket = false;
    if (!quoted && !bracket && (sign === ',' || sign === ';' || sign === '\n' || sign === '\r')) {
      parts.push(part);
      part = '';
    } else {
      part += sign;
    }
  }
  parts.push(part);
  return parts.map((p) => p.trim()).filter((p) => p !== '');
}

/* `Trần Văn Anh <tvanh.stttt@…>`, `"Anh, Trần" <…>`, `a@b.vn`. The address may be wrong: ask
 * isAddress. A word without @ gets `domain` when one is given: colleagues write "tvanh.stttt". */
export function parseAddress(text: string, domain = ''): Address {
  const match = /^(.*?)<([^<>]*)>\s*$/s.exec(text);
  let name = match ? match[1]!.trim() : '';
  let email = (match ? match[2]! : text).trim();
  if (/^".*"$/s.test(name)) name = name.slice(1, -1).replace(/\\(.)/g, '$1');
  if (domain && email !== '' && /^[a-z0-9.]+$/i.test(email)) email = `${email}@${domain}`;
  return { name: name === '' ? null : name, email };
}

export function parseList(text: string, domain = ''): Address[] {
  return splitList(text).map((part) => parseAddress(part, domain));
}

export function formatAddress(address: Address): string {
  if (!address.name) return address.email;
  const name = /[",;<>@()[\]\\]/.test(address.name)
    ? `"${address.name.replace(/["\\]/g, '\\$&')}"`
    : address.name;
  return `${name} <${address.email}>`;
}

export function display(address: Address): string {
  return address.name?.trim() || address.email;
}

export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}

export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function without(list: readonly Address[], emails: readonly string[]): Address[] {
  return list.filter((address) => !emails.some((email) => same(email, address.email)));
}

export function unique(list: readonly Address[]): Address[] {
  const seen = new Set<string>();
  return list.filter((address) => {
    const key = address.email.toLowerCase();
    return seen.has(key) ? false : (seen.add(key), true);
  });
}

/* A sender whose shown name holds another address than the real one, or letters of several scripts:
 * the usual disguises. */
export function isDisguised(address: Address): boolean {
  const inName = /[^\s<>"]+@[^\s<>"]+\.[^\s<>"]+/.exec(address.name ?? '');
  if (inName && !same(inName[0], address.email)) return true;
  const word = `${address.name ?? ''} ${address.email}`;
  const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];
  return word
    .split(/[\s.@<>"_-]+/)
    .some((part) => scripts.filter((script) => script.test(part)).length > 1);
}

/* Whether what was typed fits: every word begins a word of the name, the address or the extra text
 * (post, unit), accents optional. */
export function fits(typed: string, address: Address, extra = ''): boolean {
  const words = fold(`${address.name ?? ''} ${extra}`).split(/[\s,.-]+/);
  const email = address.email.toLowerCase();
  return fold(typed)
    .split(/\s+/)
    .filter((word) => word !== '')
    .every((word) => email.startsWith(word) || words.some((other) => other.startsWith(word)));
}
