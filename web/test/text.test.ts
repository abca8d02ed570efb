import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Email } from '../src/jmap/types';
import {
  fits, formatAddress, isAddress, isDisguised, parseAddress, parseList, splitList, unique,
} from '../src/text/address';
import {
  atVietnam, dayEnd, dayStart, longDate, nextMorning, readDay, shortDate, VIETNAMESE,
} from '../src/text/dates';
import { comparePeople, fold, hasVietnamese } from '../src/text/fold';
import {
  bareSubject, forwardSubject, quoteLines, replyHeaders, replyRecipients, replySubject, splitLinks,
  splitQuotes,
} from '../src/text/quote';
import { ALL, formatRoute, HOME, parseRoute, type Route } from '../src/text/route';
import { parseSearch } from '../src/text/search';
import { number, size } from '../src/text/sizes';
import { pages, reveal, visible } from '../src/text/virtual';
import { officeText, sheetText } from '../src/text/office';
import { fillTemplate, sameOrigin } from '../src/jmap/client';

describe('dates', () => {
  const now = new Date('2022-06-14T01:00:00Z'); /* 08:00, a Tuesday of Vietnam */
  const short = (text: string) => shortDate(text, now, VIETNAMESE);
  const long = (text: string) => longDate(text, now, VIETNAMESE);

  test('a row shows the hour today, a word yesterday, then the day, then the year', () => {
    expect(short('2022-06-14T00:05:00Z')).toBe('07:05');
    expect(short('2022-06-13T17:00:00Z')).toBe('00:00'); /* midnight there is the day before in UTC */
    expect(short('2022-06-13T16:59:59Z')).toBe('Hôm qua');
    expect(short('2022-06-11T01:05:00Z')).toBe('11/06');
    expect(short('2021-12-31T01:05:00Z')).toBe('31/12/2021');
    expect(short('rubbish')).toBe('');
  });

  test('the reading pane says the day of the week', () => {
    expect(long('2022-06-13T09:40:00Z')).toBe('Hôm qua, 16:40');
    expect(long('2022-06-12T09:40:00Z')).toBe('Chủ nhật, 12/06/2022, 16:40');
  });

  test('days typed as people type them are read, days that are not are refused', () => {
    expect(readDay('1/6/2022')).toBe('2022-06-01');
    expect(readDay('31-12-2022')).toBe('2022-12-31');
    expect(readDay('31/02/2022')).toBeNull();
    expect(readDay('2022-06-01')).toBeNull();
    expect(dayStart('2022-06-01')).toBe('2022-05-31T17:00:00Z');
    expect(dayEnd('2022-06-01')).toBe('2022-06-01T17:00:00Z');
    expect(dayStart('')).toBeNull();
  });
});

test('mornings and moments to send at are those of Vietnam', () => {
  const tuesday = new Date('2022-06-14T01:00:00Z');
  expect(nextMorning(tuesday, null)).toBe('2022-06-15T00:30:00Z');
  expect(nextMorning(tuesday, 1)).toBe('2022-06-20T00:30:00Z');
  expect(nextMorning(new Date('2022-06-13T01:00:00Z'), 1)).toBe('2022-06-20T00:30:00Z');
  expect(atVietnam('2022-06-13T07:30')).toBe('2022-06-13T00:30:00Z');
  expect(atVietnam('2022-02-31T07:30')).toBeNull();
});

describe('addresses', () => {
  test('lists are taken apart outside quotation marks and brackets', () => {
    expect(splitList('a@b.vn; "Anh, Trần" <c@d.vn>,\n e@f.vn,')).toEqual([
      'a@b.vn', '"Anh, Trần" <c@d.vn>', 'e@f.vn',
    ]);
    expect(parseList('"Anh, Trần" <c@d.vn>')).toEqual([{ name: 'Anh, Trần', email: 'c@d.vn' }]);
  });

  test('a local part alone gets the own domain, a name alone does not', () => {
    expect(parseAddress('tvanh.stttt', 'bacninh.gov.vn').email).toBe('tvanh.stttt@bacninh.gov.vn');
    expect(parseAddress('Trần Văn Anh', 'bacninh.gov.vn').email).toBe('Trần Văn Anh');
  });

  test('what is written is read again as it was', () => {
    const address = { name: 'Trần, "Anh"', email: 'a@b.vn' };
    expect(parseAddress(formatAddress(address))).toEqual(address);
  });

  test('addresses are judged', () => {
    for (const good of ['a@b.vn', 'tam.giang+x@yenphong.bacninh.gov.vn']) expect(isAddress(good)).toBe(true);
    for (const bad of ['a', 'a@b', '@b.vn', 'a b@c.vn', 'á@b.vn', 'a@b..vn', 'a@-b.vn', '']) {
      expect(isAddress(bad)).toBe(false);
    }
  });

  test('disguised senders are seen', () => {
    expect(isDisguised({ name: 'giamdoc@bacninh.gov.vn', email: 'x@evil.example' })).toBe(true);
    expect(isDisguised({ name: 'x@evil.example', email: 'X@evil.example' })).toBe(false);
    expect(isDisguised({ name: null, email: 'а' + 'nh@bacninh.gov.vn' })).toBe(true); /* Cyrillic а */
    expect(isDisguised({ name: 'Đặng Quốc Đạt', email: 'dqdat@bacninh.gov.vn' })).toBe(false);
  });

  test('completion finds words without their marks, in any order', () => {
    const who = { name: 'Trần Văn Anh', email: 'tvanh.stttt@bacninh.gov.vn' };
    for (const typed of ['anh', 'tran an', 'ANH TRẦN', 'tvanh', 'giam doc']) {
      expect(fits(typed, who, 'Phó Giám đốc')).toBe(true);
    }
    expect(fits('binh', who)).toBe(false);
  });

  test('the same address is taken once, whatever its capitals', () => {
    expect(unique([{ name: null, email: 'A@b.vn' }, { name: 'x', email: 'a@B.vn' }])).toHaveLength(1);
  });
});

