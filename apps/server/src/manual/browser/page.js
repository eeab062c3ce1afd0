import { messageOf, openAccess } from './access.js';
import { outcomeOf, readCall, send, showAnswer, showFault } from './calls.js';
import { element, find, say } from './elements.js';
import { freshen, freshKey } from './fresh.js';
import { snippetsOf } from './snippets.js';
import { openTimeline } from './timeline.js';

// The manual reads well without this program. With it, the forms send, the examples carry the
// reader's own values, and the buttons copy.

/** @typedef {import('./snippets.js').Call} Call */

const address = document.documentElement.dataset.address ?? location.origin;
const access = openAccess();
const timeline = openTimeline(access);
const forms = [...document.querySelectorAll('[data-try]')].filter(
  (form) => form instanceof HTMLFormElement,
);
/** How far the service's clock is from this machine's: much in a sandbox, else nothing. */
let clockAheadMs = 0;

/** @param {Headers} headers */
function heedClock(headers) {
  const sandboxAt = headers.get('sandbox-clock');
  clockAheadMs = sandboxAt === null ? 0 : Date.parse(sandboxAt) - Date.now();
}

/** @param {unknown} example @param {string} method */
const fresh = (example, method) =>
  freshen(example, { now: Date.now() + clockAheadMs, daysAhead: method === 'PATCH' ? 2 : 1 });

/** Writes a request into the examples of one place. @param {Element} snippets @param {Call} call */
function writeSnippets(snippets, call) {
  for (const { language, text } of snippetsOf(address, call)) {
    find(snippets, `[data-language="${language}"] code`, HTMLElement).textContent = text;
  }
}

/** The examples beside a form show what it would send. @param {HTMLFormElement} form */
function mirror(form) {
  const snippets = find(form.closest('article') ?? form, '[data-call]', HTMLElement);
  const body = form.querySelector('textarea');
  try {
    writeSnippets(snippets, readCall(form));
    body?.removeAttribute('aria-invalid');
  } catch {
    // While the reader types, the examples keep what was valid last.
    body?.setAttribute('aria-invalid', 'true');
  }
}

/** New values wherever the same ones would not work twice. @param {HTMLFormElement} form */
function refresh(form) {
  const body = form.querySelector('textarea');
  if (body) {
    const example = JSON.parse(body.defaultValue);
    body.value = JSON.stringify(fresh(example, form.dataset.method ?? ''), null, 2);
  }
  const key = form.querySelector('[name="header.Idempotency-Key"]');
  if (key instanceof HTMLInputElement) key.value = freshKey();
  mirror(form);
}

/** Where one thing's timeline is, when the interface has one. @param {string} pattern */
const hasTimeline = (pattern) => forms.some(({ dataset }) => dataset.path === `${pattern}/events`);

/** The input that names one thing, where the form has one. @param {HTMLFormElement} form */
function idInput(form) {
  const input = form.querySelector('[name="path.id"]');
  return input instanceof HTMLInputElement ? input : null;
}

/**
 * After an answer: the forms below know a new thing's id, and the timeline of what the call was about
 * stands beside the answer.
 * @param {HTMLFormElement} form
 * @param {Call} call
 * @param {import('./calls.js').Answer} answer
 */
function followUp(form, call, { status, json }) {
  const isNew = status === 201 && typeof json?.data?.id === 'string';
  const id = isNew ? json.data.id : idInput(form)?.value;
  const pattern = isNew ? `${call.path}/{id}` : form.dataset.path?.match(/^.*?\/\{id\}/)?.[0];
  const isThere = status < 400 || status === 409 || status === 412;
  if (!isThere || !id || !pattern || !hasTimeline(pattern)) return;
  for (const other of isNew ? forms : []) {
    const input = idInput(other);
    if (!input || !other.dataset.path?.startsWith(pattern)) continue;
    input.value = id;
    mirror(other);
  }
  const eventsPath = `${pattern.replace('{id}', encodeURIComponent(id))}/events`;
  timeline.follow(eventsPath, json?.data?.reference ?? null, outcomeOf(form));
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  const place = outcomeOf(form);
  if (form.ariaBusy === 'true') return;
  form.ariaBusy = 'true';
  try {
    const call = readCall(form);
    const authorization = access.authorizationFor(call.access);
    const answer = await send(call, authorization);
    heedClock(answer.headers);
    showAnswer(place, answer);
    if (call.access !== 'none' && authorization === null) {
      place.prepend(element('p', { class: 'hint' }, 'The page has no token yet. ', toAccess()));
    }
    followUp(form, call, answer);
    timeline.hurry();
  } catch (error) {
    showFault(place, messageOf(error));
  } finally {
    form.ariaBusy = 'false';
  }
}

const toAccess = () => element('a', { href: '#access' }, 'Fetch one first.');

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const text = find(button.closest('figure') ?? document, 'code', HTMLElement);
  try {
    await navigator.clipboard.writeText(text.textContent ?? '');
    button.textContent = 'Copied';
    say('Copied.');
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2_000);
  } catch {
    // Without https browsers keep the clipboard to themselves.
    getSelection()?.selectAllChildren(text);
    say('Selected: copy it with the keyboard.');
  }
}

function start() {
  for (const form of forms) {
    refresh(form);
    form.addEventListener('input', () => mirror(form));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit(form);
    });
    form.querySelector('[data-fresh]')?.addEventListener('click', () => refresh(form));
  }
  for (const snippets of document.querySelectorAll('.chapter [data-call]')) {
    if (!(snippets instanceof HTMLElement)) continue;
    const call = JSON.parse(snippets.dataset.call ?? '{}');
    writeSnippets(snippets, { ...call, body: fresh(call.body, call.method) });
  }
  for (const button of document.querySelectorAll('[data-copy]')) {
    if (button instanceof HTMLButtonElement) button.addEventListener('click', () => copy(button));
  }
  const contents = find(document, '#contents', HTMLElement);
  contents.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement && contents.matches(':popover-open')) {
      contents.hidePopover();
    }
  });
  const sleeping = 'main button[type="submit"], [data-copy], [data-fresh]';
  for (const button of document.querySelectorAll(sleeping)) button.removeAttribute('disabled');
}

try {
  const answer = await fetch('/healthz');
  await answer.text();
  heedClock(answer.headers);
} catch {
  // Then the examples go by this machine's clock.
}
start();
