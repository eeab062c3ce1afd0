import { defaultFeatures, type Features, permissions } from '@anteroom/contract';
import { type Database, statement } from '../platform/database/index.ts';
import type { OrganisationsRow } from '../platform/database/rows.gen.ts';
import { recent } from '../platform/recent.ts';
import type { CustomField } from './custom-fields.ts';

export interface Department {
  readonly id: number;
  readonly name: string;
  readonly features: Partial<Features>;
  readonly phoneNumber: string | null;
  /** What claimants see instead of an agent's own name; null: that name. */
  readonly agentAlias: string | null;
}

/** What an organisation has set, as every request needs it. */
export interface Organisation {
  readonly id: string;
  readonly name: string;
  /** Where its pages and its API live, without a slash at the end. */
  readonly publicUrl: string;
  /** ISO 3166-1 alpha-2; national phone numbers are read with it. */
  readonly country: string;
  readonly timeZone: string;
  readonly features: Partial<Features>;
  readonly departments: readonly Department[];
  /** In their order; the retired ones are among them, because appointments may hold values of them. */
  readonly customFields: readonly CustomField[];
  /** Hosts that redirects may lead to; empty is any. */
  readonly redirectHosts: readonly string[];
  /** Of those who take calls. */
  readonly agentIds: readonly string[];
  /** What the claimant's pages show of it. */
  readonly phoneNumber: string | null;
  readonly privacyUrl: string | null;
  readonly accessibilityUrl: string | null;
  /** `#rrggbb` */
  readonly colour: string | null;
}

type OrganisationRow = Pick<
  OrganisationsRow,
  | 'id'
  | 'name'
  | 'public_url'
  | 'country'
  | 'time_zone'
  | 'redirect_hosts'
  | 'phone_number'
  | 'privacy_url'
  | 'accessibility_url'
  | 'colour'
> & {
  features: Partial<Features>;
  departments: Department[];
  custom_fields: CustomField[];
  agent_ids: string[];
};

const readOrganisation = statement<OrganisationRow>(
  'read_organisation',
  `select id, name, public_url, country, time_zone, redirect_hosts, features, phone_number, privacy_url,
     accessibility_url, colour,
     array(select s.id::text from staff s where s.organisation_id = o.id and s.disabled_at is null
       and s.role = any ($1::text[])) as agent_ids,
     coalesce((select json_agg(json_build_object('id', d.id, 'name', d.name, 'features', d.features,
         'phoneNumber', d.phone_number, 'agentAlias', d.agent_alias) order by d.id)
       from departments d where d.organisation_id = o.id), '[]') as departments,
     coalesce((select json_agg(json_build_object('id', f.id, 'name', f.name, 'type', f.type,
         'isRequired', f.is_required and f.retired_at is null, 'choices', f.choices,
         'isRetired', f.retired_at is not null) order by f.position, f.id)
       from custom_fields f where f.organisation_id = o.id), '[]') as custom_fields
   from organisations o where id = current_organisation()`,
);

/** Finds an organisation's settings; they may be one second old. */
export function openOrganisations(database: Database) {
  const find = recent(
    async (id) => {
      const row = await database.in(id).one(readOrganisation, [permissions['calls:take']]);
      if (!row) throw new Error('a caller belongs to an organisation that is not there');
      const {
        public_url: publicUrl,
        time_zone: timeZone,
        custom_fields: customFields,
        redirect_hosts: redirectHosts,
        phone_number: phoneNumber,
        privacy_url: privacyUrl,
        accessibility_url: accessibilityUrl,
        agent_ids: agentIds,
        ...rest
      } = row;
      return Object.freeze({
        ...rest,
        publicUrl,
        timeZone,
        customFields,
        redirectHosts,
        phoneNumber,
        privacyUrl,
        accessibilityUrl,
        agentIds,
      }) as Organisation;
    },
    { oldestMs: 1_000, most: 10_000 },
  );
  return { find };
}

export type Organisations = ReturnType<typeof openOrganisations>;

/** The switches of a new appointment: what was asked for, else department, organisation, default. */
export function featuresFor(
  organisation: Organisation,
  department: Department | null,
  asked: Partial<Features>,
): Features {
  return { ...defaultFeatures, ...organisation.features, ...department?.features, ...asked };
}
