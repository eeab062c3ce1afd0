// Stands in the page itself (vite.config.ts), and asks for the appointment while the program is
// still on its way. `entrance.ts` takes over from it, and says what the values mean.
const key = 'anteroom-entrance';

function readKept(): Link {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '{}');
  } catch {
    return {};
  }
}

function readLink(kept: Link): Link | null {
  const code = /^\/j\/([^/]+)/.exec(location.pathname)?.[1];
  if (code) return { entry_code: code };
  const reference = new URLSearchParams(location.search).get('reference');
  // What a mail program glued behind the token is left out.
  const token = /^#([0-9A-HJKMNP-TV-Z]{26})/i.exec(location.hash)?.[1];
  if (token) return { reference, token };
  return reference && reference !== kept.reference ? { reference } : null;
}

function ask(link: Link | null): Promise<Response> {
  if (!link) return fetch('/client-web/api/visit');
  return fetch('/client-web/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(link),
  });
}

const kept = readKept();
const fresh = readLink(kept);
const link = fresh ?? kept;
try {
  sessionStorage.setItem(key, JSON.stringify(link));
} catch {
  // A browser that keeps nothing asks for the link again after a reload.
}
const answer = ask(fresh);
// Whoever takes over hears of it.
answer.catch(() => {});
window.entrance = { link, answer };
