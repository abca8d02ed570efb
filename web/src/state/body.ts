/* The text of a message, as a page (HTML) or as plain words. */

import type { BodyPart, Email } from '../jmap/types';
import { textOf } from '../text/quote';
import { parseClean } from '../text/html';

function joined(email: Email, parts: readonly BodyPart[], type: string): string | null {
  const values = parts
    .filter((part) => part.type === type && part.partId !== null)
    .map((part) => email.bodyValues[part.partId!]?.value ?? '');
  return values.length > 0 ? values.join('\n') : null;
}

/* null: the message has no HTML of its own. */
export function htmlText(email: Email): string | null {
  return joined(email, email.htmlBody, 'text/html');
}

export function plainText(email: Email): string {
  const plain = joined(email, email.textBody, 'text/plain');
  if (plain !== null) return plain;
  const html = htmlText(email);
  return html === null ? '' : textOf(parseClean(html));
}

/* The plain words beside a body in HTML, when they were written too. */
export function hasPlain(email: Email): boolean {
  return email.textBody.some((part) => part.type === 'text/plain');
}

export const isTruncated = (email: Email): boolean =>
  Object.values(email.bodyValues).some((value) => value.isTruncated);

export const hasEncodingProblem = (email: Email): boolean =>
  Object.values(email.bodyValues).some((value) => value.isEncodingProblem);
