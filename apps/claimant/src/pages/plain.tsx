import { dayInWords, timeInWords } from '@anteroom/language';
import { Button, buttonClass } from '@anteroom/ui';
import type { ReactNode } from 'react';
import { useParts, useVisit } from '../context.tsx';
import { Frame, Heading, mergeContacts } from '../frame.tsx';
import { Icon } from '../icons.tsx';
import type { Fault } from '../visit/requests.ts';
import { type PlainKey, useWords } from '../words.tsx';
import { useZone } from './when.tsx';

// Pages that say how things stand, and what can be done next.

interface PlainProps {
  title: PlainKey;
  text?: PlainKey;
  children?: ReactNode;
}

function Plain({ title, text, children }: PlainProps) {
  const { say } = useWords();
  return (
    <Frame title={say(title)}>
      <div className="stack plain">
        <Heading>{say(title)}</Heading>
        {text && <p className="lead">{say(text)}</p>}
        {children}
      </div>
    </Frame>
  );
}

/** The way that is always left: a number to ring, when there is one. */
function RingUs() {
  const { say } = useWords();
  const { phone_number } = mergeContacts(useVisit());
  if (!phone_number) return null;
  return (
    <a className={buttonClass('primary')} href={`tel:${phone_number.replace(/[^+\d]/g, '')}`}>
      <Icon name="phone" />
      {say('frame.phone', { number: phone_number })}
    </a>
  );
}

export const Missed = () => (
  <Plain title="missed.title" text="missed.text">
    <RingUs />
  </Plain>
);

export const Cancelled = () => (
  <Plain title="cancelled.title" text="cancelled.text">
    <RingUs />
  </Plain>
);

/** The appointment was given another time while this page was open. */
export function Moved({ onSeen }: { onSeen(): void }) {
  const { say, catalogue } = useWords();
  const at = new Date(useVisit().appointment_at);
  const zone = useZone();
  const day = dayInWords(catalogue, at, zone);
  const time = timeInWords(catalogue, at, zone);
  return (
    <Plain title="moved.title">
      <p className="lead" role="alert">
        {say('moved.text', { day, time })}
      </p>
      <Button kind="primary" onClick={onSeen}>
        {say('moved.next')}
      </Button>
    </Plain>
  );
}

/** Nothing opens the appointment any more, or this browser never had what opens it. */
export function Closed() {
  const { visits } = useParts();
  return Object.keys(visits.link).length > 0 ? (
    <Plain title="unknown.title" text="unknown.text" />
  ) : (
    <Plain title="unknown.reopen" text="unknown.reopenText" />
  );
}

/** The server could not be asked; the page keeps trying. */
export function Failed({ fault }: { fault: Fault }) {
  const { say } = useWords();
  const { visits } = useParts();
  return (
    <Frame title={say('frame.title')}>
      <div className="stack plain">
        <Heading>{say('frame.title')}</Heading>
        <p className="lead" role="alert">
          {say(fault.sentence)}
        </p>
        <Button kind="primary" onClick={() => void visits.refresh()}>
          {say('frame.again')}
        </Button>
      </div>
    </Frame>
  );
}

export function Opening() {
  const { say } = useWords();
  return (
    <Frame title={say('frame.title')}>
      <p className="opening" role="status">
        <span className="spinner" aria-hidden="true" />
        {say('frame.loading')}
      </p>
    </Frame>
  );
}
