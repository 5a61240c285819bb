// What every script needs: the server under test, named in one JSON value, and
// checks that end the process with a message.
export const cfg = JSON.parse(process.env.GATEPASS_INTEROP ?? 'null');
if (!cfg) {
  console.error('GATEPASS_INTEROP is not set: these scripts are run by `go test` in interop/');
  process.exit(2);
}
export const provider = `cognito-idp.${cfg.region}.amazonaws.com/${cfg.userPoolId}`;
export const notes = new URL(cfg.api + '/notes');

export function check(what, ok, detail) {
  if (!ok) {
    console.error(`FAIL ${what}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`);
    process.exit(1);
  }
  console.log(`ok ${what}`);
}

// send puts a signed request on the wire as it is, with node's own client.
export async function send(url, { method = 'GET', headers = {}, body } = {}) {
  const h = Object.fromEntries(Object.entries(headers).filter(([k]) => !/^(host|content-length)$/i.test(k)));
  const r = await fetch(url, { method, headers: h, body, redirect: 'error' });
  return { status: r.status, type: r.headers.get('x-amzn-errortype'), body: await r.text() };
}

// both calls the API with one signer: a POST and a GET that must pass, a changed
// body and a missing signature that must not.
export async function both(name, sign) {
  const body = JSON.stringify({ content: `from ${name}` });
  let r = await send(notes, await sign('POST', body));
  check(`${name}: POST`, r.status === 201, r);
  r = await send(notes, await sign('GET'));
  check(`${name}: GET`, r.status === 200 && r.body.includes(`from ${name}`), r);
  const tampered = await sign('POST', body);
  r = await send(notes, { ...tampered, body: body.replace('from', 'form') });
  check(`${name}: changed body is refused`, r.status === 403 && r.type === 'InvalidSignatureException', r);
  r = await send(notes, { method: 'GET' });
  check(`${name}: no signature is refused`, r.status === 403 && r.body === '{"message":"Missing Authentication Token"}', r);
}
