import type { ErrorCode } from '@anteroom/contract';

/** A route as far as it decides what it can refuse. */
interface Route {
  method: string;
  url: string;
  hasBody: boolean;
  hasQuery: boolean;
  needsToken: boolean;
  /** Whether it turns whatever is wrong with a request into a 400 of its own shape. */
  hasOwnErrors: boolean;
  scope?: string | undefined;
  isVersioned?: boolean | undefined;
  isReading?: boolean | undefined;
  refusals?: readonly ErrorCode[] | undefined;
}

/** The codes that a route can answer with, in the registry's words (contract section 2). */
export function refusalsOf(route: Route): ErrorCode[] {
  const { method, url, hasBody, hasQuery, needsToken, hasOwnErrors, isReading } = route;
  const { scope, refusals = [] } = route;
  const namesOne = url.includes('{id}');
  const keepsAnswer = keepsAnswers(route);
  const given: [boolean, ErrorCode[]][] = [
    [true, ['malformed_request', 'request_timeout', 'headers_too_large']],
    [true, ['too_many_requests', 'internal_error', 'unavailable']],
    [needsToken, ['unauthenticated']],
    [scope !== undefined, ['missing_scope']],
    [namesOne, ['not_found']],
    [hasBody, ['body_too_large']],
    [hasBody && !hasOwnErrors, ['malformed_body', 'unsupported_media_type']],
    [(hasBody || hasQuery || keepsAnswer) && !hasOwnErrors, ['validation_failed']],
    [keepsAnswer, ['idempotency_in_progress', 'idempotency_key_reused']],
    [method !== 'get' && !isReading, ['storage_full']],
    [isConditional(route), ['version_mismatch']],
  ];
  return [...new Set([...given.flatMap(([is, codes]) => (is ? codes : [])), ...refusals])];
}

/** Whether the route answers a repeated Idempotency-Key with what it answered first. */
export const keepsAnswers = ({
  method,
  needsToken,
  isReading,
}: Pick<Route, 'method' | 'needsToken' | 'isReading'>): boolean =>
  method === 'post' && needsToken && isReading !== true;

/** Whether the route heeds If-Match: it changes one thing that has versions. */
export const isConditional = ({
  method,
  url,
  isVersioned,
}: Pick<Route, 'method' | 'url' | 'isVersioned'>): boolean =>
  isVersioned === true && method !== 'get' && url.includes('{id}');
