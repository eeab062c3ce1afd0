import { find, say } from './elements.js';

/**
 * What signs the reader's requests. It lives in the memory of this page and nowhere else.
 * @typedef {object} Access
 * @property {(kind: string) => string | null} authorizationFor the header's value; null: none is at hand
 */

/** Serves the forms that take a token or fetch one. @returns {Access} */
export function openAccess() {
  /** @type {string | null} */
  let token = null;
  /** @type {string | null} */
  let client = null;
  const fetchForm = find(document, '[data-fetch-token]', HTMLFormElement);
  const pasteForm = find(document, '[data-paste-token]', HTMLFormElement);
  const state = find(document, '[data-access-state]', HTMLElement);
  const badge = find(document, '[data-access-badge]', HTMLElement);
  const forget = find(document, '[data-forget]', HTMLButtonElement);

  /** @param {string} sentence @param {string} short */
  function show(sentence, short) {
    state.textContent = sentence;
    badge.textContent = short;
    badge.classList.toggle('ready', token !== null);
    forget.disabled = token === null && client === null;
  }

  /** @param {HTMLFormElement} form @param {string} name */
  const read = (form, name) => String(new FormData(form).get(name) ?? '').trim();

  fetchForm.addEventListener('submit', async (event) => {
    event.preventDefault();
    client = `Basic ${base64(`${read(fetchForm, 'id')}:${read(fetchForm, 'secret')}`)}`;
    try {
      const response = await fetch('/oauth2/token', {
        method: 'POST',
        headers: { authorization: client },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
        signal: AbortSignal.timeout(30_000),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error_description ?? answer.message);
      token = String(answer.access_token);
      fetchForm.reset();
      const until = new Date(Date.now() + answer.expires_in * 1000);
      const time = until.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
      show(`Your token is here; it is good until ${time}.`, `Token until ${time}`);
    } catch (error) {
      client = null;
      show(`No token came: ${messageOf(error)}`, token === null ? 'No token' : 'Token');
    }
  });
  pasteForm.addEventListener('submit', (event) => {
    event.preventDefault();
    token = read(pasteForm, 'token').replace(/^Bearer\s+/i, '');
    pasteForm.reset();
    show('Your token is here.', 'Token');
  });
  forget.addEventListener('click', () => {
    token = null;
    client = null;
    fetchForm.reset();
    pasteForm.reset();
    show('No token yet.', 'No token');
    say('Token and secret are forgotten.');
  });

  return {
    authorizationFor(kind) {
      if (kind === 'token') return token === null ? null : `Bearer ${token}`;
      return kind === 'secret' ? client : null;
    },
  };
}

/** @param {string} text */
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
