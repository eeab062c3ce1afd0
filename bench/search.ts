/** How long a search takes in an organisation with a million appointments, for each kind of question. */

import { randomUUID } from 'node:crypto';
import { type Answer, Connection, requestText } from './connection.ts';
import { appointmentsPath } from './example.ts';
import { percentile, print, printVerdicts } from './report.ts';
import { addOrganisation, createTemplate } from './seed.ts';
import {
  type Anteroom,
  accessToken,
  anteroomDatabase,
  startAnteroom,
  superuser,
} from './servers.ts';

const limitMilliseconds = 50;
const rounds = 60;

/** The commonest names, and behind them a tail of made-up ones that nobody else has. */
const firstNames =
  'john,mary,david,sarah,james,emma,michael,anna,robert,laura,william,sophie,thomas,julia,daniel,maria,peter,claire,paul,lucy,mark,alice,george,helen,stephen,ruth,andrew,jane,kevin,karen,jürgen,zoë,yusuf,priya,samuel,olivia,adam,grace,simon,nadia,omar,fatima,ivan,olga,pierre,chloe,kofi,ama';
const lastNames =
  'smith,jones,taylor,brown,williams,wilson,johnson,davies,patel,wright,müller,khan,evans,thomas,roberts,green,walker,hall,wood,clarke,jackson,o’brien,lewis,harris,martin,cooper,king,lee,baker,hill';

interface Question {
  name: string;
  body: object;
}

const soon = new Date(Date.now() + 86_400_000).toISOString();

const questions: Question[] = [
  { name: 'a common name: smith', body: { q: 'smith' } },
  { name: 'a common first name: john', body: { q: 'john' } },
  { name: 'both: smi joh', body: { q: 'smi joh' } },
  { name: 'single letters: a b', body: { q: 'a b' } },
  { name: 'many letters: a b c d e', body: { q: 'a b c d e' } },
  { name: 'a rare name: jarlinton', body: { q: 'jarlinton' } },
  { name: 'two common words that never meet', body: { q: 'smith jones' } },
  { name: 'a word that matches nothing', body: { q: 'qqqqq' } },
  { name: 'nothing beside a common word', body: { q: 'john qqqqq' } },
  { name: 'an umlaut: müller', body: { q: 'müller' } },
  { name: 'an email address', body: { q: 'john.smith7@' } },
  { name: 'a common domain', body: { q: 'gmail.com' } },
  { name: 'a rare domain', body: { q: 'host9321.example' } },
  { name: 'a phone number', body: { q: '020 7000 4321' } },
  { name: 'last digits', body: { q: '4321' } },
  { name: 'a reference', body: { q: 'ref-2-500000' } },
  { name: 'an old year’s references', body: { q: 'ref-0' } },
  { name: 'an old year’s smiths', body: { q: 'ref-0 smith' } },
  { name: 'smith, by time', body: { q: 'smith', sort: 'appointment_at' } },
  { name: 'smi joh, by change', body: { q: 'smi joh', sort: '-updated_at' } },
  { name: 'a b, by time', body: { q: 'a b', sort: '-appointment_at' } },
  { name: 'nothing, by time', body: { q: 'qqqqq', sort: 'appointment_at' } },
  { name: 'smith, cancelled', body: { q: 'smith', status: ['cancelled'] } },
  { name: 'john, waiting (rare)', body: { q: 'john', status: ['waiting'] } },
  { name: 'smith, from tomorrow', body: { q: 'smith', appointment_from: soon } },
  { name: 'smith, oldest first', body: { q: 'smith', sort: 'created_at' } },
].flatMap(({ name, body }) => [
  { name: `${name}`, body: { ...body, cursor: '' } },
  { name: `${name}, numbered`, body },
]);

/** Measures and prints; true when every limit is kept. */
export async function measureSearch(
  folder: string,
  defer: (close: () => unknown) => void,
  count: number,
): Promise<boolean> {
  const anteroom = await startAnteroom(folder);
  defer(anteroom.stop);
  const asked = async <Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> => {
    const connection = await Connection.open(anteroom.url);
    const ask: Ask = (request) =>
      new Promise((resolve, reject) => connection.send(request, resolve, reject));
    return work(ask).finally(() => connection.close());
  };
  // The server closes a connection that is silent for as long as the seeding takes.
  const template = await asked((ask) => createTemplate(anteroom, ask));
  const headers = await seed(anteroom, template, count);
  return asked((ask) => measure(ask, headers, count));
}

type Ask = (request: string) => Promise<Answer>;