describe('Vietnamese text', () => {
  test('marks are folded in both forms of Unicode', () => {
    expect(fold('Đường ĐẶNG Ðạt')).toBe('duong dang dat');
    expect(fold('Tiếng'.normalize('NFD'))).toBe('tieng');
  });

  test('people stand in the order of given, family and middle name', () => {
    const names = ['Trần Văn Bình', 'Nguyễn Thị Ánh', 'Lê Văn Anh', 'Bùi Văn Anh'];
    expect(names.sort(comparePeople)).toEqual([
      'Bùi Văn Anh', 'Lê Văn Anh', 'Nguyễn Thị Ánh', 'Trần Văn Bình',
    ]);
  });

  test('a password typed with an input method on is noticed', () => {
    expect(hasVietnamese('Matkhau@2022')).toBe(false);
    expect(hasVietnamese('Mậtkhẩu@2022')).toBe(true);
  });
});

const email = (change: Partial<Email>): Email =>
  ({
    from: [{ name: 'Bình', email: 'binh@bacninh.gov.vn' }],
    to: [{ name: null, email: 'anh@bacninh.gov.vn' }, { name: null, email: 'ha@bacninh.gov.vn' }],
    cc: [{ name: null, email: 'BINH@bacninh.gov.vn' }],
    replyTo: null, messageId: ['2@x'], inReplyTo: ['1@x'], references: null,
    ...change,
  }) as Email;

describe('answers', () => {
  test('prefixes do not pile up', () => {
    expect(replySubject('Re: FW: RE[2]: Họp')).toBe('RE: Họp');
    expect(forwardSubject('Trả lời: Họp')).toBe('FW: Họp');
    expect(bareSubject('Rework: x')).toBe('Rework: x');
  });

  test('an answer to all goes to everybody once, and not to oneself', () => {
    const own = ['anh@bacninh.gov.vn'];
    expect(replyRecipients(email({}), own, false).to.map((a) => a.email)).toEqual(['binh@bacninh.gov.vn']);
    const all = replyRecipients(email({}), own, true);
    expect(all.to.map((a) => a.email)).toEqual(['binh@bacninh.gov.vn']);
    expect(all.cc.map((a) => a.email)).toEqual(['ha@bacninh.gov.vn']);
  });

  test('Reply-To is obeyed, and an answer to what one sent goes to those it went to', () => {
    const replyTo = [{ name: null, email: 'nhom@bacninh.gov.vn' }];
    expect(replyRecipients(email({ replyTo }), [], false).to).toEqual(replyTo);
    expect(replyRecipients(email({}), ['binh@bacninh.gov.vn'], false).to.map((a) => a.email)).toEqual([
      'anh@bacninh.gov.vn', 'ha@bacninh.gov.vn',
    ]);
  });

  test('the thread is carried on', () => {
    expect(replyHeaders(email({}))).toEqual({ inReplyTo: ['2@x'], references: ['1@x', '2@x'] });
    expect(replyHeaders(email({ messageId: null }))).toEqual({ inReplyTo: null, references: null });
  });

  test('quoting marks every line', () => {
    expect(quoteLines('a\r\n\n> b\n\n')).toBe('> a\n>\n>> b');
    expect(splitQuotes('a\n> b\n> c\nd').map((part) => part.quoted)).toEqual([false, true, false]);
  });

  test('links are found without the punctuation behind them', () => {
    expect(splitLinks('xem https://a.vn/x?y=1. hoặc (b@c.vn)').filter((part) => part.href)).toEqual([
      { href: 'https://a.vn/x?y=1', text: 'https://a.vn/x?y=1' }, { href: 'mailto:b@c.vn', text: 'b@c.vn' },
    ]);
    expect(splitLinks('javascript:alert(1)').every((part) => part.href === null)).toBe(true);
  });
});

