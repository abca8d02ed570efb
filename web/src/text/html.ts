/* HTML that strangers wrote, made harmless. Three walls, each enough by itself for scripts: DOMPurify
 * takes them out; the frame in which the mail is shown has a sandbox without allow-scripts; and the
 * frame's own content policy (set by the server) allows no script and, unless the person asks for
 * pictures, nothing from outside. */

import createDOMPurify, { type Config, type DOMPurify } from 'dompurify';

export interface CleanOptions {
  pictures: boolean; /* those from outside may be loaded */
  cid: (id: string) => string | null; /* the address of a part that the mail names by its id */
}

export interface Cleaned {
  blocked: number; /* pictures and other things from outside that were not loaded */
  cids: Set<string>; /* parts that are shown in the text */
}

const FORBIDDEN_TAGS = [
  'form', 'input', 'button', 'textarea', 'select', 'option', 'optgroup', 'datalist', 'fieldset',
  'label', 'legend', 'output', 'progress', 'meter', 'meta', 'link', 'base', 'iframe', 'frame',
  'frameset', 'object', 'embed', 'audio', 'video', 'source', 'track', 'dialog', 'svg', 'math',
  'template', 'slot', 'marquee', 'picture', 'canvas', 'map', 'area',
];
const FORBIDDEN_ATTRIBUTES = [
  'srcset', 'sizes', 'poster', 'ping', 'action', 'formaction', 'xlink:href', 'usemap', 'autofocus',
  'tabindex', 'contenteditable', 'accesskey', 'slot', 'part', 'is', 'nonce', 'target', 'popover',
  'popovertarget', 'download',
];

const CONFIG: Config = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: FORBIDDEN_TAGS,
  FORBID_ATTR: FORBIDDEN_ATTRIBUTES,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: true,
  /* Every attribute is held against this, so it also lets words and numbers without a scheme through. */
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|tel|cid):|[^a-z]|[a-z+.-]+(?:[^a-z+.:-]|$))/i,
  WHOLE_DOCUMENT: true,
  RETURN_DOM: true,
};

const isOutside = (url: string) => /^\s*(https?:)?\/\//i.test(url);
const hasUrl = (css: string) => /url\s*\(|@import|image-set\s*\(/i.test(css);

/* What CSS would fetch, taken out. What is disguised with escapes stays and is stopped by the frame's
 * policy. */
const withoutUrls = (css: string) =>
  css.replace(/@import[^;]*;?/gi, '').replace(/(url|image-set)\s*\(/gi, 'blocked(');

function picture(element: Element, options: CleanOptions, result: Cleaned): void {
  const source = element.getAttribute('src') ?? '';
  if (/^cid:/i.test(source)) {
    const id = decodeURIComponent(source.slice(4).replace(/%(?![0-9a-f]{2})/gi, '%25'));
    result.cids.add(id);
    const url = options.cid(id);
    if (url) element.setAttribute('src', url);
    else element.removeAttribute('src');
  } else if (isOutside(source)) {
    if (options.pictures) {
      element.setAttribute('referrerpolicy', 'no-referrer');
    } else {
      element.removeAttribute('src');
      result.blocked++;
    }
  } else if (!/^data:image\//i.test(source)) {
    element.removeAttribute('src'); /* a place on our own server: no mail has business there */
  }
}

function link(element: Element): void {
  const href = element.getAttribute('href') ?? '';
  element.removeAttribute('title');
  if (href.startsWith('#')) return;
  if (!/^(?:https?:\/\/|mailto:|tel:)/i.test(href)) {
    element.removeAttribute('href');
    return;
  }
  element.setAttribute('target', '_blank');
  element.setAttribute('rel', 'noopener noreferrer nofollow');
  /* where it really leads, for whoever rests the pointer on it */
  element.setAttribute('title', href.slice(0, 300));
}

function attributes(element: Element, options: CleanOptions, result: Cleaned): void {
  const name = element.nodeName.toLowerCase();
  if (name === 'img') picture(element, options, result);
  else if (element.hasAttribute('src')) element.removeAttribute('src');
  if (element.hasAttribute('background')) {
    if (isOutside(element.getAttribute('background')!) && !options.pictures) result.blocked++;
    if (!options.pictures) element.removeAttribute('background');
  }
  if (name === 'a') link(element);
  const style = element.getAttribute('style');
  if (style && !options.pictures && hasUrl(style)) {
    result.blocked++;
    element.setAttribute('style', withoutUrls(style));
  }
}

function purifier(window: Window & typeof globalThis, options: CleanOptions, result: Cleaned): DOMPurify {
  const purify = createDOMPurify(window);
  purify.addHook('afterSanitizeAttributes', (node) => attributes(node, options, result));
  purify.addHook('uponSanitizeElement', (node) => {
    if (node.nodeName.toLowerCase() !== 'style' || options.pictures) return;
    const css = node.textContent ?? '';
    if (!hasUrl(css)) return;
    result.blocked++;
    node.textContent = withoutUrls(css);
  });
  return purify;
}

/* Puts a mail's HTML into the frame's document, cleaned. It is read with the frame's own parser: the
 * page's policy forbids style attributes, the frame's does not. */
export function showIn(frame: HTMLIFrameElement, html: string, options: CleanOptions): Cleaned {
  const result: Cleaned = { blocked: 0, cids: new Set() };
  const window = frame.contentWindow as (Window & typeof globalThis) | null;
  const document = frame.contentDocument;
  const body = document?.querySelector('body');
  if (!window || !document || !body) return result;
  const root = purifier(window, options, result).sanitize(html, CONFIG) as unknown as HTMLElement;
  const wrapper = document.createElement('div');
  const from = root.querySelector('body');
  for (const name of ['style', 'bgcolor', 'dir']) {
    const value = from?.getAttribute(name);
    if (value) wrapper.setAttribute(name, value);
  }
  for (const style of root.querySelectorAll('head style')) wrapper.append(style);
  if (from) wrapper.append(...from.childNodes);
  body.replaceChildren(document.adoptNode(wrapper));
  return result;
}

/* A mail's HTML, cleaned, to be read as words: it is never shown. One cleaner for the page: a second
 * one could not have the same Trusted Types policy. */
let reader: DOMPurify | null = null;

export function parseClean(html: string): Node {
  reader ??= purifier(
    window,
    { pictures: false, cid: () => null },
    { blocked: 0, cids: new Set() },
  );
  return reader.sanitize(html, {
    ...CONFIG,
    FORBID_ATTR: [...FORBIDDEN_ATTRIBUTES, 'style'],
    FORBID_TAGS: [...FORBIDDEN_TAGS, 'style'],
  }) as unknown as Node;
}
