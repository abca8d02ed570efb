/* The built page with the mock behind it, for trying and for pictures:
 *     node test/mock.mjs [--port 4190] [--count 60]      any name, the password "Demo@2022"
 * It sends the headers that the real server sends, so that what the policy forbids fails here too. */

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Mock } from './mock/jmap.mjs';

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json', '.txt': 'text/plain' };
const PAGE = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types dompurify";
const FRAME = (pictures) => `default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:${pictures ? ' https: http:' : ''}; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`;

const policyOf = (path) => (path === '/khung.html' ? FRAME(false) : path === '/khung-hinh.html' ? FRAME(true) : PAGE);

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

export function serve({ port = 0, count = 60 } = {}) {
  const mock = new Mock({ count });
  const sessions = new Set();
  const json = (response, status, value, headers = {}) => {
    response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', ...headers });
    response.end(JSON.stringify(value));
  };
  const passwords = new Map([['moi@bacninh.gov.vn', 'Tam@1234']]);
  const rule = (password) => {
    const points = [['ít nhất 8 ký tự', /.{8}/], ['chữ in hoa', /[A-Z]/], ['chữ in thường', /[a-z]/], ['chữ số', /\d/], ['ký tự đặc biệt (! @ # % $ * &)', /[!@#%$*&]/]]
      .map(([text, pattern]) => ({ text, met: pattern.test(password) }));
    return { points, cite: 'khoản 2 Điều 5 Quy chế', administrator_minimum: null, accept: true, rules: 'Quyết định 06/2022/QĐ-UBND', good: points.every(({ met }) => met), detail: '' };
  };
  const signIn = (path, asked, response) => {
    if (path === '/dang-nhap/quy-tac') return json(response, 200, rule(''));
    if (path === '/dang-nhap/xet') return json(response, 200, rule(asked.password));
    if (path === '/dang-nhap/mat-khau') {
      passwords.set(asked.address, asked.new);
      response.writeHead(204).end();
      return undefined;
    }
    const right = passwords.get(asked.address) ?? 'Demo@2022';
    if (asked.password !== right) return json(response, 401, { state: 'failed', detail: 'Sai.' });
    if (right === 'Tam@1234') return json(response, 403, { state: 'change', detail: 'Mật khẩu cấp lần đầu chỉ dùng để đặt mật khẩu mới (khoản 2 Điều 12 Quy chế).' });
    const session = Math.random().toString(36).slice(2);
    sessions.add(session);
    return json(response, 200, { state: 'signed_in', address: asked.address, warning: null }, { 'Set-Cookie': `phien=${session}; HttpOnly; SameSite=Strict; Path=/` });
  };
  const server = createServer(async (request, response) => {
    const { pathname: path } = new URL(request.url, 'http://mock');
    const cookie = /phien=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (path === '/phien') return json(response, 200, { state: sessions.has(cookie) ? 'signed_in' : 'signed_out' });
    if (path.startsWith('/dang-nhap')) {
      const asked = request.method === 'POST' ? JSON.parse(await bodyOf(request)) : {};
      return signIn(path, asked, response);
    }
    if (path === '/dang-xuat') {
      sessions.delete(cookie);
      response.writeHead(204).end();
      return undefined;
    }
    if (path.startsWith('/jmap/') || path === '/.well-known/jmap') {
      if (!sessions.has(cookie)) return json(response, 401, { title: 'no session' });
      if (path === '/.well-known/jmap') return json(response, 200, mock.session());
      if (path === '/jmap/api') return json(response, 200, mock.request(JSON.parse(await bodyOf(request))));
      if (path.startsWith('/jmap/upload/')) {
        const blobId = `U${mock.next++}`;
        const content = await bodyOf(request);
        mock.blobs.set(blobId, content);
        return json(response, 201, { accountId: 'A1', blobId, type: request.headers['content-type'], size: content.length });
      }
      if (path === '/jmap/eventsource') {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        const listener = (data) => response.write(`event: state\ndata: ${JSON.stringify(data)}\n\n`);
        mock.listeners.add(listener);
        request.on('close', () => mock.listeners.delete(listener));
        response.write(': hello\n\n');
        return undefined;
      }
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment' });
      response.end('blob');
      return undefined;
    }
    if (path === '/api/v1/own') return json(response, 200, { name: 'Trần Văn Anh', title: 'Chuyên viên', unit_name: 'Sở Thông tin và Truyền thông', quota: 0, used: 0 });
    if (path.startsWith('/api/v1/own/')) {
      if (path.endsWith('/sessions')) return json(response, 200, [
        { id: 1, current: true, since: 0, seen: Date.now() * 1000, ends: 0, peer: '10.20.3.14', agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/109.0' },
        { id: 2, current: false, since: 0, seen: (Date.now() - 9e7) * 1000, ends: 0, peer: '10.20.8.2', agent: 'Mozilla/5.0 (Linux; Android 13) Chrome/120.0 Mobile' }]);
      if (path.endsWith('/second-factor')) return json(response, 200, { enabled: false, demanded: false, since: null, recovery: 0 });
      if (request.method !== 'GET') return json(response, 403, { detail: 'Không đặt được chuyển thư tự động đến anh@gmail.com: không phải tài khoản do cơ quan nhà nước cấp (khoản 5 Điều 8 Quy chế). Có thể chuyển tiếp từng thư thuộc phạm vi công việc.' });
      return json(response, 200, { address: 'tvanh.stttt@bacninh.gov.vn', to: null, keep: false, since: 0, stopped: null });
    }
    try {
      const file = join(DIST, normalize(path === '/' ? '/index.html' : path));
      const content = await readFile(file);
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': policyOf(path), 'X-Content-Type-Options': 'nosniff' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
    return undefined;
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve({
      mock, url: `http://127.0.0.1:${server.address().port}`,
      close: () => { server.closeAllConnections(); server.close(); },
    }));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const option = (name, value) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? value : Number(process.argv[at + 1]);
  };
  const { url } = await serve({ port: option('port', 4190), count: option('count', 60) });
  console.log(url);
}
