import { send } from './calls.js';
import { element, say } from './elements.js';

const firstWaitMs = 1_000;
const longestWaitMs = 15_000;
const mostEvents = 100;

/** What an event holds; folded up when it is much. @param {object} data */
function detailsOf(data) {
  const short = JSON.stringify(data);
  if (short.length <= 80) return element('code', {}, short);
  const text = JSON.stringify(data, null, 2);
  const block = element('pre', { tabindex: '0' }, element('code', {}, text));
  return element('details', {}, element('summary', {}, 'What it holds'), block);
}

/**
 * The timeline of the appointment that the reader works with, shown beside the last answer and kept
 * up to date: soon after each call, then ever less often, and not while the page is out of sight.
 * @param {import('./access.js').Access} access
 */
export function openTimeline(access) {
  const list = element('ol', { class: 'events' });
  const title = element('h4', {});
  const note = element('p', { class: 'note' });
  const panel = element(
    'section',
    { class: 'timeline', 'aria-label': 'Timeline' },
    title,
    list,
    note,
  );
  /** @type {string | null} */
  let path = null;
  let waitMs = firstWaitMs;
  /** @type {number | undefined} */
  let timer;
  /** Of answers that cross, only the one to the latest question counts. */
  let question = 0;

  async function ask() {
    clearTimeout(timer);
    if (path === null || document.hidden) return;
    const asked = ++question;
    try {
      const answer = await send(
        {
          operation: '',
          method: 'GET',
          path,
          query: [['per_page', String(mostEvents)]],
          headers: [],
          access: 'token',
        },
        access.authorizationFor('token'),
      );
      if (asked !== question) return;
      if (answer.status === 200) show(answer.json.data);
      note.textContent =
        answer.status === 200 ? 'New events appear by themselves.' : String(answer.json?.message);
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return;
    } catch {
      note.textContent = 'The server does not answer; the page goes on asking.';
    }
    if (asked !== question) return;
    timer = setTimeout(ask, waitMs);
    waitMs = Math.min(waitMs * 1.5, longestWaitMs);
  }

  /** @param {{ type: string, occurred_at: string, actor: { kind: string }, data: object }[]} events */
  function show(events) {
    const shown = list.childElementCount;
    for (const { type, occurred_at: at, actor, data } of events.slice(shown)) {
      list.append(
        element(
          'li',
          {},
          element('strong', {}, type.replace('appointment.', '')),
          ` by ${actor.kind} `,
          element('time', { datetime: at }, `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`),
          ...(Object.keys(data).length > 0 ? [detailsOf(data)] : []),
        ),
      );
      if (shown > 0) say(`New event: ${type.replace('appointment.', '')}`);
    }
  }

  document.addEventListener('visibilitychange', () => void ask());

  return {
    /**
     * Shows an appointment's timeline in this place from now on.
     * @param {string} eventsPath
     * @param {string | null} name when the answer said it
     * @param {HTMLElement} place
     */
    follow(eventsPath, name, place) {
      if (path !== eventsPath) {
        list.replaceChildren();
        title.textContent = 'Timeline';
      }
      if (name !== null) title.textContent = `Timeline of ${name}`;
      path = eventsPath;
      place.append(panel);
    },
    /** Asks now, and soon again: something may have happened. */
    hurry() {
      waitMs = firstWaitMs;
      void ask();
    },
  };
}
