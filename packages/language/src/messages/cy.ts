import type { Translation } from '../catalogue.ts';
import type { MessageSentences } from './en.ts';

export const welsh: Translation<MessageSentences> = {
  invitationSubject: 'Eich apwyntiad fideo gyda {organisation}: {day}, {time}',
  movedSubject: 'Amser newydd i’ch apwyntiad fideo gyda {organisation}: {day}, {time}',
  changedSubject: 'Mae eich apwyntiad fideo gyda {organisation} wedi newid: {day}, {time}',
  cancelledSubject: 'Wedi’i ganslo: eich apwyntiad fideo gyda {organisation} ar {day}',
  greeting: 'Helo {name},',
  invitation: 'Mae {organisation} wedi trefnu apwyntiad fideo gyda chi.',
  moved: 'Mae {organisation} wedi symud eich apwyntiad fideo i amser arall.',
  changed:
    'Mae rhywbeth am eich apwyntiad fideo gyda {organisation} wedi newid. Dyma sut y mae nawr.',
  cancelled:
    'Mae eich apwyntiad fideo gyda {organisation} wedi’i ganslo. Nid oes angen i chi wneud dim.',
  when: 'Pryd: {day}, {time} ({zone})',
  whenThere: 'Dyna {time} lle mae {organisation}.',
  duration: {
    zero: 'Mae’n cymryd tua {count} munud.',
    one: 'Mae’n cymryd tua {count} munud.',
    two: 'Mae’n cymryd tua {count} funud.',
    few: 'Mae’n cymryd tua {count} munud.',
    many: 'Mae’n cymryd tua {count} munud.',
    other: 'Mae’n cymryd tua {count} munud.',
  },
  interpreter: 'Bydd cyfieithydd yno.',
  interpreterOf: 'Bydd cyfieithydd yno: {language}.',
  open: 'I baratoi, ac i ymuno pan ddaw’r amser, agorwch y ddolen hon:',
  device: 'Bydd ffôn, tabled neu gyfrifiadur yn gwneud y tro. Does dim angen gosod dim byd.',
  private: 'Mae’r ddolen i chi yn unig. Peidiwch â’i rhoi i neb arall.',
  shortLink: 'Os nad yw’r ddolen yn gweithio, ewch i {address} a theipiwch y cod hwn: {code}',
  help: 'Os oes angen help arnoch, neu os byddai’n well gennych gael galwad ffôn, ffoniwch {phone}.',
  mistake: 'Os nad yw hwn i chi, anwybyddwch ef.',
  calendarSummary: 'Apwyntiad fideo gyda {organisation}',
};
