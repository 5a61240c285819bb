// AWS Amplify: sign in over SRP and fetch a session with credentials.
import { Amplify } from 'aws-amplify';
import { fetchAuthSession, getCurrentUser, signIn, signOut } from 'aws-amplify/auth';
import { cfg, check } from './common.mjs';

Amplify.configure({ Auth: { Cognito: { userPoolId: cfg.userPoolId, userPoolClientId: cfg.clientId, identityPoolId: cfg.identityPoolId,
  userPoolEndpoint: cfg.endpoint + '/', identityPoolEndpoint: cfg.endpoint + '/' } } });

const wrong = await signIn({ username: cfg.username, password: 'Wrong-password-1' }).catch((e) => e);
check('wrong password', wrong.name === 'NotAuthorizedException', String(wrong));
const r = await signIn({ username: cfg.username, password: cfg.password });
check('signIn', r.isSignedIn, r);
const session = await fetchAuthSession();
check('fetchAuthSession', session.credentials?.accessKeyId.startsWith('ASIA') && session.identityId, Object.keys(session));
check('getCurrentUser', (await getCurrentUser()).userId === session.tokens.idToken.payload.sub, 'another user');
await signOut();
check('signOut', true);
