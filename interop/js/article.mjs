// The flow of the article: amazon-cognito-identity-js signs in over SRP,
// aws-sdk v2 swaps the ID token for credentials, and three signers call the API.
import * as ACI from 'amazon-cognito-identity-js';
import AWS from 'aws-sdk';
import apigClientFactory from 'aws-api-gateway-client';
import aws4 from 'aws4';
import { AwsV4Signer } from 'aws4fetch';
import { both, cfg, check, notes, provider } from './common.mjs';

const pool = new ACI.CognitoUserPool({ UserPoolId: cfg.userPoolId, ClientId: cfg.clientId, endpoint: cfg.endpoint + '/' });

function signIn(username, password) {
  const user = new ACI.CognitoUser({ Username: username, Pool: pool });
  const details = new ACI.AuthenticationDetails({ Username: username, Password: password });
  return new Promise((resolve, reject) =>
    user.authenticateUser(details, {
      onSuccess: (session) => resolve({ user, session }),
      onFailure: reject,
      newPasswordRequired: () => reject(new Error('newPasswordRequired')),
      totpRequired: () => reject(new Error('totpRequired')),
    }));
}

const wrong = await signIn(cfg.username, cfg.password + 'x').catch((e) => e);
check('wrong password', wrong.code === 'NotAuthorizedException' && wrong.message === 'Incorrect username or password.', wrong);

const { user, session } = await signIn(cfg.username, cfg.password);
check('sign in over SRP', session.isValid(), 'session is not valid');
const again = await new Promise((resolve, reject) => user.getSession((e, s) => (e ? reject(e) : resolve(s))));
check('getSession', again.getIdToken().getJwtToken() === session.getIdToken().getJwtToken(), 'another token');
const refreshed = await new Promise((resolve, reject) =>
  user.refreshSession(session.getRefreshToken(), (e, s) => (e ? reject(e) : resolve(s))));
check('refreshSession', refreshed.isValid(), 'not valid');
const attributes = await new Promise((resolve, reject) => user.getUserAttributes((e, a) => (e ? reject(e) : resolve(a))));
check('getUserAttributes', attributes.some((a) => a.getName() === 'email'), attributes);

function credentials(token) {
  const c = new AWS.CognitoIdentityCredentials(
    { IdentityPoolId: cfg.identityPoolId, Logins: { [provider]: token } },
    { region: cfg.region, endpoint: cfg.endpoint });
  return c.getPromise().then(() => c);
}
const idToken = session.getIdToken().getJwtToken();
const creds = await credentials(idToken);
check('CognitoIdentityCredentials', creds.accessKeyId.startsWith('ASIA') && creds.identityId.startsWith(cfg.region), creds.identityId);
const second = await credentials(refreshed.getIdToken().getJwtToken());
check('the identity is stable', second.identityId === creds.identityId, second.identityId);
const forged = await credentials(idToken.slice(0, -8) + 'AAAAAAAA').catch((e) => e);
check('a forged token is refused', forged.code === 'NotAuthorizedException', String(forged));
const access = await credentials(session.getAccessToken().getJwtToken()).catch((e) => e);
check('an access token is refused', access.code === 'NotAuthorizedException', String(access));

const keys = { accessKeyId: creds.accessKeyId, secretAccessKey: creds.secretAccessKey, sessionToken: creds.sessionToken };

await both('aws4', (method, body) => {
  const o = aws4.sign({ service: 'execute-api', region: cfg.region, host: notes.host, path: notes.pathname, method, body,
    headers: body ? { 'Content-Type': 'application/json' } : {} }, keys);
  return { method, headers: o.headers, body };
});

await both('aws4fetch', async (method, body) => {
  const s = await new AwsV4Signer({ ...keys, url: notes.href, method, body, service: 'execute-api', region: cfg.region,
    headers: body ? { 'Content-Type': 'application/json' } : {} }).sign();
  return { method: s.method, headers: Object.fromEntries(s.headers), body: s.body };
});

const client = apigClientFactory.default.newClient({ invokeUrl: cfg.api, region: cfg.region,
  accessKey: keys.accessKeyId, secretKey: keys.secretAccessKey, sessionToken: keys.sessionToken });
const posted = await client.invokeApi({}, '/notes', 'POST', {}, { content: 'from aws-api-gateway-client' });
check('aws-api-gateway-client: POST', posted.status === 201, posted.status);
const listed = await client.invokeApi({}, '/notes', 'GET', {}, {});
check('aws-api-gateway-client: GET', listed.status === 200 && listed.data.length >= 3, listed.data);
const thief = apigClientFactory.default.newClient({ invokeUrl: cfg.api, region: cfg.region,
  accessKey: keys.accessKeyId, secretKey: keys.secretAccessKey.replace(/./, (c) => (c === 'A' ? 'B' : 'A')), sessionToken: keys.sessionToken });
const refused = await thief.invokeApi({}, '/notes', 'GET', {}, {}).catch((e) => e.response);
check('aws-api-gateway-client: wrong secret is refused', refused.status === 403, refused.status);
const forbidden = await client.invokeApi({}, '/admin', 'GET', {}, {}).catch((e) => e.response);
check('denied by policy', forbidden.status === 403 && /is not authorized to perform: execute-api:Invoke/.test(forbidden.data.Message), forbidden.data);

await new Promise((resolve, reject) => user.globalSignOut({ onSuccess: resolve, onFailure: reject }));
check('globalSignOut', true);
