import type { KeyObject } from 'node:crypto';
import {
  appointmentAnswer,
  appointmentExample,
  appointmentsExample,
  bulkAnswer,
  bulkAnswerExample,
  bulkExample,
  bulkRequest,
  cancelExample,
  cancelledExample,
  cancelRequest,
  changeExample,
  changeRequest,
  eventAnswer,
  eventsExample,
  eventsRequest,
  type IncludeRequest,
  includeRequest,
  limits,
  linksAnswer,
  linksExample,
  listOf,
  listRequest,
  one,
  rotateRequest,
  scheduleExample,
  scheduleRequest,
  searchExample,
  searchQuery,
  searchRequest,
} from '@anteroom/contract';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Organisations } from '../organisation/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { defaultPerPage, keysetEnvelope, pageEnvelope, placeOf } from '../platform/http/paging.ts';
import { compileReader } from '../platform/http/reader.ts';
import { type Http, isStrict } from '../platform/http/route.ts';
import { answerOnce, repeatableOf, send } from '../platform/idempotency.ts';
import { openTurns } from '../platform/turns.ts';
import { answerAppointment, entityTag, renderAppointment, viewOf } from './answer.ts';
import { cancel } from './cancel.ts';
import { openCounts } from './count.ts';
import { answerLinks } from './links.ts';
import { listByCursor, listPage } from './list.ts';
import { patch } from './patch.ts';
import { read, readEvents } from './read.ts';
import { rotateLinks } from './rotate.ts';
import { schedule } from './schedule.ts';
import { scheduleBulk } from './schedule-bulk.ts';
import { searchByCursor, searchPage } from './search.ts';

export interface AppointmentsOptions {
  database: Database;
  organisations: Organisations;
  clock: Clock;
  roomKeySecret: KeyObject;
}

const path = '/api/v1/appointments';
/** Half of the transactions that the database door runs at a time are left to others. */
const bulkTurns = { together: 2, mostWaiting: 3, patienceMs: 2_000 };
const idParams = Type.Object({ id: Type.String({ maxLength: 200 }) });
const oneAppointment = { 200: one(appointmentAnswer) };
const oneSetOfLinks = { 200: one(linksAnswer) };

