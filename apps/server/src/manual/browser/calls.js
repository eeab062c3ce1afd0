import { messageOf } from './access.js';
import { element, find } from './elements.js';
import { targetOf } from './snippets.js';

/** @typedef {import('./snippets.js').Call} Call */

/**
 * An answer as the page shows it.
 * @typedef {object} Answer
 * @property {number} status
 * @property {Headers} headers
 * @property {string} text
 * @property {any} json undefined when the body is none
 */

/**
 * The request that a form describes. Throws a sentence when its body is no JSON.
 * @param {HTMLFormElement} form
 * @returns {Call}
 */
export function readCall(form) {
  const { operation = '', method = 'GET', path = '', access } = form.dataset;
  /** @type {Call} */
  const call = {
    operation,
    method,
    path,
    query: [],
    headers: [],
    access: access === 'token' || access === 'secret' ? access : 'none',
  };
  for (const input of form.querySelectorAll('input, select, textarea')) {
    const [place, name = ''] = (input.getAttribute('name') ?? '').split(/\.(.*)/);
    const given = /** @type {HTMLInputElement} */ (input).value;
    // An address has to name something, in an example as well.
    const value = place === 'path' ? given || (input.getAttribute('placeholder') ?? '') : given;
    if (value.trim() === '') continue;
    else if (place === 'body') call.body = readJson(value);
    else if (place === 'path')
      call.path = call.path.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === 'query') call.query.push([name, value]);
    else if (place === 'header') call.headers.push([name, value]);
  }
  return call;
}

/** @param {string} text */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The body is not valid JSON: ${messageOf(error)}`);
  }
}

/**
 * Sends the request to this very server.
 * @param {Call} call
 * @param {string | null} authorization
 * @returns {Promise<Answer>}
 */
export async function send(call, authorization) {
  const headers = new Headers(call.headers);
  if (authorization) headers.set('authorization', authorization);
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  const response = await fetch(targetOf(call), {
    method: call.method,
    headers,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    credentials: 'omit',
    cache: 'no-store',
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
  const json = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

const shownHeaders = [
  'x-request-id',
  'location',
  'etag',
  'idempotency-replayed',
  'ignored-fields',
  'retry-after',
  'ratelimit',
  'www-authenticate',
  'allow',
  'sandbox-clock',
  'content-type',
];

/**
 * Shows an answer: status, the headers that matter, the body.
 * @param {HTMLElement} place
 * @param {Answer} answer
 */
export function showAnswer(place, { status, headers, text, json }) {
  const isGood = status < 400;
  const code = json?.code;
  const error = typeof code === 'string' && document.getElementById(`error-${code}`);
  fill(
    place,
    element(
      'div',
      { class: 'answer' },
      element(
        'p',
        { class: isGood ? 'result good' : 'result bad', role: 'status' },
        element('strong', { class: 'status' }, String(status)),
        isGood ? ' Done.' : ` ${json?.message ?? json?.error_description ?? 'Refused.'} `,
        ...(error ? [element('a', { href: `#error-${code}` }, 'What to do')] : []),
      ),
      element(
        'dl',
        { class: 'headers' },
        ...shownHeaders.flatMap((name) => {
          const value = headers.get(name);
          if (value === null) return [];
          return [
            element(
              'div',
              {},
              element('dt', {}, name),
              element('dd', {}, element('code', {}, value)),
            ),
          ];
        }),
      ),
      element(
        'pre',
        { tabindex: '0' },
        element(
          'code',
          {},
          json === undefined ? text || '(no body)' : JSON.stringify(json, null, 2),
        ),
      ),
    ),
  );
}

/**
 * Shows why nothing was sent, or that nothing came back.
 * @param {HTMLElement} place
 * @param {string} sentence
 */
export function showFault(place, sentence) {
  fill(place, element('p', { class: 'result bad', role: 'alert' }, sentence));
}

/** A timeline that stands here stays. @param {HTMLElement} place @param {HTMLElement} shown */
const fill = (place, shown) =>
  place.replaceChildren(shown, ...place.querySelectorAll(':scope > .timeline'));

/** Where a form shows what came of it. @param {HTMLFormElement} form */
export const outcomeOf = (form) => find(form, '.outcome', HTMLElement);
