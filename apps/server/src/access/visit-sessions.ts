import { createHmac, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Database, statement } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { readCookie } from './cookies.ts';
import { sourceOf } from './failures.ts';
import type { Guesses } from './guesses.ts';
import type { OrganisationOfHost } from './hosts.ts';
import { hashSecret, makeSecret } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is in front of the page; set on every route behind `authenticateVisitor`. */
    visitor: Visitor;
  }
}

/** What a claimant's link holds, as it was sent. */
export interface Link {
  reference: string | null;
  token: string | null;
  entryCode: string | null;
}

/** An appointment, and whose it is. */
export interface Found {
  organisationId: string;
  appointmentId: string;
}

/** Who is in front of a claimant's page. */
export type Visitor =
  | (Found & { isVerified: true; sessionId: string })
  /** Holds no more than a reference, or nothing; whether there is such an appointment is not to be told. */
  | { isVerified: false; door: Door };

/** What an unverified visitor can knock at. */
export interface Door {
  reference: string | null;
  /** Names this visitor among others at the same door. */
  knockerHash: Buffer;
}

const findByLink = statement<{
  organisation_id: string;
  id: string;
  token_hash: Buffer;
  code_hash: Buffer;
  is_open: boolean;
  knocked_by: Buffer | null;
  is_vouched_for: boolean;
}>('find_appointment_by_link', 'select * from find_appointment_by_link($1, $2, $3)');
const findByRoom = statement<{ organisation_id: string; id: string }>(
  'find_appointment_by_room',
  'select * from find_appointment_by_room($1, $2, $3, $4, $5)',
);
const findSession = statement<{
  organisation_id: string;
  appointment_id: string;
  side: 'claimant' | 'host';
}>('find_visit_session', 'select * from find_visit_session($1)');
const insertSession = statement(
  'begin_visit_session',
  `insert into visit_sessions (organisation_id, session_hash, appointment_id, side, link_hash, expires_at)
   select organisation_id, $1, id, $3,
     link_hash(case $3 when 'host' then room_key else claimant_token end), clock_timestamp() + $4 * interval '1 second'
   from appointments where organisation_id = current_organisation() and id = $2`,
);

/** Longer than any call; after that the link is opened again. In real time. */
const sessionSeconds = 7 * 86_400;

/** So long an unverified visitor may stand at the door, in real time. */
const unverifiedMs = 86_400_000;

const linkHash = (text: string) => hash('sha256', text, 'buffer');
const isSame = (one: Buffer, other: Buffer) =>
  one.length === other.length && timingSafeEqual(one, other);

/** Crockford's base 32 as people type it: in either case, with the letters that look like digits. */
const readBase32 = (text: string) => text.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');

