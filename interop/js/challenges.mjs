// Challenges with amazon-cognito-identity-js: a new password for a user an
// administrator made, TOTP enrolment, and a sign-in that asks for the code.
import * as ACI from 'amazon-cognito-identity-js';
import { createHmac } from 'node:crypto';
import { cfg, check } from './common.mjs';

const pool = new ACI.CognitoUserPool({ UserPoolId: cfg.userPoolId, ClientId: cfg.clientId, endpoint: cfg.endpoint + '/' });
const user = new ACI.CognitoUser({ Username: cfg.invited, Pool: pool });

// totp is RFC 6238 with SHA-1, 30 s and six digits, written here so that the
// server's own is not its only witness.
function totp(base32, now = Date.now()) {
  const bits = [...base32.replace(/=+$/, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

function signIn(password, more) {
  return new Promise((resolve, reject) =>
    user.authenticateUser(new ACI.AuthenticationDetails({ Username: cfg.invited, Password: password }), {
      onSuccess: (session) => resolve({ session }),
      onFailure: reject,
      newPasswordRequired: (attributes) => resolve({ challenge: 'NEW_PASSWORD_REQUIRED', attributes }),
      totpRequired: () => resolve({ challenge: 'SOFTWARE_TOKEN_MFA' }),
      ...more,
    }));
}

const first = await signIn(cfg.temporaryPassword);
check('a temporary password asks for a new one', first.challenge === 'NEW_PASSWORD_REQUIRED', first);
await new Promise((resolve, reject) => user.completeNewPasswordChallenge(cfg.password, {}, { onSuccess: resolve, onFailure: reject }));
check('completeNewPasswordChallenge', true);

const secret = await new Promise((resolve, reject) => user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }));
const bad = await new Promise((resolve) => user.verifySoftwareToken('000000', 'phone', { onSuccess: () => resolve(null), onFailure: resolve }));
check('a wrong code does not enrol', bad && bad.code === 'EnableSoftwareTokenMFAException', bad);
await new Promise((resolve, reject) => user.verifySoftwareToken(totp(secret), 'phone', { onSuccess: resolve, onFailure: reject }));
check('verifySoftwareToken', true);
await new Promise((resolve, reject) =>
  user.setUserMfaPreference(null, { PreferredMfa: true, Enabled: true }, (e, r) => (e ? reject(e) : resolve(r))));
check('setUserMfaPreference', true);

const second = await signIn(cfg.password);
check('the code is asked for', second.challenge === 'SOFTWARE_TOKEN_MFA', second);
// The step used for enrolling is spent; the next one is inside the window.
const done = await new Promise((resolve, reject) =>
  user.sendMFACode(totp(secret, Date.now() + 30000), { onSuccess: resolve, onFailure: reject }, 'SOFTWARE_TOKEN_MFA'));
check('sendMFACode', done.isValid(), 'not valid');
