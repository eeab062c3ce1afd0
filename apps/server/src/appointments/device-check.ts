import type { DeviceCheck } from '@anteroom/contract';
import type { Runner } from '../platform/database/index.ts';
import { amend, because, type Target } from './move.ts';
import { isFinal } from './status.ts';

const noteFound = amend({
  name: 'note_device_check',
  by: ['claimant'],
  from: ['scheduled', 'waiting', 'in_progress', 'on_hold', 'no_show'],
  event: 'appointment.devices_checked',
  set: 'device_check = $5::jsonb',
  when: 'device_check is distinct from $5::jsonb',
  isDone: (row) => !isFinal(row.status) || row.status === 'no_show',
  explain: because('changed'),
});

/** Notes what the claimant's device check found; the last one counts. */
export const noteDeviceCheck = (database: Runner, target: Target, check: DeviceCheck) =>
  noteFound(database, { kind: 'claimant' }, target, [JSON.stringify(check)]);
