import { describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer } from '../harness.ts';
import { linkOf, makeStaff, openPage, password } from './pages.ts';

describe('the log', () => {
  it('holds nothing that opens anything, and nobody’s name (threats T4)', async () => {
    let log = '';
    const anteroom = await startTestServer({
      log: {
        write(line) {
          log += line;
        },
      },
    });
    const [mine] = anteroom.organisations;
    const { json } = await anteroom.call('POST', '/api/v1/appointments', {
      body: appointmentBody({
        reference: 'canary-reference',
        appointment_at: new Date(Date.now() + 600_000).toISOString(),
        claimant: { name: 'Canary Claimant', email: 'canary@example.org' },
      }),
    });
    const { id } = json.data;
    const links = await anteroom.call('GET', `/api/v1/appointments/${id}/links`);
    const code: string = links.json.data.entry_code.text;
    const link = linkOf(json.data.url);
    const room = new URL(json.data.meeting.room_url);
    const { email } = await makeStaff(anteroom, mine);

    const claimant = openPage(anteroom);
    await claimant.call('GET', `/j/${code}`);
    await claimant.call('POST', '/client-web/api/session', { entry_code: code });
    const byCode = claimant.cookie();
    await claimant.call('POST', '/client-web/api/session', link);
    for (const command of ['arrive', 'ticket', 'leave', 'knock', 'cancel']) {
      await claimant.call('POST', `/client-web/api/visit/${command}`, {});
    }
    const staff = openPage(anteroom);
    await staff.call('POST', '/portal/api/session', { email, password: 'wrong-canary' });
    await staff.call('POST', '/portal/api/session', { email, password });
    await staff.call('POST', '/portal/api/search', { q: 'Canary' });
    const ticket = await staff.call('POST', '/portal/api/ticket');
    const host = openPage(anteroom);
    const key = {
      room: room.pathname.split('/').at(-1),
      room_key: room.searchParams.get('roomKey'),
    };
    await host.call('POST', '/portal/api/host-session', key);
    await host.call('GET', `${room.pathname}${room.search}`);
    // Faults and unknown addresses are logged as well.
    await claimant.call('POST', '/client-web/api/session', { token: { not: link.token } });
    await claimant.call('GET', `/client-web/nowhere?reference=canary-reference#${link.token}`);

    const heldBy = (cookie: string | null) => cookie?.split('=').at(1) as string;
    const secrets = {
      ...{
        token: link.token,
        code,
        roomKey: key.room_key as string,
        password,
        wrong: 'wrong-canary',
      },
      ...{ visit: heldBy(claimant.cookie()), byCode: heldBy(byCode) },
      ...{ staff: heldBy(staff.cookie()), host: heldBy(host.cookie()) },
      ...{ ticket: ticket.json.data.ticket, reference: 'canary', name: 'Canary', email },
    };
    await anteroom.close();
    expect(log.split('\n').length).toBeGreaterThan(15);
    const found = Object.entries(secrets).filter(
      ([, secret]) => !secret || log.toLowerCase().includes(secret.toLowerCase()),
    );
    expect(found).toEqual([]);
  });
});
