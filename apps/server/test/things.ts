import { appointmentBody, type TestServer } from './harness.ts';

type Organisation = TestServer['organisations'][number];

/** What a path’s parameter names, made anew for an organisation; gives its id. */
const makers: Record<string, (anteroom: TestServer, as: Organisation) => Promise<string>> = {
  '/api/v1/appointments/{id}': async (anteroom, as) => (await makeAppointment(anteroom, as)).id,
  '/portal/api/appointments/{id}': async (anteroom, as) => (await makeAppointment(anteroom, as)).id,
};

export async function makeAppointment(anteroom: TestServer, as: Organisation) {
  const body = appointmentBody({ claimant: { name: 'Nobody Else’s' } });
  const answer = await anteroom.call('POST', '/api/v1/appointments', { body, as });
  if (answer.status !== 201) throw new Error(`no appointment was made: ${answer.text}`);
  return answer.json.data;
}

/** Makes one of an organisation's things for a path to name; blank where it names none. */
export async function makeThing(
  anteroom: TestServer,
  path: string,
  as: Organisation,
): Promise<string> {
  if (!path.includes('{')) return '';
  const make = Object.entries(makers).find(([start]) => path.startsWith(start))?.[1];
  if (!make) throw new Error(`test/things.ts does not say what ${path} names`);
  return make(anteroom, as);
}
