// AWS SDK for JavaScript v3: sign in, credential provider, STS, SignatureV4.
import { CognitoIdentityProviderClient, GetUserCommand, InitiateAuthCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider';
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { HttpRequest } from '@smithy/protocol-http';
import { Sha256 } from '@aws-crypto/sha256-js';
import { both, cfg, check, notes, provider, send } from './common.mjs';

const where = { region: cfg.region, endpoint: cfg.endpoint };
const idp = new CognitoIdentityProviderClient({ ...where, credentials: { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) } });
const auth = (password) => idp.send(new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: cfg.clientId,
  AuthParameters: { USERNAME: cfg.username, PASSWORD: password } }));

const wrong = await auth('Wrong-password-1').catch((e) => e);
check('wrong password', wrong.name === 'NotAuthorizedException', wrong);
const { AuthenticationResult: tokens } = await auth(cfg.password);
check('USER_PASSWORD_AUTH', tokens.TokenType === 'Bearer' && tokens.IdToken, tokens);
const me = await idp.send(new GetUserCommand({ AccessToken: tokens.AccessToken }));
check('GetUser', me.UserAttributes.some((a) => a.Name === 'email'), me);
const admin = await idp.send(new ListUsersCommand({ UserPoolId: cfg.userPoolId })).catch((e) => e);
check('an unknown key may not list users', admin.name === 'UnrecognizedClientException', admin);

const credentials = fromCognitoIdentityPool({ identityPoolId: cfg.identityPoolId, logins: { [provider]: tokens.IdToken }, clientConfig: where });
const creds = await credentials();
check('fromCognitoIdentityPool', creds.accessKeyId.startsWith('ASIA') && creds.expiration > new Date(), creds.expiration);
const caller = await new STSClient({ ...where, credentials }).send(new GetCallerIdentityCommand({}));
check('GetCallerIdentity', caller.Arn.endsWith('/CognitoIdentityCredentials'), caller.Arn);

const signer = new SignatureV4({ service: 'execute-api', region: cfg.region, credentials: creds, sha256: Sha256 });
const request = (method, body) => new HttpRequest({ method, protocol: notes.protocol, hostname: notes.hostname, port: Number(notes.port),
  path: notes.pathname, body, headers: { host: notes.host, ...(body ? { 'content-type': 'application/json' } : {}) } });
await both('@smithy/signature-v4', async (method, body) => {
  const s = await signer.sign(request(method, body));
  return { method, headers: s.headers, body };
});
const presigned = await signer.presign(request('GET'), { expiresIn: 60 });
const query = new URLSearchParams(presigned.query).toString();
const got = await send(new URL(`${notes.origin}${notes.pathname}?${query}`));
check('presigned URL', got.status === 200, got);
const reused = await send(new URL(`${notes.origin}${notes.pathname}?${query}`), { method: 'POST', body: '{}' });
check('a URL presigned for GET does not POST', reused.status === 403, reused);
