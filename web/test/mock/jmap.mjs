/* The JMAP that the front end uses, over a list in memory: enough for its tests, not a server. */

import { BOXES, letters, ME, PEOPLE, UNIT } from './data.mjs';

const RIGHTS = Object.fromEntries(
  ['mayReadItems', 'mayAddItems', 'mayRemoveItems', 'maySetSeen', 'maySetKeywords', 'mayCreateChild',
    'mayRename', 'mayDelete', 'maySubmit'].map((right) => [right, true]));

export class Mock {
  constructor({ count = 60 } = {}) {
    this.state = 1;
    this.next = 1;
    this.blobs = new Map();
    this.accounts = { A1: this.account(ME, count), A2: this.account(UNIT, 12) };
    this.listeners = new Set();
    this.sent = [];
  }

  account(who, count) {
    const account = { who, emails: new Map(), identities: [
      { id: 'I1', name: who.name, email: who.email, replyTo: null, bcc: null, textSignature: `${who.name}\nSở Thông tin và Truyền thông tỉnh Bắc Ninh`, htmlSignature: '', mayDelete: false }],
      vacation: { id: 'singleton', isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: '', htmlBody: null } };
    for (const letter of letters(who, count)) this.add(account, letter, 'inbox');
    const last = [...account.emails.values()][0];
    if (last) for (const [i, box] of [[1, 'sent'], [2, 'archive'], [3, 'f1']]) {
      this.add(account, { from: who, to: [PEOPLE[i]], cc: null, subject: 'V/v góp ý dự thảo', text: 'Xin gửi bản góp ý.', html: null, auth: [], attachments: [], keywords: { $seen: true }, receivedAt: last.receivedAt, thread: `S${i}` }, box);
    }
    return account;
  }

  add(account, letter, box) {
    const id = `M${this.next++}`;
    const person = ({ name, email }) => ({ name, email });
    const parts = letter.attachments.map((file, i) => ({ partId: `${i + 3}`, blobId: file.blobId ?? `B${id}-${i}`, size: file.size, name: file.name, type: file.type, charset: null, disposition: 'attachment', cid: null }));
    const text = { partId: 't', blobId: `${id}t`, size: letter.text.length, name: null, type: 'text/plain', charset: 'utf-8', disposition: null, cid: null };
    const html = letter.html ? { ...text, partId: 'h', type: 'text/html' } : text;
    account.emails.set(id, {
      id, blobId: `R${id}`, threadId: letter.thread ?? `N${id}`, mailboxIds: { [box]: true }, keywords: letter.keywords,
      from: [person(letter.from)], to: letter.to.map(person), cc: letter.cc?.map(person) ?? null, bcc: letter.bcc ?? null, replyTo: null,
      subject: letter.subject, receivedAt: letter.receivedAt, sentAt: letter.receivedAt, size: 4000,
      hasAttachment: parts.length > 0, preview: letter.text.replace(/\s+/g, ' ').slice(0, 200),
      messageId: [`${id}@mock`], inReplyTo: letter.inReplyTo ?? null, references: letter.references ?? null,
      textBody: [text], htmlBody: [html], attachments: parts,
      bodyValues: { t: { value: letter.text, isEncodingProblem: false, isTruncated: false }, ...(letter.html ? { h: { value: letter.html, isEncodingProblem: false, isTruncated: false } } : {}) },
      'header:Authentication-Results:asText:all': letter.auth,
    });
    return id;
  }

  session() {
    const mail = { 'urn:ietf:params:jmap:mail': {}, 'urn:ietf:params:jmap:submission': {}, 'urn:ietf:params:jmap:vacationresponse': {}, 'urn:ietf:params:jmap:quota': {} };
    const sending = { ...mail, 'urn:ietf:params:jmap:submission': { maxDelayedSend: 2_592_000 } };
    return {
      username: ME.email, apiUrl: '/jmap/api', state: String(this.state),
      downloadUrl: '/jmap/download/{accountId}/{blobId}/{name}?type={type}', uploadUrl: '/jmap/upload/{accountId}/',
      eventSourceUrl: '/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}',
      capabilities: { 'urn:ietf:params:jmap:core': { maxSizeUpload: 36e6, maxObjectsInGet: 500 }, ...mail, 'urn:ietf:params:jmap:contacts': {} },
      accounts: {
        A1: { name: ME.email, isPersonal: true, isReadOnly: false, accountCapabilities: { ...sending, 'urn:ietf:params:jmap:contacts': {} } },
        A2: { name: UNIT.email, isPersonal: false, isReadOnly: false, accountCapabilities: sending },
      },
      primaryAccounts: Object.fromEntries([...Object.keys(mail), 'urn:ietf:params:jmap:contacts'].map((name) => [name, 'A1'])),
    };
  }

