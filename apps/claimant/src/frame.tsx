import type { Visit } from '@anteroom/contract';
import { languages, languageTags } from '@anteroom/language';
import { applyColour, Button, Dialog, Notice, Page } from '@anteroom/ui';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useDeed, useParts, useVisitState } from './context.tsx';
import { Icon } from './icons.tsx';
import { useWords } from './words.tsx';

interface FrameProps {
  /** Of the window. */
  title: string;
  isWide?: boolean;
  children: ReactNode;
}

/** The frame of every page of the claimant's, with the ways to a human in their fixed place. */
export function Frame({ title, isWide = false, children }: FrameProps) {
  const { say } = useWords();
  const state = useVisitState();
  const visit = state.kind === 'open' ? state.visit : null;
  const name = visit?.department?.name ?? visit?.organisation.name ?? '';
  const colour = visit?.department?.colour ?? visit?.organisation.colour ?? null;
  useEffect(() => applyColour(document.documentElement, colour), [colour]);
  useEffect(() => {
    document.title = name ? `${title} · ${name}` : title;
  }, [title, name]);

  return (
    <Page
      name={visit ? <Host visit={visit} /> : say('frame.title')}
      aside={visit?.is_practice && <span className="practice-mark">{say('frame.practice')}</span>}
      skipLabel={say('frame.skip')}
      helpLabel={say('frame.help')}
      isWide={isWide}
      help={helpItems(visit)}
    >
      {children}
    </Page>
  );
}

/** Whose appointment this is: the organisation, and its department when there is one. */
const Host = ({ visit: { organisation, department } }: { visit: Visit }) => (
  <span className="host">
    <span>{organisation.name}</span>
    {department && <span className="host-department">{department.name}</span>}
  </span>
);

function helpItems(visit: Visit | null): ReactNode[] {
  const contact = visit && mergeContacts(visit);
  return [
    contact?.phone_number && <PhoneLink number={contact.phone_number} />,
    // Who is not verified is nobody whom anyone could phone; and afterwards the number is left.
    visit?.claimant && !isOver(visit) && <CallMe visit={visit} />,
    contact?.privacy_url && <OutsideLink to={contact.privacy_url} words="frame.privacy" />,
    contact?.accessibility_url && (
      <OutsideLink to={contact.accessibility_url} words="frame.accessibility" />
    ),
    <LanguageChoice key="language" />,
  ];
}

const isOver = ({ status }: Visit) => status === 'completed' || status === 'cancelled';

/** What the department has of its own, else the organisation's. */
export function mergeContacts({ organisation, department }: Visit) {
  return {
    phone_number: department?.phone_number ?? organisation.phone_number,
    privacy_url: department?.privacy_url ?? organisation.privacy_url,
    accessibility_url: department?.accessibility_url ?? organisation.accessibility_url,
  };
}

function PhoneLink({ number }: { number: string }) {
  const { say } = useWords();
  return (
    <a className="help-item help-item-strong" href={`tel:${number.replace(/[^+\d]/g, '')}`}>
      <Icon name="phone" size={18} />
      <span className="visually-hidden">{say('frame.phone', { number })}</span>
      <bdi aria-hidden="true">{number}</bdi>
    </a>
  );
}

function OutsideLink({
  to,
  words,
}: {
  to: string;
  words: 'frame.privacy' | 'frame.accessibility';
}) {
  const { say } = useWords();
  return (
    // A page of its own: leaving this one would end a call.
    <a className="help-item" href={to} target="_blank" rel="noreferrer">
      {say(words)}
    </a>
  );
}

/** “Call me instead”: asked twice, because it tells a human to do something. */
function CallMe({ visit }: { visit: Visit }) {
  const { say } = useWords();
  const { visits } = useParts();
  const [isOpen, setOpen] = useState(false);
  const { isBusy, fault, run } = useDeed();
  const isDone = visit.is_call_back_wanted;
  return (
    <>
      <button type="button" className="help-item help-item-strong" onClick={() => setOpen(true)}>
        {say(isDone ? 'frame.callMeAsked' : 'frame.callMe')}
      </button>
      <Dialog
        isOpen={isOpen}
        title={say(isDone ? 'frame.callMeAsked' : 'callMe.title')}
        onClose={() => setOpen(false)}
      >
        <p role="status">{say(isDone ? 'callMe.done' : 'callMe.text')}</p>
        {fault && <Notice tone="bad" live="assertive" title={fault} />}
        {isDone ? (
          <Button onClick={() => setOpen(false)}>{say('frame.close')}</Button>
        ) : (
          <div className="row">
            <Button
              kind="primary"
              isBusy={isBusy}
              onClick={() => void run(() => visits.command('call-back'))}
            >
              {say('callMe.confirm')}
            </Button>
            <Button onClick={() => setOpen(false)}>{say('callMe.dismiss')}</Button>
          </div>
        )}
      </Dialog>
    </>
  );
}

function LanguageChoice() {
  const { catalogue, say, chooseLanguage } = useWords();
  return (
    <label className="help-item">
      <Icon name="globe" size={18} />
      <span className="visually-hidden">{say('frame.language')}</span>
      <select
        value={catalogue.language}
        onChange={(event) =>
          chooseLanguage(event.currentTarget.value as (typeof languageTags)[number])
        }
      >
        {languageTags.map((tag) => (
          <option key={tag} value={tag} lang={tag}>
            {languages[tag].name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The heading of a page; it takes the focus when the page is new, so that it is read out. */
export function Heading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The first page of a visit begins where browsers begin.
    if (document.activeElement !== document.body || history.length > 1) heading.current?.focus();
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
