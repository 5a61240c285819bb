// Prints the median milliseconds of one client login's mathematics with
// amazon-cognito-identity-js.
import { createRequire } from 'node:module';
const require = createRequire(new URL('../interop/package.json', import.meta.url));
const Helper = require('amazon-cognito-identity-js/lib/AuthenticationHelper.js').default;
const BigInteger = require('amazon-cognito-identity-js/lib/BigInteger.js').default;

const server = new Helper('AbCdEf123');
const B = await new Promise((ok, no) => server.getLargeAValue((e, v) => (e ? no(e) : ok(v))));
const salt = new BigInteger('69f6661e1223f551371c00e443da6764', 16);
const times = [];
for (let i = 0; i < 12; i++) {
  const begin = process.hrtime.bigint();
  const h = new Helper('AbCdEf123');
  await new Promise((ok, no) => h.getLargeAValue((e, v) => (e ? no(e) : ok(v))));
  await new Promise((ok, no) => h.getPasswordAuthenticationKey('7c3bf4e4-2c5d-4b0a-9f5d-8b7e52f4e001', 'Correct-horse-7', B, salt, (e, v) => (e ? no(e) : ok(v))));
  if (i > 1) times.push(Number(process.hrtime.bigint() - begin) / 1e6);
}
times.sort((a, b) => a - b);
console.log(times[times.length >> 1].toFixed(2));
