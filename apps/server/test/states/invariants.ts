// The invariants of an appointment's history (threats D3), as one list of what is broken.

import { closesAt, isAllowed, type Modelled, type Status } from './model.ts';
import type { Happening } from './walk.ts';

const neverHadSession: readonly Status[] = ['scheduled', 'cancelled', 'no_show'];

/** I4 and I5: what holds in every single state. */
function brokenIn(a: Modelled): string[] {
  const broken: string[] = [];
  const insist = (holds: boolean, rule: string) => {
    if (!holds) broken.push(rule);
  };
  insist((a.endedAt !== null) === (a.status === 'completed'), 'I4 ended only with completed');
  insist(a.endedAt === null || a.startedAt !== null, 'I4 ended needs started');
  insist((a.startedAt ?? 0) <= (a.endedAt ?? Number.POSITIVE_INFINITY), 'I4 started <= ended');
  insist(a.startedAt === null || !neverHadSession.includes(a.status), 'I4 no session here');
  insist(
    a.startedAt !== null || !['in_progress', 'on_hold', 'completed'].includes(a.status),
    'I4 a call has started',
  );
  const open = a.holds.filter(({ until }) => until === null);
  insist(open.length === (a.status === 'on_hold' ? 1 : 0), 'I5 open exactly when on hold');
  let earliest = a.startedAt ?? Number.POSITIVE_INFINITY;
  for (const { from, until } of a.holds) {
    insist(from >= earliest, 'I5 holds follow each other inside the session');
    insist(until === null || until >= from, 'I5 a hold ends after it began');
    earliest = until ?? Number.POSITIVE_INFINITY;
  }
  insist(
    a.endedAt === null || a.holds.every(({ until }) => (until ?? 0) <= Number(a.endedAt)),
    'I5 inside',
  );
  return broken;
}

/** I1 to I3, I6 and I8: what holds from one state to the next. */
function brokenBetween({ before, after, outcome, events, deed }: Happening): string[] {
  const broken: string[] = [];
  const [was, is] = [before.appointment, after.appointment];
  const movesTwice = events.length > 1;
  if (was.status !== is.status && !movesTwice && !isAllowed(was.status, is.status)) {
    broken.push(`I1 ${was.status} -> ${is.status}`);
  }
  const isFinal = was.status === 'completed' || was.status === 'cancelled';
  if (isFinal && (events.length > 0 || is.status !== was.status)) broken.push('I2 final is final');
  const isMarked = events.includes('appointment.marked_no_show');
  if (isMarked && is.arrivedAt !== null) broken.push('I3 a no-show after an arrival');
  if (was.startedAt !== null && is.startedAt !== was.startedAt) broken.push('I4 started moved');
  if (was.status === 'no_show' && is.status === 'cancelled' && after.now < closesAt(was)) {
    broken.push('I2 a no-show is cancelled only after its room has closed');
  }
  if (is.version - was.version !== events.length) broken.push('I6 one version for each change');
  const isChange = outcome === 'changed';
  if (isChange !== events.length > 0 && deed.action.does !== 'connect')
    broken.push('I8 one event each');
  const touchesRow = ['command', 'patch', 'rotate'].includes(deed.action.does);
  if (touchesRow && !isChange && is !== was) broken.push('I6 a refused command changes nothing');
  return broken;
}

/** Everything that a history breaks; an empty list when all invariants hold. */
export const brokenBy = (history: readonly Happening[]): string[] =>
  history.flatMap((happening) => [
    ...brokenBetween(happening),
    ...brokenIn(happening.after.appointment),
  ]);
