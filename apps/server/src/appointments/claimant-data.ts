import type { ClaimantDataAnswer, ScheduleRequest } from '@anteroom/contract';
import { type CustomField, expectationOf, readCustomValue } from '../organisation/index.ts';
import type { Faults } from '../platform/errors.ts';

/** The value of one custom field, as it is stored; a list of them is in the order of the ids. */
export interface CustomValue {
  readonly id: number;
  readonly value: string;
}

type Sent = NonNullable<ScheduleRequest['claimant']['data']>;

const path = 'claimant.data';

/**
 * Checks the values that were sent for an organisation's custom fields and puts them into the form
 * in which they are kept; adds to `faults` what is unknown, sent twice, not of its field's type or
 * missing. What the reader could not read stands as it came and has been reported.
 */
export function readClaimantData(
  sent: Sent | null,
  fields: readonly CustomField[],
  faults: Faults,
): CustomValue[] {
  if (faults[path]) return [];
  const values = new Map<number, string>();
  const named = new Set<number>();
  for (const [index, entry] of (sent ?? []).entries()) {
    const at = `${path}.${index}`;
    if (!Number.isInteger(entry?.id) || faults[`${at}.id`]) continue;
    const { id, value } = entry;
    const field = fields.find((candidate) => candidate.id === id);
    if (!field) {
      faults[`${at}.id`] = [
        `${at}.id must be a custom field of this organisation; it has no field ${id}.`,
      ];
    } else if (named.has(id)) {
      faults[`${at}.id`] = [
        `${at}.id must name another custom field than the entries before it; “${field.name}” was there already.`,
      ];
    } else {
      named.add(id);
      if (faults[`${at}.value`]) continue;
      const isBlank = value === null || value === undefined;
      const read = isBlank ? null : readCustomValue(field, value);
      if (read !== null) values.set(id, read);
      else if (!isBlank || field.isRequired) {
        faults[`${at}.value`] = [
          `${at}.value must be ${expectationOf(field)} for the custom field “${field.name}”.`,
        ];
      }
    }
  }
  const missing = fields.filter(({ id, isRequired }) => isRequired && !named.has(id));
  if (missing.length > 0) {
    faults[path] = missing.map(
      (field) =>
        `${path} must hold the custom field “${field.name}” (id ${field.id}): ${expectationOf(field)}.`,
    );
  }
  return [...values].map(([id, value]) => ({ id, value })).sort((one, other) => one.id - other.id);
}

/** The stored values as answers show them, in the order of the fields. */
export function answerClaimantData(
  stored: readonly CustomValue[],
  fields: readonly CustomField[],
): ClaimantDataAnswer {
  if (stored.length === 0) return [];
  return fields.flatMap(({ id, name, type, isRequired }) => {
    const given = stored.find((candidate) => candidate.id === id);
    return given ? [{ id, value: given.value, name, type, required: isRequired }] : [];
  });
}
