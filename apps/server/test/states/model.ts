// The states of an appointment as contract section 4 has them, in memory. Written from the contract
// and knowing nothing of the program, so that the two can be compared.

export const statuses = [
  'scheduled',
  'waiting',
  'in_progress',
  'on_hold',
  'completed',
  'cancelled',
  'no_show',
] as const;
export type Status = (typeof statuses)[number];

export const actorKinds = ['api', 'claimant', 'agent', 'connection', 'sweeper'] as const;
export type ActorKind = (typeof actorKinds)[number];

/** The fifteen moves of forty-two. */
export const allowedMoves: readonly (readonly [Status, Status])[] = [
  ['scheduled', 'waiting'],
  ['scheduled', 'cancelled'],
  ['scheduled', 'no_show'],
  ['waiting', 'scheduled'],
  ['waiting', 'in_progress'],
  ['waiting', 'completed'],
  ['waiting', 'cancelled'],
  ['in_progress', 'waiting'],
  ['in_progress', 'on_hold'],
  ['in_progress', 'completed'],
  ['on_hold', 'in_progress'],
  ['on_hold', 'completed'],
  ['no_show', 'scheduled'],
  ['no_show', 'waiting'],
  ['no_show', 'cancelled'],
];

export const isAllowed = (from: Status, to: Status): boolean =>
  allowedMoves.some(([one, other]) => one === from && other === to);

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export type Side = 'agent' | 'claimant';

/** A side's latest connection in this revision; `lasts`: its process goes on beating. */
interface Presence {
  connectedAt: number | null;
  leftAt: number | null;
  lasts: boolean;
}
const absent: Presence = { connectedAt: null, leftAt: null, lasts: true };

interface Hold {
  from: number;
  until: number | null;
}

/** An appointment; instants in milliseconds. */
export interface Modelled {
  status: Status;
  version: number;
  revision: number;
  name: string;
  startsAt: number;
  minutes: number;
  updatedAt: number;
  arrivedAt: number | null;
  leftAt: number | null;
  admittedAt: number | null;
  startedAt: number | null;
  endedAt: number | null;
  holds: readonly Hold[];
  correctedAt: number | null;
  cancelledAt: number | null;
  reason: string | null;
  outcome: string | null;
  agent: Presence;
  claimant: Presence;
}

export function scheduled(now: number, startsAt: number, minutes: number, name: string): Modelled {
  return {
    status: 'scheduled',
    version: 1,
    revision: 1,
    name,
    startsAt,
    minutes,
    updatedAt: now,
    arrivedAt: null,
    leftAt: null,
    admittedAt: null,
    startedAt: null,
    endedAt: null,
    holds: [],
    correctedAt: null,
    cancelledAt: null,
    reason: null,
    outcome: null,
    agent: absent,
    claimant: absent,
  };
}

/** 23:59:59 UTC of the last day, or four hours after the end where that is later. */
export function closesAt({ startsAt, minutes }: Pick<Modelled, 'startsAt' | 'minutes'>): number {
  const endsAt = startsAt + minutes * minute;
  const lastSecond = Math.floor(endsAt / day) * day + day - 1_000;
  return Math.max(lastSecond, endsAt + 4 * hour);
}

const isClosed = (a: Modelled, now: number) => now >= closesAt(a);
const beforeSession = (a: Modelled) => a.startedAt === null;
const afterSession = (a: Modelled) => a.startedAt !== null;
const isThere = ({ connectedAt, leftAt }: Presence) => connectedAt !== null && leftAt === null;

function lastLeftAt(a: Modelled): number | null {
  const times = [a.agent.leftAt, a.claimant.leftAt].filter((time) => time !== null);
  return times.length > 0 ? Math.max(...times) : null;
}

/** Nobody connected for ten minutes, or one side alone for sixty. */
function isDeserted(a: Modelled, now: number): boolean {
  const since = lastLeftAt(a);
  const isEmpty = a.agent.leftAt !== null && a.claimant.leftAt !== null;
  return since !== null && now - since >= (isEmpty ? 10 : 60) * minute;
}

/** Why the sweeper cancels when the room has closed; null: it leaves it to others. */
function closingReason(a: Modelled, now: number): string | null {
  if (a.status === 'waiting') return 'not_seen';
  if (a.leftAt !== null) return 'left';
  if (a.correctedAt !== null) return 'corrected';
  return now >= closesAt(a) + 7 * day ? 'undecided' : null;
}

function ended(a: Modelled, at: number): Partial<Modelled> {
  const times = a.holds.flatMap(({ from, until }) => [from, until ?? from]);
  const endedAt = Math.max(at, a.startedAt ?? at, ...times);
  return { endedAt, holds: a.holds.map((one) => ({ ...one, until: one.until ?? endedAt })) };
}

