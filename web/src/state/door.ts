/* The doors for signing in (docs/web.md): JSON in, JSON out, the cookie is the browser's affair. */

import { t } from '../words/index.svelte';

export interface Rule {
  points: { text: string; met: boolean }[];
  cite: string;
  accept: boolean; /* whether the statement is asked for */
  rules: string; /* the regulation's title */
  good?: boolean;
  detail?: string;
}

export class SignInRefused extends Error {
  constructor(
    readonly state: string,
    message: string,
  ) {
    super(message);
    this.name = 'SignInRefused';
  }
}

async function ask(
  path: string,
  content?: Record<string, unknown>,
  method = content ? 'POST' : 'GET',
): Promise<Response> {
  const answer = await fetch(path, {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { Accept: 'application/json', ...(content ? { 'Content-Type': 'application/json' } : {}) },
    ...(content ? { body: JSON.stringify(content) } : {}),
  });
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { state?: string; detail?: string };
  const state = problem.state ?? '';
  const words = state === 'failed' ? t('in.failed') : (problem.detail ?? t('app.serverError'));
  throw new SignInRefused(state, words);
}

/* Throws SignInRefused with the server's state and words, or what fetch throws. */
export async function signIn(
  address: string,
  password: string,
  keep: boolean,
  code = '',
): Promise<string> {
  const answer = await ask('/dang-nhap', { address, password, keep, ...(code ? { code } : {}) });
  const body = (await answer.json()) as { warning: string | null };
  return body.warning ?? '';
}

export async function rule(): Promise<Rule> {
  return (await (await ask('/dang-nhap/quy-tac')).json()) as Rule;
}

export async function judge(address: string, password: string): Promise<Rule> {
  return (await (await ask('/dang-nhap/xet', { address, password })).json()) as Rule;
}

export async function change(address: string, old: string, fresh: string, accept: boolean): Promise<void> {
  await ask('/dang-nhap/mat-khau', { address, old, new: fresh, accept });
}

export async function signOut(): Promise<void> {
  await ask('/dang-xuat', undefined, 'POST');
}

export type DoorState = 'signed_in' | 'signed_out' | 'limited';

/* limited: the role of the account must set up a second factor before anything else. Throws when
 * nobody answers. */
export async function doorState(): Promise<DoorState> {
  const body = (await (await ask('/phien')).json()) as { state: DoorState; limited?: boolean };
  return body.limited ? 'limited' : body.state;
}
