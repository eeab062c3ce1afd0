import Type, { type Static } from 'typebox';
import { featureAnswers } from './appointments.ts';
import { paging } from './lists.ts';
import { instant, nullable, word } from './schema.ts';
import { scopeNames } from './scopes.ts';

/** The query of the lists of what an organisation has set. */
export const settingsRequest = Type.Object(paging);

/** A department, with the switches that a new appointment of it begins with. */
export const departmentAnswer = Type.Object(
  { id: Type.Integer(), name: Type.String(), ...featureAnswers },
  { title: 'Department' },
);

/** Who calls, for whom, and within which limits: `GET /api/v1/me`. */
export const meAnswer = Type.Object(
  {
    client: Type.Object({ id: Type.String(), name: Type.String() }),
    scopes: Type.Array(word(scopeNames), { description: 'Of this token.' }),
    organisation: Type.Object(
      {
        name: Type.String(),
        country: Type.String({
          description: 'ISO 3166-1; national phone numbers are read with it.',
        }),
        time_zone: Type.String({ description: 'IANA.' }),
        public_url: Type.String({ description: 'Where its pages and its API live.' }),
        redirect_hosts: Type.Array(Type.String(), {
          description:
            'Hosts that addresses for after a call must be on; `*.` stands for every host below. Empty is any host.',
        }),
        ...featureAnswers,
      },
      { description: 'With the switches that a new appointment without a department begins with.' },
    ),
    limits: Type.Object({
      requests_per_minute: nullable(Type.Integer({ description: 'Null is no limit.' })),
      body_bytes: Type.Integer(),
      bulk_body_bytes: Type.Integer(),
      bulk_rows: Type.Integer(),
      per_page: Type.Integer(),
    }),
    is_sandbox: Type.Boolean({
      description: 'A sandbox’s clock stands until it is moved.',
    }),
    sandbox_clock_at: nullable(
      instant({ description: 'Where the sandbox’s clock stands; null in real time.' }),
    ),
  },
  { title: 'Me' },
);

export type DepartmentAnswer = Static<typeof departmentAnswer>;
export type MeAnswer = Static<typeof meAnswer>;