/** The token at the beginning of what a link's end holds; what a mail program glued behind it is passed over. */
function readToken(text: string | null): string | null {
  const read = readBase32((text ?? '').trim().replace(/^#/, '').slice(0, 26));
  return /^[0-9A-HJKMNP-TV-Z]{26}$/.test(read) ? read : null;
}

/** The entry code in what was typed, with or without spaces and hyphens. */
function readEntryCode(text: string | null): string | null {
  const read = readBase32((text ?? '').replace(/[\s-]/g, '').slice(0, 10));
  return /^[0-9A-HJKMNP-TV-Z]{10}$/.test(read) ? read : null;
}

export interface Opening {
  /** What the cookie is to hold; null where the link opens nothing any more. */
  session: string | null;
  /** The appointment whose link was right. */
  found: (Found & { isOpen: boolean }) | null;
}

/** Sessions that the links of appointments open (contract section 3). */
export function openVisitSessions(database: Database, guesses: Guesses, secret: KeyObject) {
  /** A session without a row, since strangers begin it: what it says is sealed. */
  function seal(reference: string | null): string {
    const said = [randomBytes(16).toString('base64url'), reference, Date.now()];
    const text = Buffer.from(JSON.stringify(said)).toString('base64url');
    return `u.${text}.${sealOf(text)}`;
  }

  const sealOf = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');

  function unseal(session: string): Door | null {
    const [, text = '', given = ''] = session.split('.');
    if (!isSame(Buffer.from(given), Buffer.from(sealOf(text)))) return null;
    const [nonce, reference, at] = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Date.now() - at < unverifiedMs ? { reference, knockerHash: linkHash(nonce) } : null;
  }

  async function begin(found: Found, side: 'claimant' | 'host'): Promise<string> {
    const session = makeSecret();
    await database
      .in(found.organisationId)
      .one(insertSession, [hashSecret(session), found.appointmentId, side, sessionSeconds]);
    return session;
  }

  /** The appointment that this door is of, and whether this visitor has knocked and is vouched for. */
  async function findDoor(organisationId: string | null, { reference, knockerHash }: Door) {
    const rows = await database.anywhere.many(findByLink, [organisationId, reference ?? '', null]);
    const [row] = rows.length === 1 ? rows : [];
    if (!row) return null;
    const isVouchedFor =
      row.is_open && row.is_vouched_for && row.knocked_by?.equals(knockerHash) === true;
    return { organisationId: row.organisation_id, appointmentId: row.id, isVouchedFor };
  }

  /** Which side's session this is, and of which appointment, on the pages of this organisation. */
  async function findOfSide(
    session: string,
    side: 'claimant' | 'host',
    organisationId: string | null,
  ): Promise<(Found & { sessionId: string }) | null> {
    const sessionHash = hashSecret(session);
    const row = await database.anywhere.one(findSession, [sessionHash]);
    if (row?.side !== side) return null;
    if (organisationId !== null && organisationId !== row.organisation_id) return null;
    return {
      organisationId: row.organisation_id,
      appointmentId: row.appointment_id,
      sessionId: sessionHash.toString('base64url'),
    };
  }

  return {
    /**
     * Exchanges a claimant's link for a session. A token is never limited, because it cannot be
     * guessed; entry codes are (threats, T1): five a day of what was typed, twenty an hour of a
     * source, and a hundred in ten minutes of an organisation, after which none is looked at. What
     * is wrong, unknown and limited opens the same unverified session. `organisationId` is whose
     * pages the link was opened on, null where that is nobody's address.
     */
    async open(link: Link, organisationId: string | null, address: string): Promise<Opening> {
      const reference = link.reference?.trim() || null;
      const token = readToken(link.token);
      const code = readEntryCode(link.entryCode);
      const guess =
        link.entryCode === null
          ? null
          : await guesses.begin([
              { of: ['code source', sourceOf(address)], most: 20, seconds: 3600 },
              { of: ['code typed', organisationId, reference ?? code], most: 5, seconds: 86_400 },
              { of: ['code organisation', organisationId], most: 100, seconds: 600 },
            ]);
      const rows = await database.anywhere.many(findByLink, [organisationId, reference, code]);
      const hashes = { token: linkHash(token ?? ''), code: linkHash(code ?? '') };
      const byToken = rows.find((row) => isSame(row.token_hash, hashes.token));
      const byCode = rows.find((row) => isSame(row.code_hash, hashes.code));
      const isGuessed = byCode !== undefined && guess?.mayTry === true;
      if (guess && (isGuessed || byToken)) await guess.forgive();
      const row = byToken ?? (isGuessed ? byCode : undefined);
      if (!row) return { session: seal(reference), found: null };
      const found = { organisationId: row.organisation_id, appointmentId: row.id };
      const session = row.is_open ? await begin(found, 'claimant') : null;
      return { session, found: { ...found, isOpen: row.is_open } };
    },

    /** Who holds this session; null when it is unknown or opens nothing any more. */
    async find(session: string, organisationId: string | null): Promise<Visitor | null> {
      if (session.startsWith('u.')) {
        const door = unseal(session);
        const behind = door && (await findDoor(organisationId, door));
        if (!behind?.isVouchedFor) return door && { isVerified: false, door };
        const { isVouchedFor: _, ...found } = behind;
        return { ...found, isVerified: true, sessionId: linkHash(session).toString('base64url') };
      }
      const found = await findOfSide(session, 'claimant', organisationId);
      return found && { ...found, isVerified: true };
    },

    /**
     * Lets an unverified visitor knock, which `note` takes down, where there is such an appointment.
     * Twenty an hour of one source; of more, and where there is none, nothing is noted or told.
     */
    async knock(
      door: Door,
      organisationId: string | null,
      address: string,
      note: (found: Found) => Promise<unknown>,
    ): Promise<void> {
      const found = await findDoor(organisationId, door);
      const window = { of: ['knock source', sourceOf(address)], most: 20, seconds: 3600 };
      const { mayTry } = await guesses.begin([window]);
      if (found && mayTry) await note(found);
    },

    /** Exchanges a host's link for a session, good for its room alone; null when it opens nothing. */
    async openAsHost(
      room: string,
      roomKey: string,
      organisationId: string | null,
    ): Promise<(Found & { session: string }) | null> {
      const range = idsOfSecond(roomKey);
      const row =
        range &&
        (await database.anywhere.one(findByRoom, [organisationId, room, roomKey, ...range]));
      if (!row) return null;
      const found = { organisationId: row.organisation_id, appointmentId: row.id };
      return { ...found, session: await begin(found, 'host') };
    },

    /** The appointment that a host's session is for; null when it is unknown or opens nothing any more. */
    findHost: (session: string, organisationId: string | null) =>
      findOfSide(session, 'host', organisationId),
  };
}

export type VisitSessions = ReturnType<typeof openVisitSessions>;

/** The hook that lets visitors in, verified or not. Throws `unauthenticated`. */
export function authenticateVisitor(visits: VisitSessions, pageOwner: OrganisationOfHost) {
  return async (request: FastifyRequest): Promise<void> => {
    const cookie = readCookie(request, 'visit');
    const visitor = cookie && (await visits.find(cookie, await pageOwner(request.host)));
    if (!visitor) {
      throw refuse('unauthenticated', { message: 'Open the link of your appointment again.' });
    }
    request.visitor = visitor;
    if (visitor.isVerified) request.logged = { organisation: visitor.organisationId };
  };
}

/**
 * The first and last id that an appointment can have that was made in the second which a room key
 * names; null when it names none. The key itself is compared with the one that is stored.
 */
function idsOfSecond(roomKey: string): [string, string] | null {
  try {
    const claims = Buffer.from(roomKey.split('.')[1] ?? '', 'base64url').toString();
    const { iat } = JSON.parse(claims);
    if (!Number.isSafeInteger(iat) || iat < 0 || iat > 0xffff_ffff) return null;
    const idAt = (ms: number, rest: string) => {
      const time = ms.toString(16).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-${rest}`;
    };
    return [
      idAt(iat * 1000, '0000-0000-000000000000'),
      idAt(iat * 1000 + 999, 'ffff-ffff-ffffffffffff'),
    ];
  } catch {
    return null;
  }
}
