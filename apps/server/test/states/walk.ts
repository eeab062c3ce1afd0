// Histories in memory: what people, connections and time do to one appointment of the model.

import {
  type ActorKind,
  type CommandName,
  closesAt,
  day,
  hour,
  type Modelled,
  minute,
  patch,
  type Rules,
  rotate,
  rules,
  type Side,
  type Status,
  type Step,
  scheduled,
  stay,
  step,
} from './model.ts';

/** Instants at which something becomes possible or impossible. */
export type Landmark = 'opens' | 'starts' | 'absent' | 'closes' | 'undecided';

/** A version that a caller insists on: none, the one it last read, or one before that. */
type Insists = 'no' | 'current' | 'stale';

export type Action =
  | { does: 'command'; name: CommandName; by: ActorKind; insists: Insists; reason: string | null }
  | {
      does: 'patch';
      insists: Insists;
      name?: string;
      minutes?: number;
      movesBy?: number;
      status?: Status;
    }
  | { does: 'rotate'; insists: Insists }
  | { does: 'connect'; side: Side; lasts: boolean }
  | { does: 'disconnect'; side: Side }
  | { does: 'wait'; minutes: number }
  | { does: 'waitFor'; landmark: Landmark; minutes: number }
  | { does: 'sweep' }
  | { does: 'repeat' };

export interface Stand {
  now: number;
  appointment: Modelled;
}

/** An action with everything decided that depends on the moment; a repetition decides nothing. */
export type Deed = {
  action: Exclude<Action, { does: 'repeat' }>;
  version: number | null;
  startsAt: number;
};

export interface Happening {
  deed: Deed;
  before: Stand;
  after: Stand;
  outcome: Step['outcome'];
  events: readonly string[];
}

const landmarks: Record<Landmark, (a: Modelled) => number> = {
  opens: (a) => a.startsAt - 30 * minute,
  starts: (a) => a.startsAt,
  absent: (a) => a.startsAt + 15 * minute,
  closes: closesAt,
  undecided: (a) => closesAt(a) + 7 * day,
};

export function decide(action: Exclude<Action, { does: 'repeat' }>, { appointment }: Stand): Deed {
  const versions = { no: null, current: appointment.version, stale: appointment.version - 1 };
  const version = 'insists' in action ? versions[action.insists] : null;
  const movesBy = action.does === 'patch' ? (action.movesBy ?? 0) : 0;
  return { action, version, startsAt: appointment.startsAt + movesBy * minute };
}

/** Connections of processes that are gone count as left. */
function loseConnections(a: Modelled, now: number): Modelled {
  const lose = (side: Side) =>
    a[side].connectedAt !== null && a[side].leftAt === null && !a[side].lasts
      ? { ...a[side], leftAt: now }
      : a[side];
  return { ...a, agent: lose('agent'), claimant: lose('claimant') };
}

/** What the sweeper does when the service was always there: whatever one of its commands may. */
export function sweep(a: Modelled, now: number, by: Rules = rules): Step {
  const left = loseConnections(a, now);
  for (const name of ['endDeserted', 'endAbandoned', 'markNoShowClosed', 'cancelClosed'] as const) {
    const swept = step(left, { name, by: 'sweeper' }, now, by);
    if (swept.outcome === 'changed') return swept;
  }
  return stay(left, 'unchanged');
}

function connect(a: Modelled, side: Side, lasts: boolean, now: number, by: Rules): Step {
  const there = { ...a, [side]: { connectedAt: now, leftAt: null, lasts } };
  const started = step(there, { name: 'start', by: 'connection' }, now, by);
  return started.outcome === 'changed' ? started : stay(there, 'unchanged');
}

function disconnect(a: Modelled, side: Side, now: number): Step {
  const presence = a[side];
  const isThere = presence.connectedAt !== null && presence.leftAt === null;
  return stay(isThere ? { ...a, [side]: { ...presence, leftAt: now } } : a, 'unchanged');
}

/** How far the clock goes; it never goes back. */
export function clockAfter({ action }: Deed, { now, appointment }: Stand): number {
  if (action.does === 'wait') return now + action.minutes * minute;
  if (action.does !== 'waitFor') return now;
  return Math.max(now, landmarks[action.landmark](appointment) + action.minutes * minute);
}

function act({ action, version, startsAt }: Deed, a: Modelled, now: number, by: Rules): Step {
  switch (action.does) {
    case 'command':
      return step(a, { name: action.name, by: action.by, version, reason: action.reason }, now, by);
    case 'patch': {
      const { name = a.name, minutes = a.minutes, status = null, movesBy } = action;
      const time = movesBy === undefined ? {} : { startsAt };
      return patch(a, { version, name, minutes, status, ...time }, now, by);
    }
    case 'rotate':
      return rotate(a, version, now);
    case 'connect':
      return connect(a, action.side, action.lasts, now, by);
    case 'disconnect':
      return disconnect(a, action.side, now);
    case 'sweep':
      return sweep(a, now, by);
    default:
      return stay(a, 'unchanged');
  }
}

export function happen(deed: Deed, before: Stand, by: Rules = rules): Happening {
  const now = clockAfter(deed, before);
  const { after, outcome, events } = act(deed, before.appointment, now, by);
  return { deed, before, after: { now, appointment: after }, outcome, events };
}

export const firstStart = Date.parse('2026-03-02T10:00:00Z');

/** A new appointment, half an hour long, made two hours before it starts. */
export function beginning(startsAt = firstStart): Stand {
  const now = startsAt - 2 * hour;
  return { now, appointment: scheduled(now, startsAt, 30, 'Ada Example') };
}

/** The deeds of a list of actions, one after another; a repetition repeats the deed before it. */
export function* deedsOf(actions: readonly Action[]) {
  let last: Deed | null = null;
  for (const action of actions) {
    const repeated: Deed | null = action.does === 'repeat' ? last : null;
    if (action.does === 'repeat') {
      if (repeated) yield () => repeated;
    } else {
      yield (stand: Stand) => {
        last = decide(action, stand);
        return last;
      };
    }
  }
}

export function walk(
  actions: readonly Action[],
  from = beginning(),
  by: Rules = rules,
): Happening[] {
  const happenings: Happening[] = [];
  let stand = from;
  for (const deedIn of deedsOf(actions)) {
    const happening = happen(deedIn(stand), stand, by);
    happenings.push(happening);
    stand = happening.after;
  }
  return happenings;
}
