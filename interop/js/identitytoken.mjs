// A backend that verifies the gate's identity token with jose: keys and issuer
// are found as any OpenID provider's.
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { cfg, check } from './common.mjs';

const issuer = cfg.endpoint + '/_gatepass';
const found = await (await fetch(issuer + '/.well-known/openid-configuration')).json();
check('discovery', found.issuer === issuer && found.id_token_signing_alg_values_supported.includes('ES256'), found);
const keys = createRemoteJWKSet(new URL(found.jwks_uri));
const token = process.env.IDENTITY_TOKEN;
const { payload } = await jwtVerify(token, keys, { issuer, audience: 'notes-backend', requiredClaims: ['exp', 'iat', 'sub', 'jti'] });
check('who', payload.sub === payload.identity_id && payload.authentication_type === 'authenticated' && payload.user_sub, payload);
check('what', payload.method === 'GET' && payload.path === '/notes' && payload.stage === 'prod', payload);
const refused = async (t, audience) => jwtVerify(t, keys, { issuer, audience }).then(() => 'let through', (e) => e.code);
check('another audience', (await refused(token, 'other')) === 'ERR_JWT_CLAIM_VALIDATION_FAILED');
const [head, body, signature] = token.split('.');
const forged = Buffer.from(JSON.stringify({ ...payload, sub: 'someone else' })).toString('base64url');
check('changed claims', (await refused([head, forged, signature].join('.'), 'notes-backend')) === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
