// A CRM in one file: it serves the page, and gets the signed-in user a session from Ramal. The key stays here.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { RAMAL_API_URL, RAMAL_API_KEY, PORT = '8080' } = process.env;

async function answer(request, response) {
  const send = (status, type, body) => response.writeHead(status, { 'content-type': type }).end(body);
  if (request.method === 'GET' && request.url === '/') {
    const page = readFileSync('index.html', 'utf8').replaceAll('RAMAL_API_URL', RAMAL_API_URL);
    return send(200, 'text/html; charset=utf-8', page);
  }
  if (request.method === 'POST' && request.url === '/ramal-session') {
    // Another site's page can't send JSON with your user's cookie unasked.
    if (request.headers['content-type'] !== 'application/json') return send(405, 'text/plain', 'JSON only');
    // Your own session says who this is; never the request.
    const session = await fetch(`${RAMAL_API_URL}/v1/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${RAMAL_API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tenant: 'demo', user: 'ana' }),
    });
    return send(session.status, 'application/json', await session.text());
  }
  return send(404, 'text/plain', 'not found');
}

createServer((request, response) => {
  // Ramal is away: the page asks again later.
  answer(request, response).catch(() => response.writeHead(503).end());
}).listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}`));
