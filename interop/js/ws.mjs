// A WebSocket API with ws and with the WebSocket of browsers: presigned by
// @smithy/signature-v4, answered by the backend, spoken to over @connections.
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';
import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { SignatureV4 } from '@smithy/signature-v4';
import { HttpRequest } from '@smithy/protocol-http';
import { Sha256 } from '@aws-crypto/sha256-js';
import WS from 'ws';
import { cfg, check, provider, send } from './common.mjs';

const where = { region: cfg.region, endpoint: cfg.endpoint };
const idp = new CognitoIdentityProviderClient({ ...where, credentials: { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) } });
const { AuthenticationResult: tokens } = await idp.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: cfg.clientId,
  AuthParameters: { USERNAME: cfg.username, PASSWORD: cfg.password } }));
const credentials = await fromCognitoIdentityPool({ identityPoolId: cfg.identityPoolId, logins: { [provider]: tokens.IdToken }, clientConfig: where })();
const signer = new SignatureV4({ service: 'execute-api', region: cfg.region, credentials, sha256: Sha256 });
const api = new URL(cfg.api);
const request = (method, path, body) => new HttpRequest({ method, protocol: api.protocol, hostname: api.hostname, port: Number(api.port), path, body, headers: { host: api.host } });

async function url() {
  const s = await signer.presign(request('GET', api.pathname), { expiresIn: 60 });
  return `ws://${api.host}${api.pathname}?${new URLSearchParams(s.query)}`;
}

// client gives a connection's messages one by one.
function client(socket) {
  const come = [], waiting = [];
  socket.addEventListener('message', (e) => (waiting.length ? waiting.shift()(e.data) : come.push(e.data)));
  const closed = new Promise((done) => socket.addEventListener('close', (e) => done(e.code)));
  const opened = new Promise((done, failed) => { socket.addEventListener('open', done); socket.addEventListener('error', failed); });
  return { socket, opened, closed, next: () => (come.length ? Promise.resolve(come.shift()) : new Promise((done) => waiting.push(done))) };
}

async function talk(name, make) {
  const c = client(make(await url()));
  await c.opened;
  c.socket.send(JSON.stringify({ action: 'echo', text: `from ${name}` }));
  const got = JSON.parse(await c.next());
  check(`${name}: the backend knows who calls`, got.text === `from ${name}` && got.caller.startsWith(`${cfg.region}:`), got);
  const at = `${api.pathname}/%40connections/${encodeURIComponent(got.connection)}`;
  const manage = async (method, body) => {
    const s = await signer.sign(request(method, at, body));
    return send(new URL(at, api), { method, headers: s.headers, body });
  };
  let r = await manage('POST', `hello ${name}`);
  check(`${name}: POST @connections`, r.status === 200 && (await c.next()) === `hello ${name}`, r);
  r = await manage('GET');
  check(`${name}: GET @connections`, r.status === 200 && JSON.parse(r.body).identity.sourceIp === '127.0.0.1', r);
  r = await manage('DELETE');
  check(`${name}: DELETE @connections`, r.status === 204 && (await c.closed) === 1000, r);
  r = await manage('POST', 'late');
  check(`${name}: gone`, r.status === 410 && r.type === 'GoneException', r);
}

await talk('ws', (u) => new WS(u));
if (globalThis.WebSocket) await talk('WebSocket', (u) => new WebSocket(u));

const large = client(new WS(await url()));
await large.opened;
large.socket.send('x'.repeat(33 << 10));
check('a frame of 33 KiB closes with 1009', (await large.closed) === 1009);

const refused = (u) => new Promise((done) => new WS(u).on('unexpected-response', (_, r) => done(r.statusCode)).on('open', () => done(101)));
check('unsigned', (await refused(`ws://${api.host}${api.pathname}`)) === 403);
check('a changed query', (await refused((await url()) + '&room=1')) === 403);
process.exit(0); // sockets that were refused linger
