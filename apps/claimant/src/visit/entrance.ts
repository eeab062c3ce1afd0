declare global {
  /** What a claimant's link holds: kept for this tab alone, for when the session has ended. */
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

const key = 'anteroom-entrance';

/** Remembers what let the person in, for the next reload of this tab. */
export function keepLink(link: Link): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(link));
  } catch {
    // A browser that keeps nothing asks for the link again after a reload.
  }
}

/** Whether something is there that may open the appointment again. */
export const canEnter = (link: Link) => Boolean(link.token || link.entry_code || link.reference);

/** The claimant's link in full, for another browser; null when this one never had it. */
export function linkAddress({ reference, token, entry_code }: Link): string | null {
  const { origin } = location;
  if (entry_code) return `${origin}/j/${encodeURIComponent(entry_code)}`;
  if (!token || !reference) return null;
  const query = new URLSearchParams({ reference });
  return `${origin}/client-web/schedule/pre-call/summary?${query}#${token}`;
}
