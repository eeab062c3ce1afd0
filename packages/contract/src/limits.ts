/** What one request may ask for (contract sections 2 and 3). */
export const limits = {
  bodyBytes: 256 * 1024,
  bulkBodyBytes: 2 * 1024 * 1024,
  /** Appointments in one bulk request. */
  bulkRows: 500,
  /** Entries on one page of a list. */
  perPage: 100,
} as const;
