import { type Permission, permissions, type Role } from '@anteroom/contract';
import type { FastifyRequest } from 'fastify';
import type { Forgotten } from '../platform/database/forgetting.ts';
import { type Database, statement } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { openTurns } from '../platform/turns.ts';
import { readCookie } from './cookies.ts';
import { sourceOf } from './failures.ts';
import type { Guesses } from './guesses.ts';
import type { OrganisationOfHost } from './hosts.ts';
import { isPassword } from './passwords.ts';
import { hashSecret, makeSecret } from './tokens.ts';
import type { VisitSessions } from './visit-sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is signed in; set on every route behind `authenticateStaff`. */
    staff: SignedIn;
  }
  interface FastifyContextConfig {
    /** What the staff member's role must allow. */
    permission?: Permission;
    /** Whoever came by the host's link of the appointment that the address names may ask it too. */
    isForHost?: boolean;
  }
}

/** A staff member who is signed in. */
export interface SignedIn {
  readonly organisationId: string;
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** Where they work; null is everywhere. Nowhere is what belongs to no department. */
  readonly departmentIds: readonly number[] | null;
  /** Names the session, and opens nothing. */
  readonly sessionId: string;
  /** Whoever came by a host's link, without an account, is good for this appointment alone. */
  readonly hostOf: string | null;
}

/** A session lasts one long working day, in real time; a shared computer is not signed in for ever. */
const sessionSeconds = 12 * 3600;
const monthSeconds = 30 * 86_400;

const findByEmail = statement<{ organisation_id: string; id: string; password_hash: string }>(
  'find_staff_by_email',
  'select * from find_staff_by_email($1, $2)',
);
const findSession = statement<{
  organisation_id: string;
  staff_id: string;
  email: string;
  name: string;
  role: Role;
  department_ids: number[];
}>('find_staff_session', 'select * from find_staff_session($1)');
const insertSession = statement(
  'begin_staff_session',
  `insert into staff_sessions (organisation_id, session_hash, staff_id, expires_at)
   values (current_organisation(), $1, $2, clock_timestamp() + $3 * interval '1 second')`,
);
const endSession = statement(
  'end_staff_session',
  `update staff_sessions set ended_at = clock_timestamp()
   where organisation_id = current_organisation() and session_hash = $1 and ended_at is null`,
);
const endSessions = statement(
  'end_staff_sessions',
  `update staff_sessions set ended_at = clock_timestamp()
   where organisation_id = current_organisation() and staff_id = $1 and ended_at is null`,
);

/** Deletes sessions that have expired, of staff and of visits. */
export const forgetSessions = statement<Forgotten>(
  'forget_sessions',
  'select forget_sessions($1) as rows',
);

/** Two hashes at a time leave the machine enough to serve those who are signed in. */
const hashing = { together: 2, mostWaiting: 20, patienceMs: 4_000 };

export interface SignIn {
  email: string;
  password: string;
  /** Whose pages it comes from, or null where the address is nobody's. */
  organisationId: string | null;
  /** Network address. */
  address: string;
}

