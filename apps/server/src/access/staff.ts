import type { Role } from '@anteroom/contract';
import { type Database, listText, type Runner, statement } from '../platform/database/index.ts';
import { recent } from '../platform/recent.ts';
import { hashPassword } from './passwords.ts';

/** Somebody who works for an organisation. */
export interface StaffMember {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly departmentIds: readonly number[];
  readonly isDisabled: boolean;
}

export type StaffRow = {
  id: string;
  email: string;
  name: string;
  role: Role;
  department_ids: number[];
  disabled_at: string | null;
};

const selectStaff = statement<StaffRow>(
  'list_staff',
  `select id, email, name, role, disabled_at, array(select d.department_id from staff_departments d
     where d.organisation_id = s.organisation_id and d.staff_id = s.id order by d.department_id) as department_ids
   from staff s where organisation_id = current_organisation() order by name, email`,
);

export const listStaff = (database: Runner): Promise<StaffRow[]> => database.many(selectStaff, []);

/** Everybody who works for an organisation, those included who no longer do; may be one second old. */
export function openStaff(database: Database) {
  const find = recent(
    async (organisationId): Promise<readonly StaffMember[]> =>
      (await listStaff(database.in(organisationId))).map((row) => ({
        id: row.id,
        name: row.name || row.email,
        role: row.role,
        departmentIds: row.department_ids,
        isDisabled: row.disabled_at !== null,
      })),
    { oldestMs: 1_000, most: 1_000 },
  );
  return { of: (organisationId: string) => find(organisationId) };
}

export type Staff = ReturnType<typeof openStaff>;

export interface StaffSettings {
  email: string;
  name: string;
  password: string;
  role: Role;
  /** Where they work; of a customer administrator nothing is asked. */
  departmentIds: readonly number[];
}

const insertStaff = statement<{ id: string }>(
  'create_staff',
  `with made as (
     insert into staff (organisation_id, email, name, password_hash, role)
     values (current_organisation(), lower($1), $2, $3, $4) returning organisation_id, id),
   placed as (
     insert into staff_departments (organisation_id, staff_id, department_id)
     select organisation_id, id, unnest($5::integer[]) from made)
   select id from made`,
);

/** Makes a staff account, as the database's owner; answers its id. */
export async function createStaff(
  database: Runner,
  { email, name, password, role, departmentIds }: StaffSettings,
): Promise<string> {
  const hash = await hashPassword(password);
  const row = await database.one(insertStaff, [email, name, hash, role, listText(departmentIds)]);
  if (!row) throw new Error('the staff account was not made');
  return row.id;
}

const updateStaff = statement<{ id: string }>(
  'set_staff',
  `with changed as (
     update staff set name = coalesce($2, name), password_hash = coalesce($3, password_hash), role = coalesce($4, role),
       disabled_at = case when $6::boolean is null then disabled_at when $6 then coalesce(disabled_at, clock_timestamp()) end
     where organisation_id = current_organisation() and email = lower($1) returning organisation_id, id),
   gone as (
     delete from staff_departments d using changed c
     where d.organisation_id = c.organisation_id and d.staff_id = c.id and d.department_id <> all ($5::integer[])),
   placed as (
     insert into staff_departments (organisation_id, staff_id, department_id)
     select organisation_id, id, unnest($5::integer[]) from changed on conflict do nothing),
   ended as (
     update staff_sessions s set ended_at = clock_timestamp() from changed c
     where s.organisation_id = c.organisation_id and s.staff_id = c.id and s.ended_at is null
       and ($3::text is not null or $4::text is not null or $6::boolean))
   select id from changed`,
);

/**
 * Changes what is given, as the database's owner. Another password or role, and disabling, end the
 * account's sessions. False: there is nobody with this address.
 */
export async function setStaff(
  database: Runner,
  email: string,
  given: Partial<Omit<StaffSettings, 'email'>> & { isDisabled?: boolean },
): Promise<boolean> {
  const row = await database.one(updateStaff, [
    email,
    given.name ?? null,
    given.password === undefined ? null : await hashPassword(given.password),
    given.role ?? null,
    given.departmentIds ? listText(given.departmentIds) : null,
    given.isDisabled ?? null,
  ]);
  return row !== null;
}
