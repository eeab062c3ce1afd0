const dayMs = 86_400_000;
const halfHourMs = 1_800_000;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** @param {number} bytes */
const random = (bytes) =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** A key that nobody has used before. (`randomUUID` is there with https alone.) */
export const freshKey = () => random(16);

/** A reference that nobody has used before, short enough to read aloud. */
const freshReference = () => `DOC-${random(4)}`;

/**
 * An example that works now: every `reference` is a new one, and every time is so many days ahead.
 * @param {unknown} example
 * @param {{ now: number, daysAhead: number }} when `now` in milliseconds: the service's own time
 * @returns {unknown}
 */
export function freshen(example, { now, daysAhead }) {
  const at = Math.ceil((now + daysAhead * dayMs) / halfHourMs) * halfHourMs;
  const later = `${new Date(at).toISOString().slice(0, 19)}Z`;
  /** @param {unknown} value @param {string} name @returns {unknown} */
  const visit = (value, name) => {
    if (Array.isArray(value)) return value.map((entry) => visit(entry, name));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [key, visit(part, key)]),
      );
    }
    if (typeof value !== 'string') return value;
    if (name === 'reference') return freshReference();
    return instant.test(value) ? later : value;
  };
  return visit(example, '');
}
