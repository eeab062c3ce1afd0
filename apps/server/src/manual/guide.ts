import { eventTypes, limits as requestLimits, scopes } from '@anteroom/contract';
import { type Html, html, verbatim } from '../platform/html.ts';
import type { Operation } from './document.ts';
import { renderSnippets } from './operations.ts';

export interface GuideOptions {
  /** Where the API is, without a slash at the end. */
  address: string;
  /** Requests that a client may make in a minute; 0 is no limit. */
  rateLimitPerMinute: number;
  operations: Operation[];
}

interface Chapter {
  id: string;
  title: string;
  text: Html;
}

const code = (text: string) => html`<code>${text}</code>`;
const block = (text: string) => html`<pre tabindex="0"><code>${verbatim(text)}</code></pre>`;

/** The guide’s chapters, in the order in which a newcomer needs them. */
export function guideChapters(options: GuideOptions): Chapter[] {
  return [
    { id: 'begin', title: 'Begin here', text: begin(options) },
    { id: 'token', title: 'Fetch a token', text: token(options) },
    { id: 'first', title: 'Schedule the first appointment', text: first(options) },
    { id: 'states', title: 'What becomes of it', text: states(options) },
    { id: 'repeat', title: 'Repeat safely', text: repeat() },
    { id: 'errors', title: 'When something is wrong', text: wrong() },
    { id: 'paging', title: 'Read long lists', text: paging(options) },
    { id: 'time', title: 'Times and dates', text: time() },
    { id: 'links', title: 'Links for people', text: links(options) },
    { id: 'versions', title: 'Change without overwriting', text: versions(options) },
    { id: 'limits', title: 'Limits', text: limits(options) },
    { id: 'sandbox', title: 'Test a whole day in a minute', text: sandbox(options) },
  ];
}

/** Whether this server has the operation. */
const has = ({ operations }: GuideOptions, id: string) =>
  operations.some((operation) => operation.id === id);

const operationLink = (options: GuideOptions, id: string, text: string): Html =>
  has(options, id) ? html`<a href="#${id}">${text}</a>` : html`${text}`;

const begin = ({ address }: GuideOptions) => html`
  <p>With Anteroom your organisation holds appointments by video. Your program schedules an
  <em>appointment</em> and gets a link back. You give that link to the <em>claimant</em>, the person
  the appointment is for. At the time that was agreed the claimant opens it on any phone and waits;
  an <em>agent</em>, someone of your staff, lets them in.</p>
  <p>Everything that your program does goes through the address</p>
  ${block(address)}
  <p>This page has two parts. The guide explains, in the order in which you will need it, what you have
  to know; it takes a quarter of an hour. The <a href="#reference">reference</a> lists every operation
  with its fields, its answers and its errors. It is written by this very server, so it describes what
  runs here. Programs find the same as <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
  <p>For JavaScript and TypeScript, in Node and in browsers, there is <code>@anteroom/sdk</code>. It fetches
  tokens and repeats requests by itself, so that much of this guide is done for you. Whoever runs Anteroom packs it with
  <code>npm run sdk</code>.</p>
  <p class="with-program">Each operation has a form that calls it. What you do there is real: it happens in the
  organisation whose token you use.</p>`;

const token = ({ address }: GuideOptions) => html`
  <p>A program of yours is a <em>client</em>. It has an id and a secret, which you get from whoever
  runs Anteroom for you. The client exchanges both for an access token (OAuth 2, client credentials),
  and sends the token with every request:</p>
  ${block(`export ANTEROOM_CLIENT_ID='…'
