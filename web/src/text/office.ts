/* The words of a .docx or .xlsx, to be read before one decides to open the file. Both are ZIP archives
 * of XML; every number in them is a stranger's, so each is held against what is there, and no more
 * than MOST bytes are unpacked. */

export type Inflate = (packed: Uint8Array, most: number) => Promise<Uint8Array>;

const MOST = 8 * 1024 * 1024;
const ENTRIES = 2_000;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;
const TEXT_MOST = 200_000; /* letters that are shown */
const ROWS = 500;

interface Entry {
  method: number;
  packed: number;
  at: number;
}

/* The browser's own inflater; stops at `most` bytes. */
export const inflate: Inflate = async (packed, most) => {
  const stream = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error('too large');
    }
    parts.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/* The archive's table of contents; throws when it is none. */
function directory(bytes: Uint8Array): Map<string, Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  const lowest = Math.max(0, bytes.length - 22 - 65_535);
  while (end >= lowest && view.getUint32(end, true) !== END) end--;
  if (end < lowest) throw new Error('no archive');
  const count = Math.min(view.getUint16(end + 10, true), ENTRIES);
  let at = view.getUint32(end + 16, true);
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY) break;
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    entries.set(name, {
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      at: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

async function member(bytes: Uint8Array, entry: Entry, unpack: Inflate): Promise<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.at + 30 > bytes.length || view.getUint32(entry.at, true) !== LOCAL) throw new Error('damaged');
  const start = entry.at + 30 + view.getUint16(entry.at + 26, true) + view.getUint16(entry.at + 28, true);
  if (start + entry.packed > bytes.length) throw new Error('damaged');
  const packed = bytes.subarray(start, start + entry.packed);
  const plain = entry.method === 0 ? packed : await unpack(packed, MOST);
  return new TextDecoder().decode(plain);
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name) return ENTITIES[name as string] ?? whole;
    const code = hex ? parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

/* Paragraphs as lines, cells and tabs as tabs. */
export function wordText(xml: string): string {
  let out = '';
  for (const match of xml.matchAll(/<w:t(?:\s[^>]*)?>([^<]*)<\/w:t>|<w:tab\/>|<w:br[^>]*\/>|<\/w:tc>|<\/w:p>/g)) {
    if (match[1] !== undefined) out += decode(match[1]);
    else if (match[0] === '<w:tab/>' || match[0] === '</w:tc>') out = `${out.replace(/\n$/, '')}\t`;
    else out += '\n';
    if (out.length > TEXT_MOST) break;
  }
  return out.replace(/\n{3,}/g, '\n\n').trim();
}

const texts = (xml: string) =>
  [...xml.matchAll(/<t(?:\s[^>]*)?>([^<]*)<\/t>/g)].map((match) => decode(match[1]!)).join('');

/* The first sheet, row by row, cells apart by tabs. */
export function sheetText(sheet: string, strings: string): string {
  const shared = [...strings.matchAll(/<si>([\s\S]*?)<\/si>/g)].map((match) => texts(match[1]!));
  const rows: string[] = [];
  for (const row of sheet.matchAll(/<row[\s>][\s\S]*?<\/row>/g)) {
    const cells: string[] = [];
    for (const cell of row[0].matchAll(/<c\s([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g)) {
      const inside = cell[2] ?? '';
      const value = /<v>([^<]*)<\/v>/.exec(inside)?.[1] ?? '';
      const type = /\bt="(\w+)"/.exec(cell[1]!)?.[1];
      cells.push(type === 's' ? (shared[Number(value)] ?? '') : type === 'inlineStr' ? texts(inside) : decode(value));
    }
    rows.push(cells.join('\t').trimEnd());
    if (rows.length >= ROWS) break;
  }
  return rows.join('\n').slice(0, TEXT_MOST);
}

/* The words of the file, or null when it is none of the two, or damaged. */
export async function officeText(bytes: Uint8Array, unpack: Inflate = inflate): Promise<string | null> {
  try {
    const entries = directory(bytes);
    const read = async (name: string) => {
      const entry = entries.get(name);
      return entry ? member(bytes, entry, unpack) : '';
    };
    if (entries.has('word/document.xml')) return wordText(await read('word/document.xml'));
    const sheet = [...entries.keys()].filter((name) => /^xl\/worksheets\/sheet\d+\.xml$/.test(name)).sort()[0];
    if (!sheet) return null;
    return sheetText(await read(sheet), await read('xl/sharedStrings.xml'));
  } catch {
    return null;
  }
}