describe('search', () => {
  test('words and forms become a filter', () => {
    expect(parseSearch('  ')).toBeNull();
    expect(parseSearch('họp giao ban')).toEqual({ text: 'họp giao ban' });
    expect(parseSearch('từ:bình có:tệp')).toEqual({
      operator: 'AND', conditions: [{ from: 'bình' }, { hasAttachment: true }],
    });
    expect(parseSearch('tu:"Thị Bình" kế hoạch', 'inbox')).toEqual({
      operator: 'AND', conditions: [{ inMailbox: 'inbox' }, { text: 'kế hoạch' }, { from: 'Thị Bình' }],
    });
  });

  test('days are days of Vietnam', () => {
    expect(parseSearch('trước:1/6/2022')).toEqual({ before: '2022-05-31T17:00:00Z' });
    expect(parseSearch('sau:01/06/2022')).toEqual({ after: '2022-06-01T17:00:00Z' });
  });

  test('what looks like a form but is none is searched as it stands', () => {
    expect(parseSearch('V/v:họp')).toEqual({ text: 'V/v:họp' });
    expect(parseSearch('trước:mai')).toEqual({ text: 'trước:mai' });
    expect(parseSearch('từ:')).toEqual({ text: 'từ:' });
  });
});

describe('the list', () => {
  test('draws what is seen and a little more, however long it is', () => {
    expect(visible(0, 600, 76, 100_000)).toEqual({ first: 0, count: 14 });
    const far = visible(76 * 50_000, 600, 76, 100_000);
    expect(far.first).toBe(49_994);
    expect(far.count).toBeLessThan(30);
    expect(visible(76 * 99_999, 600, 76, 100_000).first + visible(76 * 99_999, 600, 76, 100_000).count).toBe(100_000);
    expect(visible(5000, 600, 76, 3)).toEqual({ first: 2, count: 1 });
    expect(visible(0, 600, 76, 0).count).toBe(0);
  });

  test('knows its pages and where to scroll', () => {
    expect(pages(45, 10, 50)).toEqual([0, 1]);
    expect(pages(0, 0, 50)).toEqual([]);
    expect(reveal(0, 500, 600, 76)).toBe(0);
    expect(reveal(3, 0, 600, 76)).toBe(0);
    expect(reveal(10, 0, 600, 76)).toBe(236);
  });
});

describe('small things', () => {
  test('sizes are written as Vietnamese offices write them', () => {
    expect(size(500)).toBe('500 B');
    expect(size(24_536_678)).toBe('23,4 MB');
    expect(size(24_536_678, true)).toBe('23.4 MB');
    expect(number(1234567)).toBe('1.234.567');
  });

  test('places come back from the address', () => {
    const places: Route[] = [
      HOME.page === 'mail' ? { ...HOME, account: 'A', box: ALL } : HOME,
      { page: 'mail', account: 'A/1', box: 'b', email: 'c?', search: 'từ:a & b' },
      { page: 'mail', account: 'A', box: '', email: 'c', search: '' },
      { page: 'settings', part: '' },
    ];
    for (const place of places) expect(parseRoute(formatRoute(place))).toEqual(place);
    expect(parseRoute('#/thu/%zz')).toEqual(HOME);
  });

  test('templates of the session are filled, and never lead to another host', () => {
    expect(sameOrigin(fillTemplate('https://other.example/d/{blobId}/{name}', { blobId: 'b', name: 'á/b' }))).toBe(
      '/d/b/%C3%A1%2Fb',
    );
  });
});

describe('a look at files', () => {
  /* An archive as word processors write it, made by hand: one member, stored or deflated. */
  function archive(name: string, text: string, pack: boolean): Uint8Array {
    const plain = Buffer.from(text);
    const data = pack ? deflateRawSync(plain) : plain;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(pack ? 8 : 0, 8);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(pack ? 8 : 0, 10);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt16LE(name.length, 28);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(30 + name.length + data.length, 16);
    return Buffer.concat([local, Buffer.from(name), data, central, Buffer.from(name), end]);
  }
  const unpack = async (packed: Uint8Array, most: number) =>
    new Uint8Array(inflateRawSync(packed, { maxOutputLength: most }));
  const xml = '<w:p><w:r><w:t xml:space="preserve">Kính gửi: </w:t><w:t>S&#x1EDF; &amp; ban</w:t></w:r></w:p><w:p><w:t>Hết</w:t></w:p>';

  test('the words of a .docx are read, packed or not', async () => {
    for (const pack of [true, false]) {
      expect(await officeText(archive('word/document.xml', xml, pack), unpack)).toBe('Kính gửi: Sở & ban\nHết');
    }
  });

  test('cells of a sheet stand apart, shared words are looked up', () => {
    const strings = '<sst><si><t>Họ tên</t></si><si><r><t>Trần </t></r><r><t>Anh</t></r></si></sst>';
    const sheet = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>12</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>99</v></c></row>';
    expect(sheetText(sheet, strings)).toBe('Họ tên\t12\nTrần Anh');
  });

  test('damaged archives and others give nothing, at every length', async () => {
    const whole = archive('word/document.xml', xml, true);
    for (let n = 0; n < whole.length; n++) {
      expect(await officeText(whole.subarray(0, n), unpack)).toBeNull();
    }
    expect(await officeText(archive('other.xml', xml, true), unpack)).toBeNull();
  });
});
