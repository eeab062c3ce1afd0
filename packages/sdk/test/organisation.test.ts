import { scopeNames } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createCustomField,
  createDepartment,
} from '../../../apps/server/src/organisation/index.ts';
import { openDatabase } from '../../../apps/server/src/platform/database/index.ts';
import { startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { type Anteroom, NotFoundError } from '../src/index.ts';
import { type FaultyProxy, startProxy } from './proxy.ts';
import { anteroomOf, appointment, failureOf } from './testing.ts';

describe('what an organisation has, by the SDK', () => {
  let server: TestServer;
  let proxy: FaultyProxy;
  let anteroom: Anteroom;
  let stranger: Anteroom;
  beforeAll(async () => {
    server = await startTestServer();
    const [first, second] = server.organisations;
    const owner = await openDatabase({
      url: server.testDatabase.ownerUrl,
      pipelinedConnections: 1,
      transactionConnections: 1,
    });
    await createDepartment(owner.in(first.id), 'Assessments', {});
    await createDepartment(owner.in(first.id), 'Appeals', {});
    await createDepartment(owner.in(second.id), 'Elsewhere', {});
    await createCustomField(owner.in(first.id), { name: 'Case', type: 'text' });
    await createCustomField(owner.in(second.id), { name: 'Ward', type: 'number' });
    await owner.close();
    proxy = await startProxy(server.url);
    anteroom = anteroomOf(server, { url: proxy.url });
    stranger = anteroomOf(server, {}, second);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  it('tells who calls, and for whom', async () => {
    const [first, second] = server.organisations;
    expect((await anteroom.me()).data).toMatchObject({
      client: { id: first.clientId },
      organisation: { public_url: first.publicUrl },
      scopes: expect.arrayContaining([...scopeNames]),
    });
    expect((await stranger.me()).data.client.id).toBe(second.clientId);
  });

  it('lists departments and custom fields, page after page', async () => {
    const namesOf = async (list: AsyncIterable<{ name: string }>) => {
      const names: string[] = [];
      for await (const { name } of list) names.push(name);
      return names;
    };
    // Settings are seen within a second, and later where the machine is busy.
    const soon = { timeout: 10_000 };
    const departments = () => namesOf(anteroom.departments({ per_page: 1 }));
    await expect.poll(departments, soon).toEqual(['Assessments', 'Appeals']);
    await expect.poll(() => namesOf(stranger.departments()), soon).toEqual(['Elsewhere']);
    await expect.poll(() => namesOf(anteroom.customFields()), soon).toEqual(['Case']);
    await expect.poll(() => namesOf(stranger.customFields()), soon).toEqual(['Ward']);
  });

  it('answers the links of an appointment, and makes them anew once though an answer is lost', async () => {
    const { data } = await anteroom.appointments.schedule(appointment());
    const { data: links } = await anteroom.appointments.links(data.id);
    expect(links.claimant_link.text).toBe(data.url);
    proxy.loseAnswers(1);
    const rotated = await anteroom.appointments.rotateLinks(data.id);
    expect(rotated.isReplayed).toBe(true);
    expect(rotated.data.claimant_link.text).not.toBe(data.url);
    expect((await anteroom.appointments.links(data.id)).data).toEqual(rotated.data);
    for (const call of [
      () => stranger.appointments.links(data.id),
      () => stranger.appointments.rotateLinks(data.id),
    ]) {
      expect(await failureOf(call())).toBeInstanceOf(NotFoundError);
    }
  });
});
