/* The place in the page, kept in the address behind "#", so that Back, reload and bookmarks work:
 *   #/thu/ACCOUNT/BOX/EMAIL?tim=WORDS      #/cai-dat/PART
 * BOX is a mailbox id, or one of the views "sao" (starred) and "tat-ca" (all mail). */

export const STARRED = 'sao';
export const ALL = 'tat-ca';

export type Route =
  | { page: 'mail'; account: string; box: string; email: string; search: string }
  | { page: 'settings'; part: string };

export const HOME: Route = { page: 'mail', account: '', box: '', email: '', search: '' };

function decode(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return '';
  }
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [page, ...rest] = path.split('/').map(decode);
  if (page === 'cai-dat') return { page: 'settings', part: rest[0] ?? '' };
  if (page !== 'thu') return HOME;
  return {
    page: 'mail',
    account: rest[0] ?? '',
    box: rest[1] ?? '',
    email: rest[2] ?? '',
    search: new URLSearchParams(query).get('tim') ?? '',
  };
}

export function formatRoute(route: Route): string {
  const path = (parts: string[]) => {
    while (parts.length > 1 && parts[parts.length - 1] === '') parts.pop();
    return `#/${parts.map(encodeURIComponent).join('/')}`;
  };
  if (route.page === 'settings') return path(['cai-dat', route.part]);
  const query = route.search === '' ? '' : `?tim=${encodeURIComponent(route.search)}`;
  return path(['thu', route.account, route.box, route.email]) + query;
}
