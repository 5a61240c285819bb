// A front-end project's page: it asks its own origin for the settings, and then
// knows only the gate. What it finds is listed on the page and sent to its origin.
import { afterReload, asGuest, signedIn } from './amplify.js';
import { sdk } from './sdk.js';
import { chat } from './socket.js';

const parts = { '': [asGuest, signedIn], reloaded: [afterReload, sdk, chat] };

function line(text, failed) {
  const li = document.createElement('li');
  li.textContent = text;
  if (failed) li.className = 'failed';
  document.getElementById('log').append(li);
}

const report = (what) => fetch('/report', { method: 'POST', body: JSON.stringify(what) });

async function check(what, ok, detail) {
  const text = detail instanceof Error ? `${detail.stack} ${JSON.stringify(detail)}` : JSON.stringify(detail);
  line(what, !ok);
  await report({ what, ok: Boolean(ok), detail: ok ? '' : text });
  if (!ok) throw new Error(`${what}: ${text}`);
}

const step = new URL(location).searchParams.get('step') ?? '';
try {
  const cfg = await (await fetch('/settings')).json();
  for (const part of parts[step]) await part(cfg, check);
  if (step === '') location.search = '?step=reloaded';
  else await report({ done: true });
} catch (e) {
  line(String(e), true);
  await report({ what: 'the page', ok: false, detail: `${e.stack}`, done: true });
}
