import { DatabaseError } from 'pg';
import { type Refusal, refuse } from '../errors.ts';

/** Of PostgreSQL's appendix A: foreign key, unique, check and exclusion. */
const violations = ['23503', '23505', '23514', '23P01'];

/** The constraint that a failed statement ran into, or null. */
export function violatedConstraint(error: unknown): string | null {
  if (!(error instanceof DatabaseError)) return null;
  return violations.includes(error.code ?? '') ? (error.constraint ?? null) : null;
}

/** True when the same statement may simply be tried again (serialisation failure, deadlock). */
export function isWorthRepeating(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01');
}

/** True when the statement gave up waiting for a lock that another request holds. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '55P03';
}

/**
 * The refusal that a failure of the database itself means for the caller, or null when it is a
 * fault of ours. Classes by PostgreSQL's appendix A: 08 connection, 53 resources, 57 intervention,
 * 58 system, 25006 read-only; 55P03 and 40xxx are waits that ended. 26000 and 42P05 are about a
 * statement's name: the one before it in the pipeline was to prepare it and failed, as by a lock.
 */
export function refusalOfFailure(error: unknown): Refusal | null {
  if (error instanceof ConnectionLost) return refuse('unavailable', { cause: error });
  if (!(error instanceof DatabaseError)) return null;
  const code = error.code ?? '';
  if (code === '53100') return refuse('storage_full', { cause: error });
  return /^(08|53|57|58|40)/.test(code) || ['55P03', '25006', '26000', '42P05'].includes(code)
    ? refuse('unavailable', { cause: error })
    : null;
}

/** The connection went away, or was not there, before the answer came: the outcome is unknown. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost';
}

/** What pg rejects with: PostgreSQL's own error, else the connection's end, whatever pg calls it. */
export const failureOf = (error: Error): Error =>
  'severity' in error ? error : new ConnectionLost(error.message, { cause: error });