/** Those who are signed in. Nothing is remembered in the process: what ends bites at once, everywhere. */
export function openStaffSessions(database: Database, guesses: Guesses) {
  const turns = openTurns(hashing);

  async function find(session: string): Promise<SignedIn | null> {
    const hash = hashSecret(session);
    const row = await database.anywhere.one(findSession, [hash]);
    if (!row) return null;
    return {
      organisationId: row.organisation_id,
      id: row.staff_id,
      email: row.email,
      name: row.name || row.email,
      role: row.role,
      departmentIds: row.role === 'customer_administrator' ? null : row.department_ids,
      sessionId: hash.toString('base64url'),
      hostOf: null,
    };
  }

  return {
    find,

    /**
     * Begins a session and answers its secret, 256 bits, or null when address or password are not
     * right; an unknown address takes as long. Failures are limited: of one address typed, of one
     * source, and of strangers to the organisation as a whole. A source from which somebody of this
     * address has signed in within a month is no stranger: so nobody is locked out by others.
     * Throws `too_many_requests`.
     */
    async begin({ email, password, organisationId, address }: SignIn): Promise<string | null> {
      const typed = email.trim().toLowerCase();
      const source = sourceOf(address);
      const familiar = ['familiar', organisationId, typed, source];
      const isFamiliar = await guesses.isRemembered(familiar);
      const quarter = 15 * 60;
      const guess = await guesses.begin([
        { of: ['sign-in source', source], most: 60, seconds: 3600 },
        {
          of: ['sign-in address', organisationId, typed, isFamiliar ? source : null],
          most: 10,
          seconds: quarter,
        },
        ...(isFamiliar
          ? []
          : [{ of: ['sign-in organisation', organisationId], most: 200, seconds: 600 }]),
      ]);
      if (!guess.mayTry) {
        throw refuse('too_many_requests', {
          message: 'Too many failed attempts to sign in. Wait a quarter of an hour.',
          headers: { 'retry-after': String(quarter) },
        });
      }
      const found = await database.anywhere.many(findByEmail, [organisationId, typed]);
      const [staff = null] = found.length === 1 ? found : [];
      const isRight = await turns(source, () => isPassword(password, staff?.password_hash ?? null));
      if (!staff || !isRight) return null;
      await guess.forgive();
      await guesses.remember(familiar, monthSeconds);
      const session = makeSecret();
      await database
        .in(staff.organisation_id)
        .one(insertSession, [hashSecret(session), staff.id, sessionSeconds]);
      return session;
    },

    async end({ organisationId, sessionId }: SignedIn): Promise<void> {
      const hash = Buffer.from(sessionId, 'base64url');
      await database.in(organisationId).one(endSession, [hash]);
    },

    /** Signs out everywhere. */
    async endAll({ organisationId, id }: SignedIn): Promise<void> {
      await database.in(organisationId).one(endSessions, [id]);
    },
  };
}

export type StaffSessions = ReturnType<typeof openStaffSessions>;

/** Whether a role has a permission (the table is packages/contract/src/staff.ts). */
export const isPermitted = (role: Role, permission: Permission): boolean =>
  (permissions[permission] as readonly Role[]).includes(role);

/**
 * The hook that lets staff in: a live session, on an address that is not another organisation's, of a
 * role that has the route's permission. Throws `unauthenticated`, `not_permitted`.
 */
export function authenticateStaff(
  sessions: StaffSessions,
  visits: VisitSessions,
  pageOwner: OrganisationOfHost,
) {
  return async (request: FastifyRequest): Promise<void> => {
    const { permission, isForHost = false } = request.routeOptions.config;
    const owner = await pageOwner(request.host);
    const staff =
      (await findStaff(request, owner)) ?? (isForHost ? await findHost(request, owner) : null);
    if (!staff) throw refuse('unauthenticated', { message: 'You are not signed in.' });
    request.staff = staff;
    request.logged = { organisation: staff.organisationId, staff: staff.id };
    if (permission && !isPermitted(staff.role, permission)) throw refuse('not_permitted');
  };

  async function findStaff(request: FastifyRequest, owner: string | null) {
    const cookie = readCookie(request, 'staff');
    const staff = cookie === null ? null : await sessions.find(cookie);
    return owner === null || owner === staff?.organisationId ? staff : null;
  }

  /** An agent without an account. */
  async function findHost(request: FastifyRequest, owner: string | null): Promise<SignedIn | null> {
    const cookie = readCookie(request, 'host');
    const host = cookie === null ? null : await visits.findHost(cookie, owner);
    if (host?.appointmentId !== (request.params as { id?: string }).id) return null;
    return (
      host && {
        organisationId: host.organisationId,
        id: 'host',
        email: '',
        name: '',
        role: 'agent',
        departmentIds: null,
        sessionId: host.sessionId,
        hostOf: host.appointmentId,
      }
    );
  }
}

/** Whether this department, or none, is where they work. */
export const isInScope = (
  { departmentIds }: Pick<SignedIn, 'departmentIds'>,
  departmentId: number | null,
): boolean =>
  departmentIds === null ||
  (departmentId === null ? departmentIds.length === 0 : departmentIds.includes(departmentId));
