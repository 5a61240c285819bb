// Amplify as a front-end project has it: only where the gate is differs from AWS.
import { Amplify } from 'aws-amplify';
import { del, get, post } from 'aws-amplify/api';
import { confirmSignUp, fetchAuthSession, getCurrentUser, signIn, signOut, signUp } from 'aws-amplify/auth';
import { parseAmplifyConfig } from 'aws-amplify/utils';

const username = 'eve';

function configure(cfg) {
  Amplify.configure({
    Auth: {
      Cognito: {
        userPoolId: cfg.userPoolId,
        userPoolClientId: cfg.clientId,
        identityPoolId: cfg.identityPoolId,
        allowGuestAccess: true,
        userPoolEndpoint: cfg.endpoint,
        identityPoolEndpoint: cfg.endpoint,
      },
    },
    API: {
      REST: {
        notes: { endpoint: cfg.api, region: cfg.region },
        classic: { endpoint: cfg.classic, region: cfg.region },
        byName: { endpoint: cfg.apiByName, region: cfg.region, service: 'execute-api' },
      },
    },
  });
}

// configureOutputs is the same for a project that has an amplify_outputs.json.
function configureOutputs(cfg) {
  const config = parseAmplifyConfig({
    version: '1.3',
    auth: {
      aws_region: cfg.region, user_pool_id: cfg.userPoolId, user_pool_client_id: cfg.clientId,
      identity_pool_id: cfg.identityPoolId, unauthenticated_identities_enabled: true,
    },
  });
  Object.assign(config.Auth.Cognito, { userPoolEndpoint: cfg.endpoint, identityPoolEndpoint: cfg.endpoint });
  config.API = { REST: { notes: { endpoint: cfg.api, region: cfg.region } } };
  Amplify.configure(config);
}

const body = async (call) => (await call.response).body.json();
const list = (apiName) => body(get({ apiName, path: '/notes' }));
const add = (content) => body(post({ apiName: 'notes', path: '/notes', options: { body: { content } } }));
// refusal is what the page can read of a call that is refused.
const refusal = (call) => call.response.then((r) => ({ statusCode: r.statusCode }), (e) => e.response ?? { unreadable: String(e) });

export async function asGuest(cfg, check) {
  configure(cfg);
  const guest = await fetchAuthSession();
  await check('a guest has credentials', guest.credentials && guest.identityId && !guest.tokens, guest);
  await check('a guest may read', Array.isArray(await list('notes')));
  const r = await refusal(post({ apiName: 'notes', path: '/notes', options: { body: { content: 'from a guest' } } }));
  await check('a guest may not write, and reads why', r.statusCode === 403 && /assumed-role\/Guest\/.* is not authorized to perform: execute-api:Invoke/.test(r.body), r);
}

export async function signedIn(cfg, check) {
  const up = await signUp({ username, password: cfg.password, options: { userAttributes: { email: 'eve@example.com' } } });
  await check('signUp', up.nextStep.signUpStep === 'CONFIRM_SIGN_UP', up);
  const wrong = await confirmSignUp({ username, confirmationCode: 'abcdef' }).catch((e) => e);
  await check('a wrong code', wrong.name === 'CodeMismatchException', wrong);
  const early = await signIn({ username, password: cfg.password });
  await check('not confirmed yet', early.nextStep.signInStep === 'CONFIRM_SIGN_UP', early);
  const code = await (await fetch(`/code?user=${username}`)).text();
  await check('confirmSignUp', (await confirmSignUp({ username, confirmationCode: code })).isSignUpComplete);
  const bad = await signIn({ username, password: 'Wrong-password-1' }).catch((e) => e);
  await check('a wrong password', bad.name === 'NotAuthorizedException' && bad.message === 'Incorrect username or password.', bad);
  await check('signIn over SRP', (await signIn({ username, password: cfg.password })).isSignedIn);

  const session = await fetchAuthSession();
  await check('fetchAuthSession', session.credentials?.accessKeyId.startsWith('ASIA') && session.tokens.idToken.payload.email === 'eve@example.com', session);
  await calls(cfg, check);

  const fresh = await fetchAuthSession({ forceRefresh: true });
  await check('tokens are refreshed', fresh.tokens.idToken.toString() !== session.tokens.idToken.toString(), 'the same token');
  await check('and the identity stays', fresh.identityId === session.identityId && fresh.credentials.accessKeyId !== session.credentials.accessKeyId, fresh.identityId);
  await check('the new credentials call', (await list('notes')).length > 0);
}

