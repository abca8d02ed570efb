/* Speaks JMAP (RFC 8620) with the server that the page came from. One Client for each sign-in; the
 * session cookie is the browser's affair, nothing secret is kept here. */

import type { Id, Session, SetAnswer, SetError, UploadAnswer } from './types';

/* kind says what the person can do about it:
 *   offline   nobody answered: try again when the network is back
 *   session   the sign-in ended: sign in again
 *   refused   the server said no, with its reason in `message`
 *   server    it failed: try again later */
export type FailureKind = 'offline' | 'session' | 'refused' | 'server';

export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly type = '',
  ) {
    super(message);
    this.name = 'Failure';
  }
}

export type Call = [name: string, args: Record<string, unknown>, id: string];

const RECONNECT = 4_000; /* milliseconds until a line that broke is told */
const POLL = 30_000;

export type Answers = Map<string, Record<string, unknown> | Failure>;

/* The answer of one call; throws the Failure that it met. */
export function pick<T>(answers: Answers, id: string): T {
  const answer = answers.get(id);
  if (answer instanceof Failure) throw answer;
  if (!answer) throw new Failure('server', '');
  return answer as T;
}

export interface Upload {
  done: Promise<UploadAnswer>;
  cancel(): void;
}

/* Fills a URI template of RFC 8620 (only {name} and {?…} free forms occur). */
export function fillTemplate(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

/* The session may name a host of its own; the page talks to the one it came from, always. */
export function sameOrigin(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/, '');
}

/* What an error answer says, in the words of RFC 9457's detail or of JMAP's description. */
async function explain(response: Response): Promise<{ detail: string; type: string }> {
  try {
    const body = (await response.json()) as Record<string, unknown>;
    return { detail: String(body.detail ?? body.title ?? ''), type: String(body.type ?? '') };
  } catch {
    return { detail: '', type: '' };
  }
}

export class Client {
  session!: Session;
  private counter = 0;

  constructor(private readonly onSessionEnd: () => void = () => {}) {}

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...init });
    } catch {
      throw new Failure('offline', '');
    }
    if (response.status === 401) {
      this.onSessionEnd();
      throw new Failure('session', '');
    }
    if (!response.ok) {
      const { detail, type } = await explain(response);
      throw new Failure(response.status < 500 ? 'refused' : 'server', detail, type);
    }
    return response;
  }

  async start(): Promise<Session> {
    const response = await this.fetch('/.well-known/jmap', { headers: { Accept: 'application/json' } });
    this.session = (await response.json()) as Session;
    return this.session;
  }

  /* Several calls in one request. Each call id has its answer, or the Failure that it met: take
   * them with `pick`. */
  async request(calls: Call[]): Promise<Answers> {
    const using = Object.keys(this.session.capabilities);
    const response = await this.fetch(sameOrigin(this.session.apiUrl), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ using, methodCalls: calls }),
    });
    const body = (await response.json()) as { methodResponses: Call[] };
    const answers: Answers = new Map();
    for (const [name, args, id] of body.methodResponses) {
      /* onSuccessUpdateEmail makes a second answer with the same id: the first one counts. */
      if (answers.has(id)) continue;
      answers.set(
        id,
        name === 'error'
          ? new Failure('refused', String(args.description ?? ''), String(args.type ?? ''))
          : args,
      );
    }
    return answers;
  }

  async call<T>(name: string, args: Record<string, unknown>): Promise<T> {
    const id = `c${++this.counter}`;
    return pick<T>(await this.request([[name, args, id]]), id);
  }

  downloadUrl(accountId: Id, blobId: Id, type: string, name: string): string {
    return sameOrigin(fillTemplate(this.session.downloadUrl, { accountId, blobId, type, name }));
  }

  /* With XMLHttpRequest, because fetch tells no progress of what goes up. */
  upload(accountId: Id, file: Blob, onProgress: (share: number) => void): Upload {
    const request = new XMLHttpRequest();
    const done = new Promise<UploadAnswer>((resolve, reject) => {
      request.open('POST', sameOrigin(fillTemplate(this.session.uploadUrl, { accountId })));
      request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
      request.responseType = 'json';
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) onProgress(event.loaded / event.total);
      };
      request.onerror = () => reject(new Failure('offline', ''));
      request.onabort = () => reject(new Failure('refused', '', 'aborted'));
      request.onload = () => {
        const answer = request.response as (UploadAnswer & { detail?: string }) | null;
        if (request.status >= 200 && request.status < 300 && answer) resolve(answer);
        else if (request.status === 401) reject(new Failure('session', ''));
        else reject(new Failure(request.status < 500 ? 'refused' : 'server', answer?.detail ?? ''));
      };
      request.send(file);
    });
    return { done, cancel: () => request.abort() };
  }

  /* Tells of changes as they happen (RFC 8620 7.3). `onState` gets account → type → state; `onLine`
   * whether the server can be reached. Where the stream is refused it asks every half minute
   * instead. Returns what ends it. */
  listen(
    onState: (changed: Record<Id, Record<string, string>>) => void,
    onLine: (up: boolean) => void,
  ): () => void {
    const url = sameOrigin(
      fillTemplate(this.session.eventSourceUrl, { types: '*', closeafter: 'no', ping: '60' }),
    );
    let source: EventSource | null = null;
    let timer = 0;
    let over = false;
    const down = () => {
      if (timer === 0) timer = window.setTimeout(() => onLine(false), RECONNECT);
    };
    const up = () => {
      clearTimeout(timer);
      timer = 0;
      onLine(true);
    };
    const probe = async () => {
      if (over) return;
      try {
        await this.fetch('/phien', {});
        up();
        onState({});
        timer = window.setTimeout(open, POLL);
      } catch {
        onLine(false);
        clearTimeout(timer);
        timer = window.setTimeout(() => void probe(), RECONNECT);
      }
    };
    const open = () => {
      if (over) return;
      timer = 0;
      source = new EventSource(url);
      source.addEventListener('open', up);
      source.addEventListener('error', () => {
        if (source?.readyState !== EventSource.CLOSED) down(); /* it tries again by itself */
        else void probe();
      });
      source.addEventListener('state', (event) => {
        try {
          const change = JSON.parse((event as MessageEvent<string>).data) as {
            changed: Record<Id, Record<string, string>>;
          };
          onState(change.changed);
        } catch {
          /* not what RFC 8620 promises: the next one will tell */
        }
      });
    };
    open();
    return () => {
      over = true;
      clearTimeout(timer);
      source?.close();
    };
  }
}

/* The first refusal of a /set answer, as a Failure; null when all went well. */
export function refusal(answer: SetAnswer<unknown>): Failure | null {
  for (const errors of [answer.notCreated, answer.notUpdated, answer.notDestroyed]) {
    for (const error of Object.values(errors ?? {}) as SetError[]) {
      return new Failure('refused', error.description ?? '', error.type);
    }
  }
  return null;
}
