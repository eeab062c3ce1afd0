import { type CustomFieldType, longestCustomValue, mostCustomFields } from '@anteroom/contract';
import { type Runner, statement } from '../platform/database/index.ts';
import { isRealDate } from '../platform/http/formats.ts';

/** What an organisation asks about claimants besides what everyone is asked. */
export interface CustomField {
  readonly id: number;
  readonly name: string;
  readonly type: CustomFieldType;
  /** Never true of a retired field. */
  readonly isRequired: boolean;
  /** Empty unless the type is choice. */
  readonly choices: readonly string[];
  /** No longer asked for. */
  readonly isRetired: boolean;
}

/** What a field takes, in words. */
export function expectationOf({ type, choices }: CustomField): string {
  const expectations = {
    text: `text of 1 to ${longestCustomValue} characters`,
    number: 'a number in digits such as 12 or -3.5',
    date: 'a real date such as 2031-05-20',
    boolean: 'true or false',
    choice: `one of ${choices.join(', ')}`,
  };
  return expectations[type];
}

/** The value in the one form in which it is kept, or null when the field does not take it. */
export function readCustomValue(
  { type, choices }: CustomField,
  given: string | number | boolean,
): string | null {
  // Beyond these a number in JSON is not the one that was sent.
  if (Number.isInteger(given) && !Number.isSafeInteger(given)) return null;
  const text = String(given);
  switch (type) {
    case 'text':
      return typeof given === 'boolean' ? null : text;
    case 'number':
      return readDecimal(text);
    case 'date':
      return isRealDate(text) ? text : null;
    case 'boolean':
      return readBoolean(text);
    case 'choice':
      return choices.includes(text) ? text : null;
  }
}

/** Plain digits without what means nothing: `+007.50` is `7.5`. */
function readDecimal(text: string): string | null {
  const [isDecimal, sign, digits = '', decimals = ''] =
    /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  if (!isDecimal) return null;
  const whole = digits.replace(/^0+(?=\d)/, '');
  const fraction = decimals.replace(/0+$/, '');
  const size = fraction ? `${whole}.${fraction}` : whole;
  return sign === '-' && size !== '0' ? `-${size}` : size;
}

function readBoolean(text: string): string | null {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === '1') return 'true';
  return lower === 'false' || lower === '0' ? 'false' : null;
}

interface CustomFieldSettings {
  name?: string | undefined;
  isRequired?: boolean | undefined;
  choices?: readonly string[] | undefined;
  /** Fields are asked in this order, and by id where it is the same. */
  position?: number | undefined;
}

const insertField = statement<{ id: number }>(
  'create_custom_field',
  `insert into custom_fields (organisation_id, id, name, type, is_required, choices, position)
   select current_organisation(), coalesce(max(id), 0) + 1, $1, $2, $3, $4,
     coalesce($5::integer, max(position) + 1, 1)
   from custom_fields where organisation_id = current_organisation()
   having count(*) filter (where retired_at is null) < ${mostCustomFields} returning id`,
);
const selectFields = statement<CustomField & { position: number }>(
  'list_custom_fields',
  `select id, name, type, is_required as "isRequired", choices, retired_at is not null as "isRetired", position
   from custom_fields where organisation_id = current_organisation() order by position, id`,
);
const updateField = statement<{ id: number }>(
  'set_custom_field',
  `update custom_fields set name = coalesce($2, name), is_required = coalesce($3, is_required),
     choices = coalesce($4::text[], choices), position = coalesce($5, position),
     retired_at = case when $6::boolean then coalesce(retired_at, now()) when not $6 then null else retired_at end
   where organisation_id = current_organisation() and id = $1 returning id`,
);

/** Makes a custom field, the last one unless a position is given; null: there are too many. */
export async function createCustomField(
  database: Runner,
  settings: CustomFieldSettings & { name: string; type: CustomFieldType },
): Promise<number | null> {
  const { name, type, isRequired = false, choices = [], position = null } = settings;
  const row = await database.one(insertField, [name, type, isRequired, choices, position]);
  return row?.id ?? null;
}

/** All custom fields, retired ones as well, in their order. */
export const listCustomFields = (database: Runner) => database.many(selectFields, []);

/** Changes what is given; a field's type stays. False: no such field. */
export async function setCustomField(
  database: Runner,
  id: number,
  settings: CustomFieldSettings & { isRetired?: boolean | undefined },
): Promise<boolean> {
  const { name = null, isRequired = null, choices = null, position = null } = settings;
  const { isRetired = null } = settings;
  const values = [id, name, isRequired, choices, position, isRetired];
  return (await database.one(updateField, values)) !== null;
}
