import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sweepAppointments } from '../../src/appointments/index.ts';
import { makeStaff, signIn } from '../access/pages.ts';
import { type CallOptions, startTestServer, type TestServer } from '../harness.ts';
import { openPostOffice } from './post-office.ts';

const office = await openPostOffice();
const waitFor = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 15_000, interval: 50 });

const from = (to: string) => office.delivered.filter((mail) => mail.to.includes(to));

/** Unless told otherwise in a week, so that nothing is due by time alone. */
const inDays = (days: number) =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 11)}10:00:00Z`;

let count = 0;

describe('mail', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ mail: { smtpUrl: office.url, from: null } });
  });
  afterAll(async () => {
    await anteroom.close();
    await office.close();
  });

  async function schedule(fields: object = {}, claimant: object = {}, options: CallOptions = {}) {
    count += 1;
    const email = `claimant-${count}@example.org`;
    const { json } = await anteroom.call('POST', '/api/v1/appointments', {
      ...options,
      body: {
        reference: `mail-${count}`,
        appointment_at: inDays(7),
        duration_in_minutes: 30,
        claimant: { name: 'Zoë <b>O’Neill</b>', email, ...claimant },
        ...fields,
      },
    });
    return { email, ...json.data } as { email: string; id: string; url: string };
  }
  const settled = (id: string) =>
    anteroom.testDatabase.query<{ kind: string; reason: string; state: string }>(
      `select kind, reason, case when sent_at is not null then 'sent' when dropped_at is not null then 'dropped'
         when failed_at is not null then 'failed' else 'due' end as state
       from messages where appointment_id = $1 order by kind`,
      [id],
    );

  it('invites once, with the link, the code, and a calendar entry', async () => {
    const { id, email, url } = await schedule();
    await waitFor(() => expect(from(email)).toHaveLength(1));
    const [mail] = from(email);
    const text = mail?.parts.get('text/plain') ?? '';
    expect(text).toContain(url);
    expect(text).toContain('Zoë <b>O’Neill</b>');
    expect(text).toMatch(/type this code: [0-9A-Z]{10}/);
    expect(text).toMatch(/When: \w+, \d+ \w+ \d{4}, 1[01]:00 \(.+\)/);
    expect([...(mail?.parts.keys() ?? [])]).not.toContain('text/html');
    const calendar = mail?.parts.get('text/calendar') ?? '';
    expect(calendar).toMatch(new RegExp(`UID:${id}@visits-1.example.org`));
    expect(calendar).toContain('METHOD:PUBLISH');
    expect(mail?.headers.get('message-id')).toContain(`${id}.1.invitation.0@`);
    await waitFor(async () =>
      expect(await settled(id)).toEqual([{ kind: 'invitation', reason: null, state: 'sent' }]),
    );
  });

  it('tells of another time with the same entry moved, and of a cancellation with it removed', async () => {
    const { id, email } = await schedule();
    await waitFor(() => expect(from(email)).toHaveLength(1));
    await anteroom.call('PATCH', `/api/v1/appointments/${id}`, {
      body: { appointment_at: inDays(9) },
    });
    await waitFor(() => expect(from(email)).toHaveLength(2));
    expect(from(email)[1]?.headers.get('subject')).toMatch(/^New time/);
    await anteroom.call('POST', `/api/v1/appointments/${id}/cancel`, { body: {} });
    await waitFor(() => expect(from(email)).toHaveLength(3));
    const calendars = from(email).map((mail) => mail.parts.get('text/calendar') ?? '');
    const uids = calendars.map((calendar) => /UID:(.+)/.exec(calendar)?.[1]);
    expect(new Set(uids).size).toBe(1);
    const sequences = calendars.map((calendar) => Number(/SEQUENCE:(\d+)/.exec(calendar)?.[1]));
    expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
    expect(new Set(sequences).size).toBe(3);
    expect(calendars[2]).toContain('METHOD:CANCEL');
    expect(from(email)[2]?.parts.get('text/plain')).not.toContain('#');
  });

  it('writes in the claimant’s language and zone, with ours beside it', async () => {
    const { email } = await schedule({
      appointment_at: `${new Date().getUTCFullYear() + 1}-01-15T10:00:00Z`,
      extensions: { language: 'cy-GB', time_zone: 'Asia/Karachi' },
    });
    await waitFor(() => expect(from(email)).toHaveLength(1));
    const text = from(email)[0]?.parts.get('text/plain') ?? '';
    expect(text).toMatch(/^Helo /);
    expect(text).toContain('15:00');
    expect(text).toContain('10:00');
    expect(from(email)[0]?.headers.get('content-language')).toBe('cy');
  });

  it('sends the invitation again when staff ask for it, each time', async () => {
    const { id, email } = await schedule();
    await waitFor(() => expect(from(email)).toHaveLength(1));
    const staff = await makeStaff(anteroom, anteroom.organisations[0]);
    const page = await signIn(anteroom, staff.email);
    for (const time of [2, 3]) {
      const path = `/portal/api/appointments/${id}/send-again`;
      expect((await page.call('POST', path, {})).status).toBe(200);
      await waitFor(() => expect(from(email)).toHaveLength(time));
    }
    const ids = from(email).map((mail) => mail.headers.get('message-id'));
    expect(new Set(ids).size).toBe(3);
    const silent = await schedule({}, { email: null });
    const refused = await page.call('POST', `/portal/api/appointments/${silent.id}/send-again`, {});
    expect(refused.status).toBe(409);
    expect(refused.json.message).toBe('The claimant has no email address to send to.');
  });

  it('sends nothing to a practice person, and nothing where there is no address', async () => {
    const practice = await schedule({ extensions: { practice: true } });
    const silent = await schedule({}, { email: null });
    await waitFor(async () =>
      expect(await settled(silent.id)).toEqual([
        { kind: 'invitation', reason: 'no_address', state: 'dropped' },
      ]),
    );
    expect(await settled(practice.id)).toEqual([]);
    expect(from(practice.email)).toEqual([]);
  });

  it('tries again when the post office is busy, and holds up nobody else meanwhile', async () => {
    office.refusals.push({ responseCode: 451 });
    const first = await schedule();
    await waitFor(async () =>
      expect(await settled(first.id)).toEqual([
        { kind: 'invitation', reason: '451', state: 'due' },
      ]),
    );
    const second = await schedule();
    await waitFor(() => expect(from(second.email)).toHaveLength(1));
    expect(from(first.email)).toEqual([]);
    await anteroom.testDatabase.query(
      'update messages set due_at = clock_timestamp() where appointment_id = $1',
      [first.id],
    );
    await waitFor(() => expect(from(first.email)).toHaveLength(1));
  });

  it('gives up at once where the address is refused for good', async () => {
    office.refusals.push({ responseCode: 550 });
    const { id, email } = await schedule();
    await waitFor(async () =>
      expect(await settled(id)).toEqual([{ kind: 'invitation', reason: '550', state: 'failed' }]),
    );
    expect(from(email)).toEqual([]);
  });

  it('keeps organisations apart: each is written for by its own name and address', async () => {
    const { email, url } = await schedule({}, {}, { as: anteroom.organisations[1] });
    await waitFor(() => expect(from(email)).toHaveLength(1));
    expect(from(email)[0]?.parts.get('text/plain')).toContain('Organisation 2');
    expect(from(email)[0]?.parts.get('text/plain')).not.toContain('Organisation 1');
    expect(url).toContain('visits-2');
  });
});

describe('many at once', () => {
  it('are each sent, and none twice', async () => {
    const other = await openPostOffice();
    const anteroom = await startTestServer({ mail: { smtpUrl: other.url, from: null } });
    try {
      const made = await Promise.all(
        Array.from({ length: 60 }, (_nothing, index) =>
          anteroom.call('POST', '/api/v1/appointments', {
            body: {
              reference: `many-${index}`,
              appointment_at: inDays(7),
              duration_in_minutes: 30,
              claimant: { name: 'A', email: `many-${index}@example.org` },
            },
          }),
        ),
      );
      expect(made.map(({ status }) => status)).toEqual(Array(60).fill(201));
      await waitFor(() => expect(other.delivered.length).toBeGreaterThanOrEqual(60));
      await waitFor(async () => {
        const [left] = await anteroom.testDatabase.query<{ count: string }>(
          'select count(*) from messages where sent_at is null',
        );
        expect(left?.count).toBe('0');
      });
      expect(new Set(other.delivered.flatMap(({ to }) => to)).size).toBe(60);
      expect(other.delivered).toHaveLength(60);
    } finally {
      await anteroom.close();
      await other.close();
    }
  });
});

describe('without mail', () => {
  it('queues nothing, and makes nothing up for later', async () => {
    const anteroom = await startTestServer();
    try {
      await anteroom.call('POST', '/api/v1/appointments', {
        body: {
          reference: 'silent',
          appointment_at: inDays(7),
          duration_in_minutes: 30,
          claimant: { name: 'A', email: 'silent@example.org' },
        },
      });
      expect(await anteroom.testDatabase.query('select * from messages')).toEqual([]);
    } finally {
      await anteroom.close();
    }
  });
});

describe('a no-show', () => {
  it('is never made by time alone of somebody whose invitation is known to have failed', async () => {
    const other = await openPostOffice();
    const anteroom = await startTestServer({
      sandboxAt: '2030-01-01T09:00:00Z',
      mail: { smtpUrl: other.url, from: null },
    });
    try {
      const schedule = async (reference: string, at = '2030-01-01T12:00:00Z') => {
        const { json } = await anteroom.call('POST', '/api/v1/appointments', {
          body: {
            reference,
            appointment_at: at,
            duration_in_minutes: 30,
            claimant: { name: 'A', email: `${reference}@example.org` },
          },
        });
        await waitFor(async () => {
          const settled = await anteroom.testDatabase.query(
            'select from messages where appointment_id = $1 and (failed_at is not null or sent_at is not null)',
            [json.data.id],
          );
          expect(settled).toHaveLength(1);
        });
        return json.data.id as string;
      };
      const reached = await schedule('reached');
      other.refusals.push({ responseCode: 550 });
      const unreached = await schedule('unreached');
      await anteroom.setClock('2030-01-02T12:00:00Z');
      await sweepAppointments(anteroom.database);
      const statusOf = async (id: string) =>
        (await anteroom.call('GET', `/api/v1/appointments/${id}`)).json.data.status;
      expect(await statusOf(reached)).toBe('no_show');
      expect(await statusOf(unreached)).toBe('scheduled');
      // Eight days later it is cancelled, undecided, and nobody is told that it will not take place.
      await anteroom.setClock('2030-01-10T12:00:00Z');
      await sweepAppointments(anteroom.database);
      expect(await statusOf(unreached)).toBe('cancelled');
      await schedule('next', '2030-02-01T12:00:00Z');
      const kinds = await anteroom.testDatabase.query(
        'select kind from messages where appointment_id = $1',
        [unreached],
      );
      expect(kinds).toEqual([{ kind: 'invitation' }]);
    } finally {
      await anteroom.close();
      await other.close();
    }
  });
});
