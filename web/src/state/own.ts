/* The person's own affairs that are not mail: the administration's interface (/api/v1/own…). */

import { Failure } from '../jmap/client';

export interface Forwarding {
  to: string | null;
  keep: boolean;
}

async function ask<T>(method: string, path: string, content?: unknown): Promise<T | null> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { Accept: 'application/json', ...(content ? { 'Content-Type': 'application/json' } : {}) },
      ...(content ? { body: JSON.stringify(content) } : {}),
    });
  } catch {
    throw new Failure('offline', '');
  }
  if (answer.ok) return answer.status === 204 ? null : ((await answer.json()) as T);
  if (answer.status === 401) throw new Failure('session', '');
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new Failure(answer.status < 500 ? 'refused' : 'server', problem.detail ?? '', String(answer.status));
}

export interface Own {
  name: string;
  title: string;
  unit_name: string;
  quota: number; /* bytes; 0: no limit */
  used: number;
}

export interface Entry {
  name: string;
  title: string;
  unit: string;
  address: string;
  kind: 'person' | 'unit';
}

export const own = () => ask<Own>('GET', '/own');
export const directory = () => ask<Entry[]>('GET', '/directory');

export const forwarding = () => ask<Forwarding>('GET', '/own/forwarding');
export const setForwarding = (to: string, keep: boolean) =>
  ask<Forwarding>('PUT', '/own/forwarding', { to, keep });
export const endForwarding = () => ask<null>('DELETE', '/own/forwarding');

export interface OpenSession {
  id: number;
  current: boolean;
  since: number; /* Unix microseconds, as the others */
  seen: number;
  peer: string;
  agent: string;
}

export const sessions = () => ask<OpenSession[]>('GET', '/own/sessions');
export const endSession = (id: number) => ask<null>('DELETE', `/own/sessions/${id}`);
export const endOtherSessions = () => ask<null>('DELETE', '/own/sessions');

export interface Factor {
  enabled: boolean;
  demanded: boolean; /* the person's role must have it */
  recovery: number; /* codes on paper that are left */
}

/* What shows that it is the person and not somebody at their unlocked PC. */
export type Proof = { password: string } | { code: string };

export const factor = () => ask<Factor>('GET', '/own/second-factor');
export const beginFactor = (proof: Proof) =>
  ask<{ secret: string; uri: string }>('POST', '/own/second-factor', proof);
export const confirmFactor = (code: string) =>
  ask<{ codes: string[] }>('PUT', '/own/second-factor', { code });
export const newCodes = (proof: Proof) =>
  ask<{ codes: string[] }>('POST', '/own/second-factor/codes', proof);
export const removeFactor = (proof: Proof) => ask<null>('POST', '/own/second-factor/removal', proof);

/* Tells the Centre of a message that should not be (khoản 3 Điều 12). */
export const reportIncident = (what: string) => ask<unknown>('POST', '/own/incidents', { what });