  boxes(account) {
    return BOXES.map(([id, name, role, parentId = null], sortOrder) => {
      const here = [...account.emails.values()].filter((email) => email.mailboxIds[id]);
      const unread = here.filter((email) => !email.keywords.$seen).length;
      return { id, name, role, parentId, sortOrder, totalEmails: here.length, unreadEmails: unread, totalThreads: here.length, unreadThreads: unread, myRights: RIGHTS, isSubscribed: true };
    });
  }

  matches(email, filter) {
    if (!filter) return true;
    if (filter.operator) {
      const each = filter.conditions.map((condition) => this.matches(email, condition));
      return filter.operator === 'AND' ? each.every(Boolean) : filter.operator === 'OR' ? each.some(Boolean) : !each.some(Boolean);
    }
    const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
    const has = (where, what) => fold(what).replace(/"/g, '').split(/\s+/).every((word) => fold(where).includes(word));
    const people = (list) => (list ?? []).map(({ name, email: address }) => `${name} ${address}`).join(' ');
    const tests = {
      inMailbox: (value) => email.mailboxIds[value], hasKeyword: (value) => email.keywords[value],
      notKeyword: (value) => !email.keywords[value], hasAttachment: (value) => email.hasAttachment === value,
      from: (value) => has(people(email.from), value), to: (value) => has(people(email.to), value),
      subject: (value) => has(email.subject, value), before: (value) => email.receivedAt < value, after: (value) => email.receivedAt >= value,
      text: (value) => has(`${people(email.from)} ${people(email.to)} ${email.subject} ${email.bodyValues.t.value}`, value),
    };
    return Object.entries(filter).every(([name, value]) => Boolean(tests[name]?.(value)));
  }

  query(account, { filter, sort, collapseThreads, position = 0, limit = 50 }) {
    const up = sort?.[0]?.isAscending ? 1 : -1;
    let found = [...account.emails.values()].filter((email) => this.matches(email, filter))
      .sort((a, b) => up * a.receivedAt.localeCompare(b.receivedAt) || a.id.localeCompare(b.id));
    if (collapseThreads) {
      const seen = new Set();
      found = found.filter((email) => !seen.has(email.threadId) && seen.add(email.threadId));
    }
    return { queryState: String(this.state), canCalculateChanges: false, position, total: found.length, ids: found.slice(position, position + limit).map((email) => email.id) };
  }

  setEmails(account, { create = {}, update = {}, destroy = [] }) {
    const created = {}, updated = {}, notUpdated = {};
    for (const [key, email] of Object.entries(create)) {
      const id = this.add(account, {
        from: email.from[0], to: email.to ?? [], cc: email.cc, bcc: email.bcc, subject: email.subject, text: email.bodyValues.text?.value ?? '',
        html: email.bodyValues.html?.value ?? null, auth: [], attachments: (email.attachments ?? []).map((file) => ({ ...file, size: this.blobs.get(file.blobId)?.length ?? 1000 })),
        keywords: email.keywords, receivedAt: new Date().toISOString().replace(/\.\d+/, ''), inReplyTo: email.inReplyTo, references: email.references,
      }, Object.keys(email.mailboxIds)[0]);
      created[key] = { id };
    }
    for (const [id, patch] of Object.entries(update)) {
      const email = account.emails.get(id);
      if (!email) { notUpdated[id] = { type: 'notFound' }; continue; }
      for (const [path, value] of Object.entries(patch)) {
        const [property, key] = path.split('/');
        if (key === undefined) email[property] = value;
        else if (value === null) delete email[property][key];
        else email[property][key] = value;
      }
      updated[id] = null;
    }
    const destroyed = destroy.filter((id) => account.emails.delete(id));
    return { created, updated, destroyed, notCreated: null, notUpdated, notDestroyed: null };
  }

  submit(account, args, created) {
    const done = {};
    if (args.update) return { created: null, updated: Object.fromEntries(Object.keys(args.update).map((id) => [id, null])), destroyed: null, notCreated: null, notUpdated: null, notDestroyed: null };
    for (const [key, submission] of Object.entries(args.create ?? {})) {
      const id = submission.emailId.startsWith('#') ? created[submission.emailId.slice(1)]?.id : submission.emailId;
      const email = account.emails.get(id);
      if (email.to.some(({ email: to }) => to === 'tuchoi@gmail.com')) {
        return { created: null, updated: null, destroyed: null, notUpdated: null, notDestroyed: null, notCreated: { [key]: { type: 'forbiddenToSend', description: 'Không gửi được đến địa chỉ tuchoi@gmail.com (khoản 5 Điều 8 Quy chế).' } } };
      }
      done[key] = { id: `S${this.next++}` };
      this.sent.push(structuredClone(email));
      this.setEmails(account, { update: { [id]: args.onSuccessUpdateEmail[`#${key}`] } });
    }
    return { created: done, updated: null, destroyed: null, notCreated: null, notUpdated: null, notDestroyed: null };
  }

  method(name, args, context) {
    const account = this.accounts[args.accountId];
    if (!account) return ['error', { type: 'accountNotFound' }];
    const get = (all) => ({ state: String(this.state), list: args.ids ? all.filter(({ id }) => args.ids.includes(id)) : all, notFound: [] });
    const change = (answer) => { this.changed(); return answer; };
    const answer = (() => {
      switch (name) {
        case 'Mailbox/get': return get(this.boxes(account));
        case 'Identity/get': return get(account.identities);
        case 'Identity/set': Object.assign(account.identities[0], Object.values(args.update)[0]); return { updated: { I1: null } };
        case 'Quota/get': return get([{ id: 'Q', resourceType: 'octets', used: 665_000_000, hardLimit: 1024 ** 3 }]);
        case 'VacationResponse/get': return get([account.vacation]);
        case 'VacationResponse/set': Object.assign(account.vacation, args.update.singleton); return { updated: { singleton: null } };
        case 'Email/query': return this.query(account, args);
        case 'Email/get': return { ...get([]), list: args.ids.map((id) => account.emails.get(id)).filter(Boolean) };
        case 'Email/set': { const set = this.setEmails(account, args); context.created = set.created; return change(set); }
        case 'EmailSubmission/set': return change(this.submit(account, args, context.created ?? {}));
        case 'Thread/get': return get([...new Set(args.ids)].map((id) => ({ id, emailIds: [...account.emails.values()].filter((email) => email.threadId === id).map((email) => email.id) })));
        case 'ContactCard/query': { const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
          return { ids: PEOPLE.filter((one) => fold(`${one.name} ${one.post} ${one.unit} ${one.email}`).includes(fold(args.filter.text))).map(({ email }) => email) }; }
        case 'ContactCard/get': return { state: '1', notFound: [], list: PEOPLE.filter(({ email }) => args.ids.includes(email)).map((one) => ({ id: one.email, name: { full: one.name }, emails: { e: { address: one.email } }, titles: { t: { name: one.post } }, organizations: { o: { name: one.unit } } })) };
        default: return null;
      }
    })();
    return answer ? [name, { accountId: args.accountId, ...answer }] : ['error', { type: 'unknownMethod' }];
  }

  request({ methodCalls }) {
    const responses = [];
    const context = {};
    for (const [name, given, id] of methodCalls) {
      const args = {};
      for (const [key, value] of Object.entries(given)) {
        if (!key.startsWith('#')) { args[key] = value; continue; }
        const source = responses.find(([, , other]) => other === value.resultOf)?.[1];
        args[key.slice(1)] = value.path.slice(1).split('/').reduce(
          (at, step) => (step === '*' ? at : Array.isArray(at) ? at.flatMap((one) => one[step]) : at?.[step]), source);
      }
      const [answered, body] = this.method(name, args, context);
      responses.push([answered, body, id]);
    }
    return { methodResponses: responses, sessionState: '1' };
  }

  changed() {
    this.state++;
    const data = { '@type': 'StateChange', changed: { A1: { Email: String(this.state), Mailbox: String(this.state) } } };
    for (const listener of this.listeners) listener(data);
  }
}
