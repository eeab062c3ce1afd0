/** What a claimant's link holds: kept for this tab alone, for when the session has ended. */
declare global {
  interface Link {
    reference?: string | null;
    token?: string;
    entry_code?: string;
  }

  interface Window {
    /** What `early.ts` read from the link, and the answer that it has asked for. */
    entrance: { link: Link; answer: Promise<Response> };
  }
}

export {};
