// What customers see of a company: its logo, fetched once and served by us, its colour, and what is refused of them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { type Api, startApi } from '../http/api.ts';
import { localAuthority } from '../support/authority.ts';
import { invite } from '../support/survey-visitor.ts';

const images = {
  png: Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100, 1)]),
  jpeg: Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(100, 2)]),
  webp: Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(4), Buffer.from('WEBPVP8 '), Buffer.alloc(50, 3)]),
  largest: Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(8 * 1024 - 8, 4)]),
};
const send = (bytes: Buffer) => (response: ServerResponse) => void response.end(bytes);
let fetches = 0;
const answers: Record<string, (response: ServerResponse) => void> = {
  '/png': send(images.png),
  '/jpeg': send(images.jpeg),
  '/webp': send(images.webp),
  '/largest': send(images.largest),
  '/larger': send(Buffer.concat([images.largest, Buffer.alloc(1)])),
  '/svg': send(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')),
  '/empty': send(Buffer.alloc(0)),
  '/moved': response => void response.writeHead(302, { location: '/png' }).end(),
  '/missing': response => void response.writeHead(404).end(images.png),
  '/broken': response => {
    response.writeHead(200, { 'content-length': '500' });
    response.write(images.png, () => response.destroy());
  },
  '/endless': response => {
    const more = () => !response.destroyed && response.write(Buffer.alloc(4_096), more);
    more();
  },
};

const { certPem, keyPem } = await localAuthority();
const server = createServer({ cert: certPem, key: keyPem }, ({ url = '' }, response) => {
  fetches += 1;
  answers[url]?.(response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const site = `https://localhost:${port}`;
const api: Api = await startApi({ MAIL_ALLOW_PRIVATE_HOSTS: 'true', MAIL_EXTRA_PORTS: String(port) }, [
  'survey-page',
]);
after(async () => {
  await api.close();
  server.closeAllConnections();
  server.close();
});

async function change(branding: object | null) {
  const { etag } = await api.call('GET', '/api/settings');
  return api.call('PATCH', '/api/settings', { ifMatch: etag, body: { branding } });
}

/** The digest of the logo that the settings have now. */
async function logoNow(): Promise<string> {
  return (await api.database.catalog.item('settings', 'catalog').read()).resource?.logo;
}

test('a logo is fetched when its address is written, and served under an address of its own', async () => {
  for (const [name, type] of [
    ['png', 'image/png'],
    ['jpeg', 'image/jpeg'],
    ['webp', 'image/webp'],
    ['largest', 'image/png'],
  ] as const) {
    const { status, json } = await change({ logoUrl: `${site}/${name}` });
    assert.deepEqual([status, json.branding?.logoUrl], [200, `${site}/${name}`], JSON.stringify(json));
    const address = `${api.url}/survey-logo/${await logoNow()}`;
    const served = await fetch(address);
    assert.equal(served.headers.get('content-type'), type);
    assert.equal(served.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(served.headers.get('x-content-type-options'), 'nosniff');
    assert.deepEqual(Buffer.from(await served.arrayBuffer()), images[name]);
    const head = await fetch(address, { method: 'HEAD' });
    assert.deepEqual([head.status, (await head.arrayBuffer()).byteLength], [200, 0]);
  }
  const before = fetches;
  await change({ name: 'Empresa' });
  assert.equal(fetches, before);
});

for (const [path, why] of [
  ['/larger', /larger than 8 kB/],
  ['/endless', /larger than 8 kB/],
  ['/svg', /not a PNG, JPEG or WebP/],
  ['/empty', /not a PNG, JPEG or WebP/],
  ['/moved', /status 302.*without redirects/],
  ['/missing', /status 404/],
  // Whether anything of it came is up to the network.
  ['/broken', /breaks off|cannot be fetched/],
] as const) {
  test(`refused, and the settings stay: ${path}`, async () => {
    const before = await logoNow();
    const { status, json } = await change({ logoUrl: site + path });
    assert.deepEqual([status, json.errors?.[0]?.field], [422, 'branding.logoUrl'], JSON.stringify(json));
    assert.match(json.detail, why);
    assert.equal(await logoNow(), before);
  });
}

test('other ports and other schemes are not connected to', async () => {
  const before = fetches;
  for (const [logoUrl, why] of [
    ['https://localhost:8443/png', /names port 8443/],
    ['http://localhost/png', /names port 80/],
    [`http://example.com:${port}/png`, /begins with https/],
    ['https://nowhere.invalid/png', /not found on the public internet/],
  ] as const) {
    const { status, json } = await change({ logoUrl });
    assert.equal(status, 422, logoUrl);
    assert.match(json.detail, why);
  }
  assert.equal(fetches, before);
});

test('a colour that cannot be read on white is refused with its contrast', async () => {
  for (const [accent, why] of [
    ['#ffcc00', /contrast of 1\.5 with white/],
    ['#777777', /contrast of 4\.5 with white|contrast of 4\.4/],
    ['blue', /must be a colour such as #0b57a4/],
    ['#12345', /must be a colour such as #0b57a4/],
  ] as const) {
    const { status, json } = await change({ accent });
    assert.deepEqual([status, json.errors?.length], [422, 1], JSON.stringify(json));
    assert.match(json.detail, why);
  }
  assert.equal((await change({ accent: '#0B5A3C' })).json.branding.accent, '#0b5a3c');
});

test('the page shows the company: logo, colour, and where its words on privacy are', async () => {
  const privacyUrl = 'https://empresa.example/privacidade';
  await change({ name: 'Empresa', logoUrl: `${site}/png`, accent: '#0b5a3c', privacyUrl });
  const { html } = await (await invite(api)).open();
  assert.ok(html.includes(`<img src="../survey-logo/${await logoNow()}" alt="Empresa">`), html);
  assert.ok(html.includes('--accent:#0b5a3c;--on:#ffffff'));
  assert.ok(html.includes(`href="${privacyUrl}"`) && html.includes('Quem pergunta: Empresa.'));
  assert.equal((await fetch(`${api.url}/survey-logo/${'f'.repeat(32)}`)).status, 404);
  assert.equal((await fetch(`${api.url}/survey-logo/..%2Fsettings`)).status, 404);
});
