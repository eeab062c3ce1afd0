import type { AppointmentRow } from './row.ts';

type Searched = 'claimant_name' | 'claimant_email' | 'claimant_phone_number' | 'reference';

/** What a new appointment is searched by, in SQL, from the parameters or columns that hold it. */
export const searchTextOf = (place: (column: Searched) => string): string =>
  `search_text_of(${place('claimant_name')}, ${place('claimant_email')},
    ${place('claimant_phone_number')}, ${place('reference')})`;

/**
 * The same text, made here where everything is plain ASCII, which saves the database an eighth of
 * what a create costs it; null for all else. A test compares the two.
 */
export function plainSearchText(row: Pick<AppointmentRow, Searched>): string | null {
  const { claimant_name: name, claimant_email: email, claimant_phone_number: phone } = row;
  const domain = email === null ? '' : ` ${email} ${email.slice(email.indexOf('@') + 1)}`;
  const parts = /[-.]/.test(name) ? ` ${name.replace(/[-.]/g, ' ')}` : '';
  const given = `${name} ${row.reference}${domain}${parts}`;
  if (/[^\x20-\x7e]/.test(given)) return null;
  const folded = given
    .replace(/['`]/g, '')
    .replace(/[,;()<>[\]"]/g, ' ')
    .toLowerCase();
  const digits = phone === null ? '' : `<${[...phone.replace('+', '')].toReversed().join('')} `;
  return ` ${folded} ${digits}`;
}

/**
 * The part of a statement that writes the terms of new appointments: one row of `from` is one of
 * them, with `organisation_id`, `id` and the `search_text` it was given (migration 0004). Without
 * this part and without a `search_text` the database adds the terms by itself, at twice the price.
 */
export const termsWritten = (from = 'appointment'): string => `
  term as (
    insert into search_terms (organisation_id, period, term, appointment_id)
    select organisation_id, search_period(id), left(term, 100), id
    from ${from}, string_to_table(search_text, ' ') as term
    where term <> '')`;
