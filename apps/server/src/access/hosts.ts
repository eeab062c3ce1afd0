import { type Database, statement } from '../platform/database/index.ts';
import { recent } from '../platform/recent.ts';

const findOrganisationByHost = statement<{ id: string | null }>(
  'find_organisation_by_host',
  'select find_organisation_by_host($1) as id',
);

/** Says whose public address a Host header names, or null; what it says may be one second old. */
export function openHosts(database: Database) {
  const find = recent(
    async (host) => (await database.anywhere.one(findOrganisationByHost, [host]))?.id ?? null,
    { oldestMs: 1_000, most: 1_000 },
  );
  return (host: string): string | null | Promise<string | null> => find(host.toLowerCase());
}

export type OrganisationOfHost = ReturnType<typeof openHosts>;

const findOnlyOrganisation = statement<{ id: string | null }>(
  'find_only_organisation',
  'select find_only_organisation() as id',
);

/**
 * Says whose pages are asked for with a Host header: those of the organisation whose address it is, or
 * where it is nobody's, those of the only organisation there is; null where there are several.
 */
export function openPageOwners(
  database: Database,
  organisationOfHost: OrganisationOfHost,
): OrganisationOfHost {
  const findOnly = recent(
    async () => (await database.anywhere.one(findOnlyOrganisation, []))?.id ?? null,
    { oldestMs: 1_000, most: 1 },
  );
  return async (host) => (await organisationOfHost(host)) ?? (await findOnly(''));
}
