import { defaultFeatures } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/departments';

/** Settings are seen within a second, and later where the machine is busy. */
const soon = { timeout: 10_000 };

describe('the departments', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
    const [first, second] = anteroom.organisations;
    const { query } = anteroom.testDatabase;
    await query('update organisations set features = $2 where id = $1', [
      first.id,
      { features_messages_chat_enable: true, features_bandwidth: 'low' },
    ]);
    const insert =
      'insert into departments (organisation_id, id, name, features) values ($1, $2, $3, $4)';
    await query(insert, [first.id, 1, 'Assessments', { features_bandwidth: 'high' }]);
    await query(insert, [first.id, 2, 'Appeals', {}]);
    await query(insert, [first.id, 3, 'Reviews', { features_messages_chat_enable: false }]);
    await query(insert, [second.id, 1, 'Elsewhere', {}]);
  });
  afterAll(() => anteroom.close());

  const list = (query = '', options = {}) => anteroom.call('GET', `${path}${query}`, options);
  const idsOf = ({ json }: { json: { data: { id: number }[] } }) => json.data.map(({ id }) => id);

  it('are listed with the switches that their appointments begin with', async () => {
    await expect.poll(async () => idsOf(await list()), soon).toEqual([1, 2, 3]);
    const { json } = await list();
    const inherited = { ...defaultFeatures, features_messages_chat_enable: true };
    expect(json.data).toEqual([
      { id: 1, name: 'Assessments', ...inherited, features_bandwidth: 'high' },
      { id: 2, name: 'Appeals', ...inherited, features_bandwidth: 'low' },
      {
        id: 3,
        name: 'Reviews',
        ...inherited,
        features_messages_chat_enable: false,
        features_bandwidth: 'low',
      },
    ]);
    for (const { id, name, ...switches } of json.data) {
      const made = await anteroom.call('POST', '/api/v1/appointments', {
        body: appointmentBody({ department: name }),
      });
      expect(made.json.data).toMatchObject({ department: { id, name }, ...switches });
    }
  });

  it('are listed in pages, by number and by cursor', async () => {
    const page = await list('?per_page=2&page=2');
    expect(idsOf(page)).toEqual([3]);
    expect(page.json.meta).toMatchObject({
      current_page: 2,
      from: 3,
      to: 3,
      last_page: 2,
      total: 3,
    });
    expect(page.json.links.prev).toBe(
      'https://visits-1.example.org/api/v1/departments?per_page=2&page=1',
    );
    const follow = async (link: string) => {
      const { pathname, search } = new URL(link);
      return anteroom.call('GET', pathname + search);
    };
    const first = await list('?per_page=2&cursor=');
    expect(idsOf(first)).toEqual([1, 2]);
    expect(first.json.links.prev).toBeNull();
    const second = await follow(first.json.links.next);
    expect(idsOf(second)).toEqual([3]);
    expect(second.json.links.next).toBeNull();
    expect(idsOf(await follow(second.json.links.prev))).toEqual([1, 2]);
    expect(second.json.meta).not.toHaveProperty('total');
  });

  it.each(['cursor=nonsense', 'cursor=eyJzdGFydCI6LTF9', 'page=0', 'per_page=101'])(
    'refuse a page that is none: %s',
    async (query) => {
      const answer = await list(`?${query}`);
      expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed']);
    },
  );

  it('are shown to their own organisation, to who may read', async () => {
    const [first, second] = anteroom.organisations;
    const { json } = await list('', { as: second });
    expect(json.data).toEqual([{ id: 1, name: 'Elsewhere', ...defaultFeatures }]);
    const token = await anteroom.token(first, ['appointments:write', 'clients:manage']);
    expect((await list('', { token })).status).toBe(403);
  });
});
