import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

const instantForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d{2}(?::?\d{2})?| \d{2}:\d{2})?)?$/;

/**
 * Reads an ISO 8601 date and time and answers it in UTC with microseconds
 * (`2025-08-19T16:50:00.000000Z`), or null when it is not one. Without an offset it means UTC
 * (contract section 2). A space in place of the offset's plus is read as the plus that an
 * unescaped query turns into a space.
 */
export function readInstant(text: string): string | null {
  const match = instantForm.exec(text);
  if (!match) return null;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00'] = match;
  const fraction = match[7] ?? '';
  const offset = match[8] ?? 'Z';
  const at = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second);
  // Date.UTC rolls over what does not exist (30 February, 24:00, second 60).
  const written = new Date(at).toISOString();
  if (written.slice(0, 19) !== `${year}-${month}-${day}T${hour}:${minute}:${second}`) return null;
  const minutesEast = offsetInMinutes(offset);
  if (minutesEast === null) return null;
  const utc = new Date(at - minutesEast * 60_000).toISOString();
  if (!/^[12]\d{3}-/.test(utc)) return null;
  return `${utc.slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

/** Null for an offset that no place on earth has. */
function offsetInMinutes(offset: string): number | null {
  if (offset.toUpperCase() === 'Z') return 0;
  const sign = offset.startsWith('-') ? -1 : 1;
  const digits = offset.replace(/\D/g, '');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2) || 0)];
  return hours > 14 || minutes > 59 ? null : sign * (hours * 60 + minutes);
}

/** A date that exists, such as `1990-01-31`. */
export function isRealDate(text: string): boolean {
  if (!/^[12]\d{3}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.valueOf()) && at.toISOString().startsWith(text);
}

/** A language tag (BCP 47), such as `pl` or `pt-BR`. */
export function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

/** A time zone that this program's zone data knows, such as `Europe/Warsaw`. */
export function isTimeZone(text: string): boolean {
  if (/^[+-]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** Something that a mail server could take: one @, a dotted domain or localhost, no white space. */
export function isMailbox(text: string): boolean {
  return /^[^\s@<>()[\],;:"\\]{1,64}@(?:[^\s@<>()[\],;:"\\.]+\.)*[^\s@<>()[\],;:"\\.]{1,63}$/.test(
    text,
  );
}

/** Could be a phone number; which one it is depends on the organisation's country (readPhone). */
export function isPhone(text: string): boolean {
  return /^\+?[\d\s().\-/]{3,40}$/.test(text);
}

/** The number in E.164 (`+442071234567`), national forms read with the country; null if impossible. */
export function readPhone(text: string, country: string): string | null {
  const parsed = parsePhoneNumberFromString(text, country as never);
  return parsed?.isPossible() ? parsed.number : null;
}

/** An absolute https address; http only for loopback. No user or password in it. */
export function isWebAddress(text: string): boolean {
  const address = URL.parse(text);
  if (!address || address.username || address.password) return false;
  if (address.protocol === 'https:') return /^https:\/\//i.test(text);
  return (
    address.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(address.hostname)
  );
}