async function measure(ask: Ask, headers: Record<string, string>, count: number): Promise<boolean> {
  const search = async (body: object): Promise<Answer> => {
    // The connection writes one byte a character.
    const text = JSON.stringify(body).replace(
      /[^\x20-\x7e]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const own = { ...headers, 'content-type': 'application/json' };
    const answer = await ask(requestText('POST', `${appointmentsPath}/search`, own, text));
    if (answer.status !== 200) throw new Error(`${text} was answered\n${answer.bytes}`);
    return answer;
  };
  const measured = questions.map((question) => ({ ...question, times: [] as number[], found: '' }));
  for (let round = 0; round < rounds; round += 1) {
    for (const question of measured) {
      const answer = await search(question.body);
      question.times.push(answer.milliseconds);
      question.found = describe(answer);
    }
  }
  print();
  print(`Milliseconds of a search among ${count} appointments, one at a time, 95 of 100 answers:`);
  return printVerdicts(
    measured.map(({ name, times, found }) => ({
      name,
      value: percentile(times, 0.95),
      limit: limitMilliseconds,
      want: 'at most' as const,
      note: `   (half: ${percentile(times, 0.5).toFixed(1)}; ${found})`,
    })),
  );
}

/** How many results the answer has, and whether there are more. */
function describe({ bytes }: Answer): string {
  const { data, meta } = JSON.parse(bytes.toString('utf8', bytes.indexOf('\r\n\r\n')));
  if ('total' in meta) return `${meta.total}${meta.is_total_exact ? '' : ' or more'}`;
  return `${data.length}${meta.next_cursor ? ', more behind' : ''}`;
}

/**
 * Makes an organisation with so many appointments over three years, each a copy of the template but
 * for what tells them apart: common names, rare ones, a few domains that many share.
 */
async function seed({ database, url }: Anteroom, template: string, count: number) {
  print(`seeding ${count} appointments`);
  const client = await superuser(database, anteroomDatabase);
  const [organisation, clientId, secret] = [randomUUID(), randomUUID(), randomUUID()];
  const host = `${organisation}.example`;
  try {
    await addOrganisation(client, { organisation, clientId, secret, host, count });
    // The terms are written in one go behind the rows.
    await client.query(`set session_replication_role = replica`);
    await client.query(
      `with syllable as (
         select row_number() over () as n, one || two || three as name
         from unnest(string_to_array('bar,cal,dun,el,far,gor,hol,ing,jar,kel,lam,mor,nor,os,par,quin,ros,san,tur,vin,wal,yor,zan', ',')) one,
           unnest(string_to_array('a,e,i,o,ber,den,lin,ster,ing,ow', ',')) two,
           unnest(string_to_array('son,ton,ley,man,ford,well,by,ski,ez,ini,ard,ham', ',')) three),
       first_name as materialized (select string_to_array($4, ',') as names),
       last_name as materialized (
         select string_to_array($5, ',') || (select array_agg(name order by n) from syllable) as names)
       insert into appointments
       select made.*
       from appointments template, first_name, last_name, generate_series(1, $3::integer) number,
         lateral (select now() - ($3 - number) * interval '95 seconds' * (1e6 / $3) as time) instant,
         lateral (select
           first_name.names[1 + trunc(cardinality(first_name.names) * power(random(), 1.3) + number * 0)::integer] as first,
           last_name.names[1 + trunc(cardinality(last_name.names) * power(random(), 2) + number * 0)::integer] as last,
           random() + number * 0 as luck) person,
         lateral (select
           'REF-' || number * 3 / $3 || '-' || number as reference,
           initcap(first) || ' ' || initcap(last) as name,
           first || '.' || folded(last) || number % 1000 || '@' || case
             when luck < 0.4 then 'gmail.com' when luck < 0.6 then 'outlook.com'
             else 'host' || (luck * 10000)::integer || '.example' end as email,
           '+4420' || 70000000 + (luck * 9999999)::integer as phone) said,
         lateral jsonb_populate_record(template, jsonb_build_object(
           'organisation_id', $1::uuid,
           'id', uuidv7(time - now()),
           'reference', said.reference,
           'status', case when luck < 0.00001 then 'waiting' when luck < 0.1 then 'cancelled' else 'scheduled' end,
           'claimant_name', name,
           'claimant_email', email,
           'claimant_phone_number', phone,
           'search_text', search_text_of(name, email, phone, said.reference),
           'entry_code', lpad(number::text, 10, '0'),
           'appointment_at', time + (luck * 60) * interval '1 day',
           'created_at', time,
           'updated_at', time + (luck * 30) * interval '1 day')) made
       where template.id = $2`,
      [organisation, template, count, firstNames, lastNames],
    );
    await client.query(
      `insert into search_terms (organisation_id, period, term, appointment_id)
       select organisation_id, search_period(id), left(term, 100), id
       from appointments, string_to_table(search_text, ' ') as term
       where organisation_id = $1 and term <> ''`,
      [organisation],
    );
    await client.query('vacuum analyze appointments, search_terms');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
  const token = await accessToken(url, [clientId, secret]);
  return { host, authorization: `Bearer ${token}` };
}
