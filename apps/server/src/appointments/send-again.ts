import { amend, because } from './move.ts';

/** Staff have the invitation sent again, as the appointment now is; as often as somebody asks for it. */
export const sendAgain = amend({
  name: 'send_again',
  by: ['agent'],
  from: ['scheduled', 'waiting', 'in_progress', 'on_hold', 'no_show'],
  event: 'appointment.sent_again',
  when: 'claimant_email is not null',
  isDone: () => false,
  explain: (row) =>
    row.claimant_email === null
      ? 'The claimant has no email address to send to.'
      : because('sent again')(row),
});
