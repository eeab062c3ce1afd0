import type { ErrorCode, Scope } from '@anteroom/contract';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Static, TSchema } from 'typebox';
import { type Faults, refuse, refuseFaults } from '../errors.ts';
import type { Reading } from './reader.ts';

interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** A Fastify instance whose handlers know the types of their schemas. */
export type Http = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  SchemaTypes
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a caller needs; a route without one is open to anyone. */
    scope?: Scope;
    /** The handler looks further and reports `request.faults` together with what it finds. */
    gathersFaults?: boolean;
    /** One line for the reference. */
    operation?: string;
    /** What the line leaves out, for who reads on. */
    description?: string;
    /** What it can refuse besides what every route of its kind can. */
    refusals?: readonly ErrorCode[];
    /** It answers one thing that has versions: with an ETag, and under the condition of If-Match. */
    isVersioned?: boolean;
    /** A POST that changes nothing, and keeps no answer for a repetition. */
    isReading?: boolean;
    examples?: { request?: object; answer?: object };
    /** Not part of the interface: kept out of the reference. */
    isHidden?: boolean;
    /** Stands for the methods that its address does not take. */
    isRefusal?: boolean;
  }
  interface FastifyRequest {
    /** What is wrong with body and query, or null. */
    faults: Faults | null;
    /** Paths of fields that are not known and were left out, or null. */
    ignored: readonly string[] | null;
    /** Who asked, for the log line; no personal data. */
    logged: Record<string, string> | null;
    /** The code of the refusal that was answered, or null. */
    refusedWith: ErrorCode | null;
  }
}

/** Of an unknown field's name a refusal repeats no more, however long it is. */
const longestName = 200;

type Part = 'body' | 'querystring' | 'params';

/**
 * Takes what the readers found: puts the values in place, names ignored fields in a header (or
 * refuses them, when the caller asked for strict handling, RFC 7240), and refuses a faulty request
 * unless the route's own checks come first.
 */
export function settleReadings(request: FastifyRequest): void {
  const ignored: string[] = [];
  let faults = null as Faults | null;
  for (const part of ['params', 'querystring', 'body'] satisfies Part[]) {
    const holder = part === 'querystring' ? 'query' : part;
    const reading = request[holder] as Reading<unknown> | undefined;
    if (!request.routeOptions.schema?.[part] || !reading) continue;
    // What is no id names nothing.
    if (part === 'params' && reading.faults) throw refuse('not_found');
    request[holder] = reading.value;
    ignored.push(...reading.ignored);
    if (reading.faults) faults = Object.assign(faults ?? {}, reading.faults);
  }
  if (ignored.length > 0 && isStrict(request)) faults = { ...faults, ...faultsOfUnknown(ignored) };
  request.faults = faults;
  request.ignored = ignored.length > 0 ? ignored : null;
  if (faults && !request.routeOptions.config.gathersFaults) throw refuseFaults(faults);
}

/** What strict handling says of fields that are not known. */
export function faultsOfUnknown(ignored: readonly string[]): Faults {
  const paths = ignored.slice(0, 100).map((name) => name.slice(0, longestName));
  return Object.fromEntries(
    paths.map((path) => [path, [`${path} is not a known field; leave it out.`]]),
  );
}

/** Whether the caller asked for strict handling (RFC 7240). */
export const isStrict = (request: FastifyRequest) =>
  /(?:^|[,;\s])handling\s*=\s*"?strict"?(?:$|[,;\s])/i.test(String(request.headers.prefer ?? ''));

/** The value of `Ignored-Fields`: percent-encoded, at most 20 names and 1 KiB. */
export function ignoredFieldsHeader(ignored: readonly string[]): string {
  let value = '';
  for (const path of ignored.slice(0, 20)) {
    const next = value + (value ? ', ' : '') + encodeURIComponent(path.toWellFormed());
    if (next.length > 1024) break;
    value = next;
  }
  return value;
}