/** The appointments of the API (contract section 3). Mount it behind `authenticate`. */
export function appointmentRoutes(options: AppointmentsOptions) {
  const count = openCounts();
  const readRow = compileReader(scheduleRequest);
  const turns = openTurns(bulkTurns);

  /** What every handler needs to know of the caller. */
  async function asked(request: FastifyRequest) {
    const { caller } = request;
    const organisation = await options.organisations.find(caller.organisationId);
    return {
      database: options.database.in(caller.organisationId),
      organisation,
      view: viewOf(caller, organisation, request.query as IncludeRequest),
      actor: { kind: 'api' as const, id: caller.clientId },
      repeatable: request.method === 'POST' ? repeatableFor(request) : null,
      faults: request.faults,
    };
  }

  return async (app: Http): Promise<void> => {
    app.post(
      path,
      {
        schema: {
          querystring: includeRequest,
          body: scheduleRequest,
          response: { 201: one(appointmentAnswer) },
        },
        config: {
          scope: 'appointments:write',
          gathersFaults: true,
          operation: 'Schedule an appointment',
          description:
            'The answer holds the claimant’s link. Repeating a reference is refused and names the appointment that has it; to repeat a request safely, send an Idempotency-Key.',
          refusals: ['reference_taken'],
          isVersioned: true,
          examples: { request: scheduleExample, answer: appointmentExample },
        },
      },
      async (request, reply) =>
        send(reply, await schedule({ ...options, ...(await asked(request)) }, request.body)),
    );

    app.post(
      `${path}/bulk`,
      {
        bodyLimit: limits.bulkBodyBytes,
        schema: {
          querystring: includeRequest,
          body: bulkRequest,
          response: { 200: bulkAnswer },
        },
        config: {
          scope: 'appointments:write',
          operation: 'Schedule many appointments',
          description:
            'Every entry is read like the body of a single create and stands or falls by itself; the answer says of each, in their order, what became of it, with the paths of its fields. To repeat the whole safely, send an Idempotency-Key. Counts as one request; one is carried out at a time for a client, and three more may wait.',
          examples: { request: bulkExample, answer: bulkAnswerExample },
        },
      },
      async (request, reply) =>
        send(
          reply,
          await scheduleBulk(
            {
              ...options,
              ...(await asked(request)),
              turns,
              readRow,
              isStrict: isStrict(request),
              ignored: request.ignored ?? [],
            },
            request.body.appointments,
          ),
        ),
    );

    app.get(
      path,
      {
        schema: { querystring: listRequest, response: { 200: listOf(appointmentAnswer) } },
        config: {
          scope: 'appointments:read',
          operation: 'List appointments',
          description:
            'By page number, or by cursor when `cursor` is there: then every page costs the same, and nothing is skipped or repeated while others schedule.',
          examples: { answer: appointmentsExample },
        },
      },
      async (request) => {
        const { database, organisation, view } = await asked(request);
        const { query } = request;
        const place = placeOf(request, `${organisation.publicUrl}${path}`);
        const { page, perPage } = place;
        if (query.cursor !== undefined) {
          const { rows, next, previous } = await listByCursor(database, query, perPage);
          const items = rows.map((row) => renderAppointment(row, view));
          return keysetEnvelope(place, items, { next, previous });
        }
        const [rows, total] = await Promise.all([
          listPage(database, query, page, perPage),
          count(database, organisation.id, query),
        ]);
        const items = rows.map((row) => renderAppointment(row, view));
        return pageEnvelope(place, items, page, total);
      },
    );

    app.post(
      `${path}/search`,
      {
        schema: {
          querystring: searchQuery,
          body: searchRequest,
          response: { 200: listOf(appointmentAnswer) },
        },
        config: {
          scope: 'appointments:read',
          operation: 'Search appointments',
          description:
            'A list with `q`. It is a POST because names and numbers do not belong into an address; it changes nothing, so an Idempotency-Key is taken and nothing is kept for it. Send the next page’s number or cursor in the body, or the same body to the address in `links`, which holds nothing else. Numbered pages reach the first 1,000 results at most, a cursor all of them. A page by cursor may have few results, or none, and still a next one: go on until `next_cursor` is null.',
          isReading: true,
          examples: { request: searchExample },
        },
      },
      async (request) => {
        const { database, organisation, view } = await asked(request);
        const { include = null, ...part } = request.query;
        const asking = { ...request.body, ...part };
        const page = asking.page ?? 1;
        const perPage = asking.per_page ?? defaultPerPage;
        // What the request says of the search itself stays out of addresses.
        const kept = new URLSearchParams();
        if (include) kept.set('include', include.join());
        if (part.per_page) kept.set('per_page', String(part.per_page));
        const place = {
          path: `${organisation.publicUrl}${path}/search`,
          query: kept.toString(),
          perPage,
        };
        const context = { database, organisation };
        if (asking.cursor !== undefined) {
          const { rows, next, previous } = await searchByCursor(context, asking, perPage);
          const items = rows.map((row) => renderAppointment(row, view));
          return keysetEnvelope(place, items, { next, previous });
        }
        const { rows, total, isTotalExact } = await searchPage(context, asking, page, perPage);
        const items = rows.map((row) => renderAppointment(row, view));
        const { data, links, meta } = pageEnvelope(place, items, page, total);
        return { data, links, meta: { ...meta, is_total_exact: isTotalExact } };
      },
    );

    app.get(
      `${path}/:id`,
      {
        schema: { params: idParams, querystring: includeRequest, response: oneAppointment },
        config: {
          scope: 'appointments:read',
          operation: 'Read an appointment',
          isVersioned: true,
          examples: { answer: appointmentExample },
        },
      },
      async (request, reply) => {
        const { database, view } = await asked(request);
        return send(reply, answerAppointment(await read(database, idOf(request)), view));
      },
    );

    app.patch(
      `${path}/:id`,
      {
        schema: {
          params: idParams,
          querystring: includeRequest,
          body: changeRequest,
          response: oneAppointment,
        },
        config: {
          scope: 'appointments:write',
          gathersFaults: true,
          operation: 'Change an appointment',
          description:
            'Only the fields sent change. Another time returns a waiting appointment to scheduled, and is not allowed once the call has begun.',
          refusals: ['transition_not_allowed'],
          isVersioned: true,
          examples: { request: changeExample },
        },
      },
      async (request, reply) => {
        const context = { ...(await asked(request)), now: await options.clock.now() };
        const row = await patch(context.database, context, targetOf(request), request.body);
        return send(reply, answerAppointment(row, context.view));
      },
    );

    app.post(
      `${path}/:id/cancel`,
      {
        schema: {
          params: idParams,
          querystring: includeRequest,
          body: cancelRequest,
          response: oneAppointment,
        },
        config: {
          scope: 'appointments:write',
          operation: 'Cancel an appointment',
          description:
            'Before the call has begun. Cancelling again answers 200 and changes nothing.',
          refusals: ['transition_not_allowed'],
          isVersioned: true,
          examples: { request: cancelExample, answer: cancelledExample },
        },
      },
      async (request, reply) => {
        const { database, view, actor, repeatable } = await asked(request);
        const target = targetOf(request);
        const reason = request.body.cancellation_reason ?? null;
        return send(
          reply,
          await answerOnce(database, repeatable, async (runner) =>
            answerAppointment(await cancel(runner, actor, target, [reason]), view),
          ),
        );
      },
    );

    app.get(
      `${path}/:id/links`,
      {
        schema: { params: idParams, response: oneSetOfLinks },
        config: {
          scope: 'appointments:write',
          operation: 'Read an appointment’s links',
          description:
            'For invitations of your own: in messages, on letters, read out. They are made when the appointment is scheduled and stay the same when it is moved; in a final state they open only the page that says so.',
          isVersioned: true,
          examples: { answer: linksExample },
        },
      },
      async (request, reply) => {
        const { database, view } = await asked(request);
        return send(reply, answerLinks(await read(database, idOf(request)), view));
      },
    );

    app.post(
      `${path}/:id/links/rotate`,
      {
        schema: { params: idParams, body: rotateRequest, response: oneSetOfLinks },
        config: {
          scope: 'appointments:write',
          operation: 'Rotate an appointment’s links',
          description:
            'When a link fell into the wrong hands: the token, the entry code and the host’s key before open nothing from now on, and new ones are answered, to be sent out anew. Meeting and room stay. In a final state nothing is rotated.',
          refusals: ['transition_not_allowed'],
          isVersioned: true,
          examples: { answer: linksExample },
        },
      },
      async (request, reply) =>
        send(
          reply,
          await rotateLinks({ ...options, ...(await asked(request)) }, targetOf(request)),
        ),
    );

    app.get(
      `${path}/:id/events`,
      {
        schema: {
          params: idParams,
          querystring: eventsRequest,
          response: { 200: listOf(eventAnswer) },
        },
        config: {
          scope: 'appointments:read',
          operation: 'Read an appointment’s timeline',
          description: 'Oldest first; each change is one event, with the version it led to.',
          examples: { answer: eventsExample },
        },
      },
      async (request) => {
        const { database, organisation } = await asked(request);
        const id = idOf(request);
        const place = placeOf(request, `${organisation.publicUrl}${path}/${id}/events`);
        const { items, total } = await readEvents(database, id, place.page, place.perPage);
        return pageEnvelope(place, items, place.page, total);
      },
    );
  };
}

/** A stored answer holds what the first caller could see; another view is another request. */
const repeatableFor = (request: FastifyRequest) =>
  repeatableOf(
    request,
    request.caller.clientId,
    [
      request.caller.scopes.has('meetings:host') ? 'host' : '',
      ...((request.query as IncludeRequest).include ?? []),
    ].join(' '),
  );

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** What is no id belongs to no appointment; it is not found, like an unknown one. */
export function idOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string };
  if (!uuid.test(id)) throw refuse('not_found');
  return id.toLowerCase();
}

/** The appointment and, with If-Match, the version that is meant (RFC 9110 section 13.1.1). */
export function targetOf(request: FastifyRequest): { id: string; version: number | null } {
  const id = idOf(request);
  const condition = request.headers['if-match'];
  if (condition === undefined || condition.trim() === '*') return { id, version: null };
  const tags = condition.split(',').map((tag) => tag.trim());
  const version = tags.length === 1 ? Number(/^"(\d{1,9})"$/.exec(tags[0] ?? '')?.[1]) : Number.NaN;
  if (!Number.isInteger(version) || condition !== entityTag(version))
    throw refuse('version_mismatch');
  return { id, version };
}