async function calls(cfg, check) {
  await check('POST with a body', (await add('Grüße, eve')).content === 'Grüße, eve');
  await check('GET', (await list('notes')).some((n) => n.content === 'Grüße, eve'), 'not there');
  await check('GET at the name of the API', (await list('byName')).some((n) => n.content === 'Grüße, eve'), 'not there');
  for (const path of cfg.paths) {
    const got = await body(get({ apiName: 'notes', path: `/files/${path}`, options: { queryParams: { q: `a b+c&d=é/${path}`, e: '' } } }));
    await check(`a path with ${path}`, got.path.startsWith('/files/') && got.query.q[0] === `a b+c&d=é/${path}` && got.caller, got);
  }
  let r = await del({ apiName: 'notes', path: '/files/one' }).response;
  await check('DELETE', r.statusCode === 200, r);
  r = await refusal(get({ apiName: 'notes', path: '/admin' }));
  await check('denied by policy, readably', r.statusCode === 403 && /is not authorized to perform: execute-api:Invoke/.test(r.body) &&
    r.headers['x-amzn-errortype'] === 'AccessDeniedException' && r.headers['x-amzn-requestid'], r);
  r = await refusal(get({ apiName: 'notes', path: '/nowhere' }));
  await check('no such route, readably', r.statusCode === 403 && r.body === '{"message":"Missing Authentication Token"}', r);
  r = await refusal(post({ apiName: 'notes', path: '/notes', options: { body: { other: 1 } } }));
  await check("the backend's own refusal, readably", r.statusCode === 400 && r.body.includes('message'), r);
  r = await fetch(`${cfg.api}/notes`);
  await check('unsigned, readably', r.status === 403 && (await r.json()).message === 'Missing Authentication Token', r.status);
  await classic(check);
  const hidden = await fetch(`${cfg.silent}/notes`).catch((e) => e);
  await check('an API without CORS is not readable', hidden instanceof TypeError, hidden.status);
}

// classic is an API whose CORS is made of methods and gateway responses.
async function classic(check) {
  const got = await body(get({ apiName: 'classic', path: '/notes' }));
  await check('OPTIONS as a mock', got.path === '/notes' && got.caller, got);
  const r = await refusal(post({ apiName: 'classic', path: '/notes', options: { body: { a: 1 } } }));
  await check('denied, readably by a gateway response', r.statusCode === 403 && /is not authorized/.test(r.body), r);
  const hidden = await refusal(get({ apiName: 'classic', path: '/forgotten' }));
  await check('a path without OPTIONS cannot be called', hidden.unreadable, hidden);
}

export async function afterReload(cfg, check) {
  configureOutputs(cfg);
  await check('still signed in after a reload', (await getCurrentUser()).username === username);
  await check('and the API answers', (await list('notes')).length > 0);
  const { tokens } = await fetchAuthSession();
  await signOut({ global: true });
  await check('signOut', (await getCurrentUser().catch((e) => e.name)) === 'UserUnAuthenticatedException');
  const r = await fetch(cfg.endpoint, {
    method: 'POST', body: JSON.stringify({ AccessToken: tokens.accessToken.toString() }),
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.GetUser' },
  });
  await check('the old token is revoked', r.status === 400 && (await r.json()).message === 'Access Token has been revoked', r.status);
}