export interface Command {
  name: CommandName;
  by: ActorKind;
  /** The version that the actor insists on. */
  version?: number | null;
  reason?: string | null;
}

interface Rule {
  by: readonly ActorKind[];
  from: readonly Status[];
  to: Status;
  event: string;
  when?(a: Modelled, now: number, reason: string | null): boolean;
  sets?(a: Modelled, now: number, reason: string | null): Partial<Modelled>;
  isDone?(a: Modelled): boolean;
}

export const commandNames = [
  'arrive',
  'leave',
  'admit',
  'start',
  'hold',
  'resume',
  'putBack',
  'end',
  'endDeserted',
  'endAbandoned',
  'cancel',
  'cancelClosed',
  'markNoShow',
  'markNoShowClosed',
  'correct',
  'correctClosed',
] as const;
export type CommandName = (typeof commandNames)[number];
export type Rules = Readonly<Record<CommandName, Rule>>;

const completed = { to: 'completed', event: 'appointment.completed' } as const;
const cancelled = { to: 'cancelled', event: 'appointment.cancelled' } as const;
const noShow = { to: 'no_show', event: 'appointment.marked_no_show' } as const;

/** Who may do what, from where and when. The sweeper's are for a service that was never down. */
export const rules: Rules = {
  arrive: {
    by: ['claimant', 'agent', 'api'],
    from: ['scheduled', 'no_show'],
    to: 'waiting',
    event: 'appointment.arrived',
    when: (a, now) => now >= a.startsAt - 30 * minute && !isClosed(a, now),
    sets: (_, now) => ({ arrivedAt: now, leftAt: null }),
  },
  leave: {
    by: ['claimant'],
    from: ['waiting'],
    to: 'scheduled',
    event: 'appointment.left',
    when: (a, now) => beforeSession(a) && !isClosed(a, now),
    sets: (_, now) => ({ leftAt: now, admittedAt: null }),
  },
  admit: {
    by: ['agent'],
    from: ['waiting'],
    to: 'waiting',
    event: 'appointment.admitted',
    when: (a) => a.admittedAt === null,
    sets: (_, now) => ({ admittedAt: now }),
  },
  start: {
    by: ['connection'],
    from: ['waiting'],
    to: 'in_progress',
    event: 'appointment.started',
    when: (a) => a.admittedAt !== null && isThere(a.agent) && isThere(a.claimant),
    sets: (a, now) => ({ startedAt: a.startedAt ?? now }),
  },
  hold: {
    by: ['agent'],
    from: ['in_progress'],
    to: 'on_hold',
    event: 'appointment.held',
    sets: (a, now) => ({ holds: [...a.holds, { from: now, until: null }] }),
  },
  resume: {
    by: ['agent'],
    from: ['on_hold'],
    to: 'in_progress',
    event: 'appointment.resumed',
    sets: (a, now) => ({ holds: a.holds.map((one) => ({ ...one, until: one.until ?? now })) }),
  },
  putBack: {
    by: ['agent'],
    from: ['in_progress'],
    to: 'waiting',
    event: 'appointment.put_back',
    sets: () => ({ admittedAt: null }),
    isDone: (a) => a.status === 'waiting' && afterSession(a),
  },
  end: {
    by: ['agent'],
    from: ['in_progress', 'on_hold', 'waiting'],
    ...completed,
    when: afterSession,
    sets: ended,
  },
  endDeserted: {
    by: ['sweeper'],
    from: ['in_progress', 'on_hold'],
    ...completed,
    when: isDeserted,
    sets: (a, now) => ended(a, lastLeftAt(a) ?? now),
  },
  endAbandoned: {
    by: ['sweeper'],
    from: ['waiting'],
    ...completed,
    when: (a, now) => afterSession(a) && isClosed(a, now),
    sets: (a, now) => ({ ...ended(a, lastLeftAt(a) ?? now), outcome: 'abandoned' }),
  },
  cancel: {
    by: ['api', 'agent', 'claimant'],
    from: ['scheduled', 'waiting'],
    ...cancelled,
    when: beforeSession,
    sets: (_, now, reason) => ({ cancelledAt: now, reason }),
  },
  cancelClosed: {
    by: ['sweeper'],
    from: ['scheduled', 'waiting'],
    ...cancelled,
    when: (a, now) => beforeSession(a) && isClosed(a, now) && closingReason(a, now) !== null,
    sets: (a, now) => ({ cancelledAt: now, reason: closingReason(a, now) }),
  },
  markNoShow: {
    by: ['api', 'agent'],
    from: ['scheduled'],
    ...noShow,
    when: (a, now) => a.arrivedAt === null && now >= a.startsAt + 15 * minute,
  },
  markNoShowClosed: {
    by: ['sweeper'],
    from: ['scheduled'],
    ...noShow,
    when: (a, now) => a.arrivedAt === null && a.correctedAt === null && isClosed(a, now),
  },
  correct: {
    by: ['agent'],
    from: ['no_show'],
    to: 'scheduled',
    event: 'appointment.corrected',
    when: (a, now, reason) => !isClosed(a, now) && reason !== null,
    sets: (_, now) => ({ correctedAt: now }),
  },
  correctClosed: {
    by: ['agent'],
    from: ['no_show'],
    to: 'cancelled',
    event: 'appointment.corrected',
    when: (a, now, reason) => isClosed(a, now) && reason !== null,
    sets: (_, now) => ({ correctedAt: now, cancelledAt: now, reason: 'corrected' }),
  },
};

