// The AWS SDK for JavaScript v3 and aws4fetch in a page.
import { CognitoIdentityProviderClient, GetUserCommand, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AwsClient } from 'aws4fetch';

// credentials are those of a user, by the SDK alone.
export async function credentials(cfg, check) {
  const where = { region: cfg.region, endpoint: cfg.endpoint };
  const idp = new CognitoIdentityProviderClient(where);
  const auth = (PASSWORD) => idp.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: cfg.clientId, AuthParameters: { USERNAME: cfg.username, PASSWORD } }));
  const wrong = await auth('Wrong-password-1').catch((e) => e);
  await check('SDK: a wrong password', wrong.name === 'NotAuthorizedException' && wrong.$metadata.httpStatusCode === 400, wrong);
  const { AuthenticationResult: tokens } = await auth(cfg.password);
  const me = await idp.send(new GetUserCommand({ AccessToken: tokens.AccessToken }));
  await check('SDK: GetUser', me.UserAttributes.some((a) => a.Name === 'email'), me);
  const pools = new CognitoIdentityClient(where);
  const login = (token) => ({ [`cognito-idp.${cfg.region}.amazonaws.com/${cfg.userPoolId}`]: token });
  const getId = (token) => pools.send(new GetIdCommand({ IdentityPoolId: cfg.identityPoolId, Logins: login(token) }));
  const refused = await getId(tokens.AccessToken).catch((e) => e);
  await check('SDK: an access token is no login', refused.name === 'NotAuthorizedException', refused);
  const { IdentityId } = await getId(tokens.IdToken);
  const { Credentials: c } = await pools.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins: login(tokens.IdToken) }));
  await check('SDK: GetCredentialsForIdentity', c.AccessKeyId.startsWith('ASIA') && c.Expiration > new Date(), c.Expiration);
  return { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretKey, sessionToken: c.SessionToken };
}

export async function sdk(cfg, check) {
  const keys = await credentials(cfg, check);
  const caller = await new STSClient({ region: cfg.region, endpoint: cfg.endpoint, credentials: keys }).send(new GetCallerIdentityCommand({}));
  await check('SDK: GetCallerIdentity', caller.Arn.endsWith('/CognitoIdentityCredentials'), caller.Arn);
  const stranger = await new STSClient({ region: cfg.region, endpoint: cfg.endpoint, credentials: { ...keys, sessionToken: 'x' } }).send(new GetCallerIdentityCommand({})).catch((e) => e);
  await check('SDK: STS refuses, readably', stranger.name === 'InvalidClientTokenId', stranger);

  const aws = new AwsClient({ ...keys, service: 'execute-api', region: cfg.region, retries: 0 });
  const headers = { 'Content-Type': 'application/json' };
  let r = await aws.fetch(`${cfg.api}/notes`, { method: 'POST', body: JSON.stringify({ content: 'from aws4fetch' }), headers });
  await check('aws4fetch: POST', r.status === 201, r.status);
  r = await aws.fetch(`${cfg.api}/notes`);
  await check('aws4fetch: GET', r.status === 200 && (await r.json()).some((n) => n.content === 'from aws4fetch'), r.status);
  for (const path of cfg.paths) {
    r = await aws.fetch(`${cfg.api}/files/${path}?q=${encodeURIComponent(path)}`, { method: 'PUT', body: path });
    const got = await r.json();
    await check(`aws4fetch: a path with ${path}`, r.status === 200 && got.query.q[0] === path && got.body === path, got);
  }
  r = await aws.fetch(`${cfg.api}/admin`);
  await check('aws4fetch: denied by policy, readably', r.status === 403 && r.headers.get('x-amzn-errortype') === 'AccessDeniedException' &&
    /is not authorized/.test((await r.json()).Message), r.status);
  const signed = await aws.sign(`${cfg.api}/notes`, { method: 'POST', body: '{"content":"signed"}', headers });
  r = await fetch(new Request(signed, { body: '{"content":"changed"}' }));
  await check('aws4fetch: a changed body, readably', r.status === 403 && r.headers.get('x-amzn-errortype') === 'InvalidSignatureException' &&
    /The Canonical String for this request should have been/.test((await r.json()).message), r.status);
  await check('the clock of the gate can be read', !Number.isNaN(Date.parse(r.headers.get('date'))), r.headers.get('date'));
}
