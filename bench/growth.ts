/** Whether a list costs the same when an organisation has a thousand times as much. */

import { randomUUID } from 'node:crypto';
import { type Answer, Connection, requestText } from './connection.ts';
import { appointmentsPath } from './example.ts';
import { median, print, printVerdicts } from './report.ts';
import { addOrganisation, createTemplate } from './seed.ts';
import {
  type Anteroom,
  accessToken,
  anteroomDatabase,
  startAnteroom,
  superuser,
} from './servers.ts';

const smallCount = 1_000;
const rounds = 300;
const walkedPerPage = 100;

/** Measures and prints; true when every limit is kept. */
export async function measureGrowth(
  folder: string,
  defer: (close: () => unknown) => void,
  largeCount: number,
): Promise<boolean> {
  const anteroom = await startAnteroom(folder);
  defer(anteroom.stop);
  const connection = await Connection.open(anteroom.url);
  defer(() => connection.close());
  const ask = (request: string) =>
    new Promise<Answer>((resolve, reject) => connection.send(request, resolve, reject));

  const template = await createTemplate(anteroom, ask);
  const small = await seed(anteroom, template, smallCount);
  const large = await seed(anteroom, template, largeCount);

  const get = async (headers: Record<string, string>, query: string): Promise<Answer> => {
    const answer = await ask(requestText('GET', `${appointmentsPath}?${query}`, headers));
    if (answer.status !== 200) throw new Error(`answered\n${answer.bytes}`);
    return answer;
  };
  /** The query of a page in the middle of all rows, reached as anybody would: page by page. */
  const middlePage = async (headers: Record<string, string>, count: number) => {
    let cursor = '';
    for (let passed = 0; passed < count / 2; passed += walkedPerPage) {
      const { bytes } = await get(headers, `per_page=${walkedPerPage}&cursor=${cursor}`);
      const { meta } = JSON.parse(bytes.toString('utf8', bytes.indexOf('\r\n\r\n')));
      cursor = encodeURIComponent(meta.next_cursor);
    }
    return `cursor=${cursor}`;
  };

  print('walking to the middle of both lists');
  const pages = [
    { name: 'by cursor, first page', small: 'cursor=', large: 'cursor=', limit: 1.3 },
    {
      name: 'by cursor, in the middle',
      small: await middlePage(small, smallCount),
      large: await middlePage(large, largeCount),
      limit: 1.3,
    },
    { name: 'page-numbered, first page', small: 'page=1', large: 'page=1', limit: 3 },
  ].map((page) => ({ ...page, smallTimes: [] as number[], largeTimes: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const page of pages) {
      page.smallTimes.push((await get(small, page.small)).milliseconds);
      page.largeTimes.push((await get(large, page.large)).milliseconds);
    }
  }

  print();
  print(`Median time of a list of 25, ${largeCount} rows against ${smallCount}:`);
  return printVerdicts(
    pages.map(({ name, limit, smallTimes, largeTimes }) => {
      const [few, many] = [median(smallTimes), median(largeTimes)];
      return {
        name,
        value: many / few,
        limit,
        want: 'at most',
        note: `   (${few.toFixed(2)} ms, ${many.toFixed(2)} ms)`,
      };
    }),
  );
}

/**
 * Makes an organisation with so many appointments, one a second up to now, each a copy of the
 * template in every column but those that must differ. Answers the headers that speak for it.
 */
async function seed({ database, url }: Anteroom, template: string, count: number) {
  print(`seeding ${count} appointments`);
  const client = await superuser(database, anteroomDatabase);
  const [organisation, clientId, secret] = [randomUUID(), randomUUID(), randomUUID()];
  const host = `${organisation}.example`;
  try {
    await addOrganisation(client, { organisation, clientId, secret, host, count });
    await client.query(
      `insert into appointments
       select made.*
       from appointments template, generate_series(1, $3::integer) number,
         lateral (select now() - ($3 - number) * interval '1 second' as time) instant,
         lateral jsonb_populate_record(template, jsonb_build_object(
           'organisation_id', $1::uuid,
           'id', uuidv7(time - now()),
           'reference', 'GROWTH' || number,
           'entry_code', lpad(number::text, 10, '0'),
           'created_at', time,
           'updated_at', time)) made
       where template.id = $2`,
      [organisation, template, count],
    );
    await client.query('vacuum analyze appointments');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
  const token = await accessToken(url, [clientId, secret]);
  return { host, authorization: `Bearer ${token}` };
}
