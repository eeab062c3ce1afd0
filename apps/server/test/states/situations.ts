// Every way in which an appointment can be in one of the seven states, as the deeds it takes.

import type { ActorKind, CommandName, Side } from './model.ts';
import type { Action, Landmark } from './walk.ts';

export const command = (
  by: ActorKind,
  name: CommandName,
  reason: string | null = 'why',
): Action => ({
  does: 'command',
  name,
  by,
  insists: 'no',
  reason,
});

export const at = (landmark: Landmark, minutes = 0): Action => ({
  does: 'waitFor',
  landmark,
  minutes,
});
export const wait = (minutes: number): Action => ({ does: 'wait', minutes });
export const joins = (side: Side, lasts = true): Action => ({ does: 'connect', side, lasts });
export const leaves = (side: Side): Action => ({ does: 'disconnect', side });
export const movesBy = (minutes: number): Action => ({
  does: 'patch',
  insists: 'no',
  movesBy: minutes,
});
export const sweep: Action = { does: 'sweep' };

export const waiting = [at('starts', -20), command('claimant', 'arrive')];
const admitted = [...waiting, at('starts'), command('agent', 'admit')];
export const inProgress = [...admitted, joins('agent'), joins('claimant')];
export const onHold = [...inProgress, wait(5), command('agent', 'hold')];
const bothLeave = [wait(3), leaves('claimant'), wait(1), leaves('agent')];
const putBack = [...inProgress, wait(2), command('agent', 'putBack')];
export const noShow = [at('absent'), command('agent', 'markNoShow')];

export const situations: Record<string, readonly Action[]> = {
  scheduled: [],
  'scheduled after leaving': [...waiting, wait(3), command('claimant', 'leave')],
  'scheduled after a corrected no-show': [...noShow, wait(1), command('agent', 'correct')],
  'scheduled after an arrival and a move to later': [...waiting, movesBy(30)],
  waiting: waiting,
  'waiting after a no-show': [...noShow, wait(5), command('claimant', 'arrive')],
  'waiting and admitted': admitted,
  'waiting, admitted, with the agent alone in the call': [...admitted, joins('agent')],
  'waiting, with both connected and not admitted': [...waiting, joins('agent'), joins('claimant')],
  'waiting, admitted after both were connected': [
    ...waiting,
    joins('agent'),
    joins('claimant'),
    command('agent', 'admit'),
  ],
  'waiting, admitted, when both have left': [...admitted, joins('agent'), ...bothLeave],
  'waiting after a session': putBack,
  'waiting after a session that both left': [...putBack, ...bothLeave],
  'waiting after a session with a hold': [
    ...onHold,
    wait(1),
    command('agent', 'resume'),
    command('agent', 'putBack'),
  ],
  'in progress': inProgress,
  'in progress after a hold': [...onHold, wait(2), command('agent', 'resume')],
  'in progress, left by the claimant': [...inProgress, wait(4), leaves('claimant')],
  'in progress, left by both': [...inProgress, ...bothLeave],
  'on hold': onHold,
  'on hold for the second time': [
    ...onHold,
    wait(2),
    command('agent', 'resume'),
    wait(2),
    command('agent', 'hold'),
  ],
  'on hold, left by the agent': [...onHold, wait(4), leaves('agent')],
  'on hold, left by both': [...onHold, ...bothLeave],
  'completed by the agent': [...inProgress, wait(10), command('agent', 'end')],
  'completed because everyone left': [...inProgress, ...bothLeave, wait(10), sweep],
  'completed as abandoned': [...putBack, ...bothLeave, at('closes'), sweep],
  'cancelled by the API': [command('api', 'cancel')],
  'cancelled by the claimant who waited': [...waiting, command('claimant', 'cancel')],
  'cancelled as not seen': [...waiting, at('closes'), sweep],
  'cancelled by a correction': [...noShow, at('closes'), command('agent', 'correctClosed')],
  'no-show': noShow,
  'no-show by the sweeper': [at('closes'), sweep],
};
