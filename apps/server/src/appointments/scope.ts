import { listText } from '../platform/database/index.ts';

/** Departments whose appointments are meant: null is all, none is what belongs to no department. */
export type Scope = readonly number[] | null;

/** The condition that an appointment is in scope, in SQL; the parameter takes `scopeValue`. */
export const inScope = (parameter: string) =>
  `(${parameter}::integer[] is null or case when department_id is null
     then cardinality(${parameter}::integer[]) = 0 else department_id = any (${parameter}::integer[]) end)`;

export const scopeValue = (scope: Scope): string | null => scope && listText(scope);