type Refused = 'transition_not_allowed' | 'version_mismatch' | 'validation_failed';

/** What came of a command: `unchanged` when the appointment was already as wanted. */
export interface Step {
  outcome: 'changed' | 'unchanged' | Refused;
  after: Modelled;
  /** One for each command that changed something. */
  events: readonly string[];
}

export const stay = (after: Modelled, outcome: Step['outcome']): Step => ({
  outcome,
  after,
  events: [],
});

/** One command. Whoever may not give it is refused before anything is looked at. */
export function step(a: Modelled, command: Command, now: number, by: Rules = rules): Step {
  const rule = by[command.name];
  const reason = command.reason ?? null;
  if (!rule.by.includes(command.by)) return stay(a, 'transition_not_allowed');
  if (command.version != null && command.version !== a.version) return stay(a, 'version_mismatch');
  if (rule.from.includes(a.status) && (rule.when?.(a, now, reason) ?? true)) {
    const changes = { status: rule.to, version: a.version + 1, updatedAt: now };
    const after = { ...a, ...changes, ...rule.sets?.(a, now, reason) };
    return { outcome: 'changed', after, events: [rule.event] };
  }
  const isDone = rule.isDone?.(a) ?? a.status === rule.to;
  return stay(a, isDone ? 'unchanged' : 'transition_not_allowed');
}

export interface Patch {
  version?: number | null;
  name?: string;
  startsAt?: number;
  minutes?: number;
  status?: Status | null;
}

/** A PATCH: the fields that were sent and, with `status`, a move; both or neither. */
export function patch(a: Modelled, { status, ...wanted }: Patch, now: number, by = rules): Step {
  const changed = change(a, wanted, now);
  const isWell = changed.outcome === 'changed' || changed.outcome === 'unchanged';
  if (!isWell || status == null || status === changed.after.status) return changed;
  const name = { waiting: 'arrive', cancelled: 'cancel', no_show: 'markNoShow' } as const;
  if (!(status in name)) return stay(a, 'transition_not_allowed');
  const command = { name: name[status as keyof typeof name], by: 'api' } as const;
  const moved = step(changed.after, command, now, by);
  if (moved.outcome !== 'changed') return stay(a, moved.outcome);
  return { ...moved, events: [...changed.events, ...moved.events] };
}

const finals: readonly Status[] = ['completed', 'cancelled', 'no_show'];

/** New links, of which the model knows nothing: only that there is a new version. */
export function rotate(a: Modelled, version: number | null, now: number): Step {
  if (version !== null && version !== a.version) return stay(a, 'version_mismatch');
  if (finals.includes(a.status)) return stay(a, 'transition_not_allowed');
  const after = { ...a, version: a.version + 1, updatedAt: now };
  return { outcome: 'changed', after, events: ['appointment.links_rotated'] };
}

function change(a: Modelled, { version, ...fields }: Omit<Patch, 'status'>, now: number): Step {
  if (version != null && version !== a.version) return stay(a, 'version_mismatch');
  const wanted = { ...a, ...fields };
  const isMoved = wanted.startsAt !== a.startsAt;
  const isSame = !isMoved && wanted.minutes === a.minutes && wanted.name === a.name;
  if (isSame) return stay(a, 'unchanged');
  if (finals.includes(a.status)) return stay(a, 'transition_not_allowed');
  const mayMove = a.status === 'scheduled' || (a.status === 'waiting' && beforeSession(a));
  if (isMoved && !mayMove) return stay(a, 'transition_not_allowed');
  if (closesAt(wanted) !== closesAt(a) && isClosed(wanted, now))
    return stay(a, 'validation_failed');
  const after = { ...wanted, version: a.version + 1, updatedAt: now };
  if (!isMoved) return { outcome: 'changed', after, events: ['appointment.changed'] };
  const anew = { arrivedAt: null, leftAt: null, admittedAt: null, correctedAt: null };
  const nobody = { agent: absent, claimant: absent };
  const moved = {
    ...after,
    ...anew,
    ...nobody,
    status: 'scheduled',
    revision: a.revision + 1,
  } as const;
  return { outcome: 'changed', after: moved, events: ['appointment.rescheduled'] };
}
