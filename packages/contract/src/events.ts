/** Every event that an appointment's timeline can hold, and what each one says. */
export const eventTypes = {
  'appointment.scheduled': 'The appointment was made.',
  'appointment.changed': 'Fields were changed; the event names them.',
  'appointment.rescheduled': 'It was moved to another time; the revision rose.',
  'appointment.sent_again': 'Staff had the invitation sent again.',
  'appointment.links_rotated': 'The links were made anew; the ones before open nothing.',
  'appointment.arrived': 'The claimant said “I am here”, or was reported present.',
  'appointment.left': 'The claimant took the arrival back.',
  'appointment.admitted': 'The agent let the claimant in.',
  'appointment.started': 'Both sides were connected: the call started.',
  'appointment.held': 'The agent put the call on hold.',
  'appointment.resumed': 'The call went on after a hold.',
  'appointment.put_back': 'The agent put the claimant back into the waiting room.',
  'appointment.completed': 'The call ended.',
  'appointment.cancelled': 'The appointment was cancelled.',
  'appointment.marked_no_show': 'Nobody came.',
  'appointment.corrected': 'A no-show was corrected by a person.',
  'appointment.assigned': 'It was given to an agent, or taken from one.',
  'appointment.settled': 'The agent noted how it turned out.',
  'appointment.viewed': 'Staff opened the claimant’s record.',
  'appointment.devices_checked': 'The claimant’s devices were checked.',
  'appointment.call_back_wanted': 'The claimant asked to be called instead.',
  'appointment.told': 'Those who wait were told something: the event holds what.',
  'appointment.knocked': 'Somebody unverified is at the door.',
  'appointment.vouched_for': 'An agent knows who is at the door: they count as the claimant.',
} as const;

export type EventType = keyof typeof eventTypes;

export const eventTypeNames = Object.freeze(Object.keys(eventTypes)) as readonly EventType[];

/** Who can move an appointment (contract section 4). */
export const actorKinds = ['api', 'claimant', 'agent', 'connection', 'sweeper'] as const;

export type ActorKind = (typeof actorKinds)[number];