export ANTEROOM_CLIENT_SECRET='…'
export ANTEROOM_TOKEN=$(curl --silent ${address}/oauth2/token \\
  --user "$ANTEROOM_CLIENT_ID:$ANTEROOM_CLIENT_SECRET" \\
  --data grant_type=client_credentials | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`)}
  <p>The answer is ${code('{"access_token": "…", "expires_in": 3600, "token_type": "Bearer"}')}. Keep
  the token and use it again: it is good for an hour. Fetch the next one shortly before that, or when a
  request is answered with 401. A token never belongs in an address; there it is refused.</p>
  <p>A client may have two secrets at a time. To change the secret, add the second one, let every
  program take it over, then remove the first.</p>
  <p>What a token may do is said by its scopes. Ask for fewer with ${code('scope')}, separated by spaces;
  without it you get all that the client has.</p>
  <dl class="words">${Object.entries(scopes).map(
    ([scope, about]) => html`<div><dt><code>${scope}</code></dt><dd>${about}</dd></div>`,
  )}</dl>
  <section class="access with-program" aria-labelledby="access">
  <h3 id="access">Your token on this page</h3>
  <p>The forms below send it. What you enter is kept in the memory of this page and nowhere else: not in
  storage, not in the address, not in what you copy. When you close or reload the page it is forgotten.</p>
  <form data-fetch-token autocomplete="off">
  <label>Client id <input name="id" required autocapitalize="none" spellcheck="false"></label>
  <label>Client secret <input name="secret" type="password" required autocomplete="off"></label>
  <button type="submit" disabled>Fetch a token</button>
  </form>
  <form data-paste-token autocomplete="off">
  <label>Or a token that you have <input name="token" type="password" required autocomplete="off"></label>
  <button type="submit" disabled>Use it</button>
  </form>
  <p class="actions"><span data-access-state role="status">No token yet.</span> <button type="button" data-forget disabled>Forget it</button></p>
  </section>`;

const first = (options: GuideOptions) => html`
  <p>Four things are required: a reference, which is your own name for the appointment and different for
  each; when it begins; how many minutes it lasts; and the claimant’s name.</p>
  ${renderSnippets(
    options.address,
    {
      operation: 'scheduleAppointment',
      method: 'POST',
      path: '/api/v1/appointments',
      query: [],
      headers: [],
      access: 'token',
      body: {
        reference: 'PIP-2041',
        appointment_at: '2031-05-20T14:30:00Z',
        duration_in_minutes: 30,
        claimant: { name: 'Maria Nowak' },
      },
    },
    'the first appointment',
  )}
  <p>The answer has status 201. Keep its ${code('id')}: every other operation asks for it. Give
  ${code('url')} to the claimant. All fields are explained at
  ${operationLink(options, 'scheduleAppointment', 'Schedule an appointment')}.</p>
  <p>JSON is not the only way to send a body. A form does as well, as
  ${code('application/x-www-form-urlencoded')} or ${code('multipart/form-data')}, with nested fields in
  brackets: ${code('claimant[name]=Maria Nowak')}. Text is read where a number, a switch or a date is
  due (${code('"30"')}, ${code('"true"')}), and empty text means null.</p>
  <p>A field that we do not know is left out, and the header ${code('Ignored-Fields')} names it. Send
  ${code('Prefer: handling=strict')} while you develop; then it is an error, and typing mistakes come to
  light.</p>`;

const statusWords: [string, string][] = [
  ['scheduled', 'It has been made, or moved to another time. Nobody is waiting.'],
  ['waiting', 'The claimant has said “I am here”.'],
  ['in_progress', 'Claimant and agent are connected.'],
  ['on_hold', 'The agent has stopped the call for a while.'],
  ['completed', 'The call has ended. This is final.'],
  ['cancelled', 'It will not take place. This is final.'],
  ['no_show', 'Nobody came. A person may still correct this.'],
];

const states = (options: GuideOptions) => html`
  <p>An appointment moves from one status to the next. Your program can cancel it before a call has
  begun, report that the claimant has arrived, or that nobody came; the rest happens when people use
  their links, or when time has passed.</p>
  <dl class="words">${statusWords.map(
    ([status, about]) => html`<div><dt><code>${status}</code></dt><dd>${about}</dd></div>`,
  )}</dl>
  <p>A move that is not allowed is answered with 409
  <a href="#error-transition_not_allowed"><code>transition_not_allowed</code></a>, and changes nothing.</p>
  <p>Every move and every change leaves an event, and events are never altered. Together they are the
  appointment’s ${operationLink(options, 'readAppointmentTimeline', 'timeline')}: read it to learn what
  happened, when, and by whom. An event names the fields that changed; it holds no personal data.</p>
  <dl class="words">${Object.entries(eventTypes).map(
    ([type, about]) => html`<div><dt><code>${type}</code></dt><dd>${about}</dd></div>`,
  )}</dl>`;

const repeat = () => html`
  <p>Networks break, sometimes between our answer and your program. You then cannot know whether the
  appointment was made. So that you can simply ask again, send an ${code('Idempotency-Key')} with
  every POST: any text of 1 to 255 printable characters that you use for this one request only, such as
  a UUID.</p>
  ${block('Idempotency-Key: 8f14e45f-ceea-467f-a8d2-5c1c1d0f3b6e')}
  <p>For 24 hours, the same key with the same body gets the first answer again, byte for byte, with the header
  ${code('Idempotency-Replayed: true')}. Nothing is done twice. The same key with another body is
  refused (<a href="#error-idempotency_key_reused"><code>idempotency_key_reused</code></a>). Only what was
  done is remembered: after an error you may mend the body and use the key again.</p>
  <p>The reference protects you too. A second appointment with the same reference is refused, and
  ${code('existing_id')} names the first one.</p>`;

const wrong = () => html`
  <p>Every error of ${code('/api/v1')} has one shape:</p>
  ${block(`{
  "message": "claimant.email must be an email address such as name@example.org, or null.",
  "code": "validation_failed",
  "request_id": "5d9c1d6e-9f43-4a6c-9b0e-1c1b7f6f2a10",
  "errors": {
    "claimant.email": ["claimant.email must be an email address such as name@example.org, or null."]
  }
}`)}
  <p>Let your program decide by ${code('code')}; it is one of a closed list, the
  <a href="#codes">error codes</a> at the end of this page, each with what to do. The ${code('message')} is for
  people. With ${code('validation_failed')}, ${code('errors')} names every field that is not as it
  should be, all at once. Write ${code('request_id')} into your log: with it, the operator finds the
  request. You may also choose it yourself, with the header ${code('X-Request-Id')}.</p>
  <p>Repeat a request that was answered with 429, 500 or 503, after the seconds in
  ${code('Retry-After')} where that is sent, or that got no answer; a POST with the same
  ${code('Idempotency-Key')}. After any other error, first do what the list of codes says.</p>
  <p>The token endpoint answers errors in the shape of OAuth 2 instead:
  ${code('{"error": "invalid_client", "error_description": "…"}')}.</p>`;

const paging = (options: GuideOptions) => html`
  <p>A list is answered in pages of 25, or of ${code('per_page')} entries, at most ${requestLimits.perPage}. There are two ways to go through
  it.</p>
  <p><strong>By number.</strong> ${code('?page=2')} is the second page; ${code('meta.last_page')} and
  ${code('meta.total')} say how many there are, ${code('links.next')} where the next one is. This suits
  people who leaf through.</p>
  <p><strong>By cursor.</strong> Begin with an empty ${code('?cursor=')}, then follow
  ${code('links.next')} until it is null. Every page costs the same, however long the list is, and while
  others schedule, nothing is skipped or shown twice. This suits programs that read everything.</p>
  <p>To keep a copy up to date, remember when you last asked, and ask
  ${operationLink(options, 'listAppointments', 'for appointments')} from a minute before that, with ${code('updated_since')} and
  ${code('sort=updated_at')}.</p>`;

const time = () => html`
  <p>We answer times in UTC with microseconds: ${code('2031-05-20T14:30:00.000000Z')}. Inside
  ${code('meeting')} they have whole seconds and ${code('+00:00')}.</p>
  <p>Send times in ISO 8601. With an offset, ${code('2031-05-20T16:30:00+02:00')}, the time is clear. Without one
  it means UTC, and not the time where you or the claimant are. Dates such as the day of birth have no
  time: ${code('1957-11-02')}.</p>`;

const links = (options: GuideOptions) => html`
  <p>The claimant’s link is ${code('url')}. It ends in a secret, behind ${code('#')}, by which we know
  the claimant; whoever has the link can take the claimant’s place. Send it to nobody else, and do not
  log it. It stays the same when the appointment is moved, and opens until an hour after
  ${code('meeting.end_date')}.</p>
  ${
    has(options, 'readAppointmentLinks') &&
    html`<p>${operationLink(options, 'readAppointmentLinks', 'Links of an appointment')} has a short link for SMS
  and letters with its entry code, and both as QR codes. When a link has come into wrong hands,
  ${operationLink(options, 'rotateAppointmentLinks', 'rotate them')}: the old ones stop working.</p>`
  }
  <p>The host’s link, ${code('meeting.room_url')}, is for your staff. It holds its key only for a token
  with the scope ${code('meetings:host')}.</p>`;

const versions = (options: GuideOptions) => html`
  <p>${operationLink(options, 'changeAppointment', 'A PATCH')} changes the fields that you send and leaves the others; inside
  ${code('claimant')} as well. A required field cannot become null.</p>
  <p>When two programs change the same appointment, the second one may undo the first without knowing. To prevent
  that, keep the ${code('ETag')} of the answer that you read, and send it back:</p>
  ${block('If-Match: "3"')}
  <p>If the appointment has changed meanwhile, you get 412
  <a href="#error-version_mismatch"><code>version_mismatch</code></a>: read it again, and decide anew.</p>`;

const limits = ({ rateLimitPerMinute }: GuideOptions) => html`
  <dl class="words">
  <div><dt>Requests</dt><dd>${
    rateLimitPerMinute > 0
      ? html`${rateLimitPerMinute.toLocaleString('en')} a minute for each client. ${code('RateLimit')} says how many are left (${code('r')}) and in how many seconds they are full again (${code('t')}). Above that: 429 with ${code('Retry-After')}.`
      : html`This server sets no limit.`
  }</dd></div>
  <div><dt>Failed token requests</dt><dd>30 a minute from one network address.</dd></div>
  <div><dt>A body</dt><dd>${requestLimits.bodyBytes / 1024} KiB, unless the operation says otherwise.</dd></div>
  <div><dt>Headers</dt><dd>16 KiB together.</dd></div>
  <div><dt>A request</dt><dd>has to arrive within 15 seconds.</dd></div>
  <div><dt>A page of a list</dt><dd>${requestLimits.perPage} entries.</dd></div>
  </dl>`;

const sandbox = (options: GuideOptions) => html`
  <p>In a sandbox the clock stands still until somebody moves it. So a test can schedule an appointment
  for three o’clock, move the clock to five minutes to three, report that the claimant has arrived, and move
  it on to the next day to see what becomes of an appointment that nobody attended; all within
  seconds. An installation is a sandbox from its first start
  (${code('SANDBOX_CLOCK=2030-01-01T08:00:00Z')}) or never, so no real one can become one by mistake.</p>
  <p>Every answer of a sandbox has the header ${code('Sandbox-Clock')} with the time there. The clock goes
  forward only. ${
    has(options, 'moveSandboxClock') &&
    html`${operationLink(options, 'moveSandboxClock', 'Move it through the API')}, or move it on the server:`
  }${!has(options, 'moveSandboxClock') && 'Move it on the server:'}</p>
  ${block('npm run anteroom -- clock set 2030-01-01T09:00:00Z')}
  <p>Tokens and limits go by real time.</p>`;
