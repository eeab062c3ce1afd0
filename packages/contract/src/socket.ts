// What both ends of the call socket need while they run: free of schemas, so that pages stay small.

/** Who can be in a call. */
export const callRoles = ['agent', 'claimant', 'interpreter', 'guest'] as const;

export const socketLimits = {
  frameBytes: 64 * 1024,
  /** So many frames at once, then so many a second. */
  burst: 50,
  framesPerSecond: 20,
  unsentBytes: 1024 * 1024,
  pingEveryMs: 15_000,
  ticketSeconds: 30,
} as const;

export const closeCodes = {
  /** The program stops or restarts: come back, spread out. */
  restarting: 1012,
  /** Not understood, too large or too many. */
  refused: 1008,
  /** The ticket was used, old or unknown: fetch another. */
  ticket: 4001,
  /** What was open here is over: final state, another revision, new links, signed out. */
  over: 4002,
  /** The claimant's seat was taken by another device. */
  seatTaken: 4003,
} as const;
