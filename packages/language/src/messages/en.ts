/** What people are written to, in English; other languages translate exactly these. */
export const english = {
  invitationSubject: 'Your video appointment with {organisation}: {day}, {time}',
  movedSubject: 'New time for your video appointment with {organisation}: {day}, {time}',
  changedSubject: 'Your video appointment with {organisation} has changed: {day}, {time}',
  cancelledSubject: 'Cancelled: your video appointment with {organisation} on {day}',
  greeting: 'Hello {name},',
  invitation: '{organisation} has arranged a video appointment with you.',
  moved: '{organisation} has moved your video appointment to another time.',
  changed:
    'Something about your video appointment with {organisation} has changed. This is how it is now.',
  cancelled:
    'Your video appointment with {organisation} has been cancelled. You do not need to do anything.',
  when: 'When: {day}, {time} ({zone})',
  whenThere: 'That is {time} where {organisation} is.',
  duration: { one: 'It takes about {count} minute.', other: 'It takes about {count} minutes.' },
  interpreter: 'An interpreter will be there.',
  interpreterOf: 'An interpreter will be there: {language}.',
  open: 'To get ready, and to join when it is time, open this link:',
  device: 'A phone, a tablet or a computer will do. There is nothing to install.',
  private: 'The link is for you alone. Please do not pass it on.',
  shortLink: 'If the link does not work, go to {address} and type this code: {code}',
  help: 'If you need help, or would rather be called, ring {phone}.',
  mistake: 'If this is not for you, please ignore it.',
  calendarSummary: 'Video appointment with {organisation}',
} as const;

export type MessageSentences = typeof english;
