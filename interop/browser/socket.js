// A WebSocket API with IAM: a browser can set no header, so the URL is presigned.
import { AwsV4Signer } from 'aws4fetch';
import { credentials } from './sdk.js';

async function url(cfg, keys) {
  const signer = new AwsV4Signer({ ...keys, service: 'execute-api', region: cfg.region, method: 'GET', signQuery: true, url: `${cfg.chat}?X-Amz-Expires=60` });
  const signed = (await signer.sign()).url;
  return signed.href.replace(/^http/, 'ws');
}

const opened = (ws) => new Promise((done) => { ws.onopen = () => done(true); ws.onclose = () => done(false); });

export async function chat(cfg, check) {
  const keys = await credentials(cfg, check);
  const ws = new WebSocket(await url(cfg, keys));
  await check('WebSocket: a presigned URL opens', await opened(ws));
  const answer = new Promise((done) => { ws.onmessage = (e) => done(JSON.parse(e.data)); });
  ws.send(JSON.stringify({ action: 'echo', text: 'Grüße' }));
  const got = await answer;
  await check('WebSocket: the backend knows who calls', got.text === 'Grüße' && got.caller.startsWith(`${cfg.region}:`), got);
  const closed = new Promise((done) => { ws.onclose = (e) => done(e.code); });
  ws.close(1000);
  await check('WebSocket: closes', (await closed) === 1000);
  await check('WebSocket: unsigned does not open', !(await opened(new WebSocket(cfg.chat.replace(/^http/, 'ws')))));
  await check('WebSocket: a changed URL does not open', !(await opened(new WebSocket(`${await url(cfg, keys)}&room=1`))));
}
