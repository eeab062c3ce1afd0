import { randomUUID } from 'node:crypto';
import type { Features } from '@anteroom/contract';
import { type Runner, statement } from '../platform/database/index.ts';
import type { DepartmentsRow, OrganisationsRow } from '../platform/database/rows.gen.ts';

export interface OrganisationSettings {
  name: string;
  publicUrl: string;
  country: string;
  timeZone: string;
  features: Partial<Features>;
  /** As `readRedirectHost` answers them. */
  redirectHosts?: readonly string[];
  /** Of these a blank is none, and what is not there stays. */
  phoneNumber?: string | undefined;
  privacyUrl?: string | undefined;
  accessibilityUrl?: string | undefined;
  colour?: string | undefined;
}

type OrganisationRow = Pick<
  OrganisationsRow,
  'id' | 'name' | 'public_url' | 'country' | 'time_zone' | 'redirect_hosts'
>;

const columns = 'id, name, public_url, country, time_zone, redirect_hosts';

const insertOrganisation = statement<{ id: string }>(
  'create_organisation',
  `insert into organisations (id, name, public_url, host, country, time_zone, features, redirect_hosts,
     phone_number, privacy_url, accessibility_url, colour)
   values ($1, $2, $3, $4, $5, $6, jsonb_strip_nulls($7), $8, nullif($9, ''), nullif($10, ''), nullif($11, ''),
     nullif($12, '')) returning id`,
);
const selectOrganisations = statement<OrganisationRow>(
  'list_organisations',
  `select ${columns} from organisations order by created_at, id`,
);
const updateOrganisation = statement<{ id: string }>(
  'set_organisation_settings',
  `update organisations set name = coalesce($2, name), public_url = coalesce($3, public_url),
     host = coalesce($4, host), country = coalesce($5, country), time_zone = coalesce($6, time_zone),
     features = jsonb_strip_nulls(features || $7::jsonb), redirect_hosts = coalesce($8::text[], redirect_hosts),
     phone_number = nullif(coalesce($9, phone_number), ''), privacy_url = nullif(coalesce($10, privacy_url), ''),
     accessibility_url = nullif(coalesce($11, accessibility_url), ''), colour = nullif(coalesce($12, colour), '')
   where id = $1 returning id`,
);

type Contact = Pick<
  OrganisationSettings,
  'phoneNumber' | 'privacyUrl' | 'accessibilityUrl' | 'colour'
>;

const contactValues = ({ phoneNumber, privacyUrl, accessibilityUrl, colour }: Contact) =>
  [phoneNumber, privacyUrl, accessibilityUrl, colour].map((value) => value ?? null);

const hostOf = (publicUrl: string) => new URL(publicUrl).host;

/** Makes an organisation, as the database's owner; answers its id. */
export async function createOrganisation(
  database: Runner,
  {
    id = randomUUID(),
    name,
    publicUrl,
    country,
    timeZone,
    features,
    redirectHosts = [],
    ...contact
  }: OrganisationSettings & { id?: string },
): Promise<string> {
  const row = await database.one(insertOrganisation, [
    id,
    name,
    publicUrl,
    hostOf(publicUrl),
    country,
    timeZone,
    JSON.stringify(features),
    redirectHosts,
    ...contactValues(contact),
  ]);
  if (!row) throw new Error('the organisation was not made');
  return row.id;
}

export const listOrganisations = (database: Runner): Promise<OrganisationRow[]> =>
  database.many(selectOrganisations, []);

/** Changes what is given; false: no such organisation. */
export async function setOrganisation(
  database: Runner,
  id: string,
  {
    name,
    publicUrl,
    country,
    timeZone,
    features,
    redirectHosts,
    ...contact
  }: Partial<OrganisationSettings>,
): Promise<boolean> {
  const row = await database.one(updateOrganisation, [
    id,
    name ?? null,
    publicUrl ?? null,
    publicUrl ? hostOf(publicUrl) : null,
    country ?? null,
    timeZone ?? null,
    JSON.stringify(features ?? {}),
    redirectHosts ?? null,
    ...contactValues(contact),
  ]);
  return row !== null;
}

export interface DepartmentSettings {
  name?: string | undefined;
  features: Partial<Features>;
  /** Of these a blank is none, and what is not there stays. */
  phoneNumber?: string | undefined;
  agentAlias?: string | undefined;
}

const insertDepartment = statement<{ id: number }>(
  'create_department',
  `insert into departments (organisation_id, id, name, features)
   select current_organisation(), coalesce(max(id), 0) + 1, $1, jsonb_strip_nulls($2) from departments
   where organisation_id = current_organisation() returning id`,
);
const selectDepartments = statement<Pick<DepartmentsRow, 'id' | 'name' | 'features'>>(
  'list_departments',
  `select id, name, features from departments where organisation_id = current_organisation() order by id`,
);
const updateDepartment = statement<{ id: number }>(
  'set_department',
  `update departments set name = coalesce($2, name), features = jsonb_strip_nulls(features || $3::jsonb),
     phone_number = nullif(coalesce($4, phone_number), ''), agent_alias = nullif(coalesce($5, agent_alias), '')
   where organisation_id = current_organisation() and id = $1 returning id`,
);

/** Makes a department; its switches stand before the organisation's. */
export async function createDepartment(
  database: Runner,
  name: string,
  features: Partial<Features>,
): Promise<number> {
  const row = await database.one(insertDepartment, [name, JSON.stringify(features)]);
  if (!row) throw new Error('the department was not made');
  return row.id;
}

export const listDepartments = (database: Runner) => database.many(selectDepartments, []);

/** Changes what is given; false: no such department. */
export async function setDepartment(
  database: Runner,
  id: number,
  { name, features, phoneNumber, agentAlias }: DepartmentSettings,
): Promise<boolean> {
  const row = await database.one(updateDepartment, [
    id,
    name ?? null,
    JSON.stringify(features),
    phoneNumber ?? null,
    agentAlias ?? null,
  ]);
  return row !== null;
}
