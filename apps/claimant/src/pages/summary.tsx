import { dayInWords, daysUntil, timeInWords } from '@anteroom/language';
import { buttonClass, Notice } from '@anteroom/ui';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useNow, useVisit } from '../context.tsx';
import { Frame, Heading } from '../frame.tsx';
import { Icon } from '../icons.tsx';
import { InAppWindow } from '../in-app-window.tsx';
import { paths, stageOf } from '../visit/stage.ts';
import { useWords } from '../words.tsx';
import { Cancel } from './cancel.tsx';
import { useZone, When } from './when.tsx';

/** The first page: who invites, when, and what is needed. Looking at it changes nothing. */
export function Summary() {
  const { say, catalogue } = useWords();
  const visit = useVisit();
  const stage = stageOf(visit, useNow(5_000));
  const { claimant, department, organisation, agent_name } = visit;
  const needs = claimant?.access_needs ?? [];
  const listed = (items: string[]) =>
    new Intl.ListFormat(catalogue.language, { type: 'unit' }).format(items);
  const isCancellable = stage === 'early' || stage === 'arrivable' || stage === 'waiting';
  return (
    <Frame title={say('summary.title')}>
      <article className="stack summary">
        <div className="stack tight">
          {claimant && (
            <p className="greeting">{say('summary.greeting', { name: claimant.name })}</p>
          )}
          <Heading>{say('summary.title')}</Heading>
          <p className="lead">
            {say('summary.with', { who: department?.name ?? organisation.name })}{' '}
            {agent_name && say('summary.agent', { name: agent_name })}
          </p>
        </div>
        <InAppWindow />
        <div className="card stack">
          <Fact icon="calendar" title={say('summary.when')}>
            <When />
          </Fact>
          <Fact icon="clock" title={say('summary.length')}>
            <p>{say('summary.minutes', { count: visit.duration_in_minutes })}</p>
          </Fact>
        </div>
        <NextStep />
        {(visit.is_interpreter_needed || needs.length > 0) && (
          <div className="card stack">
            {visit.is_interpreter_needed && (
              <Fact icon="person" title={say('summary.interpreter')}>
                <p>
                  {visit.interpreter_language
                    ? say('summary.interpreterFor', { language: visit.interpreter_language })
                    : say('summary.interpreterAny')}
                </p>
              </Fact>
            )}
            {needs.length > 0 && (
              <Fact icon="check" title={say('summary.arranged')}>
                <p>{listed(needs.map((need) => say(`summary.need.${need}`)))}</p>
              </Fact>
            )}
          </div>
        )}
        <section className="stack tight">
          <h2>{say('summary.needs')}</h2>
          <ul className="needs">
            <li>{say('summary.needDevice')}</li>
            <li>
              {visit.features_webcam_access_claimant_enable
                ? say('summary.needCamera')
                : say('summary.needNoCamera')}
            </li>
            <li>{say('summary.needQuiet')}</li>
            <li>{say('summary.companion')}</li>
          </ul>
        </section>
        <div className="row">
          <a className={buttonClass('quiet')} href="/client-web/api/visit/calendar.ics" download>
            <Icon name="calendar" />
            {say('summary.calendar')}
          </a>
          {isCancellable && <Cancel />}
        </div>
      </article>
    </Frame>
  );
}

interface FactProps {
  icon: 'calendar' | 'clock' | 'person' | 'check';
  title: string;
  children: ReactNode;
}

const Fact = ({ icon, title, children }: FactProps) => (
  <section className="fact">
    <span className="fact-icon">
      <Icon name={icon} />
    </span>
    <div>
      <h2 className="fact-title">{title}</h2>
      {children}
    </div>
  </section>
);

/** The one thing to do next, which depends on the time and on what was done already. */
function NextStep() {
  const { say, catalogue } = useWords();
  const visit = useVisit();
  const zone = useZone();
  const now = useNow(5_000);
  const stage = stageOf(visit, now);
  const isTested = visit.device_check !== null;
  const opens = new Date(visit.arrival_opens_at);
  const time = timeInWords(catalogue, opens, zone);
  if (stage === 'called') {
    return <Step to={paths.call}>{say('summary.rejoin')}</Step>;
  }
  if (stage === 'early') {
    return (
      <div className="stack">
        <Notice>
          <p>
            {daysUntil(opens, new Date(now), zone) === 0
              ? say('summary.early', { time })
              : say('summary.earlyDay', { day: dayInWords(catalogue, opens, zone), time })}
          </p>
        </Notice>
        {isTested && <p className="quiet">{say('summary.tested')}</p>}
        <Step to={paths.deviceCheck} isQuiet={isTested}>
          {say(isTested ? 'summary.testAgain' : 'summary.testNow')}
        </Step>
      </div>
    );
  }
  return (
    <div className="stack">
      <Notice tone="good">
        <p>{say(visit.status === 'no_show' ? 'missed.stillOpen' : 'summary.open')}</p>
      </Notice>
      <Step to={isTested || stage === 'waiting' ? paths.waiting : paths.deviceCheck}>
        {say(isTested || stage === 'waiting' ? 'summary.wait' : 'summary.getReady')}
      </Step>
      {isTested && (
        <Step to={paths.deviceCheck} isQuiet>
          {say('summary.testAgain')}
        </Step>
      )}
    </div>
  );
}

const Step = ({ to, isQuiet, children }: { to: string; isQuiet?: boolean; children: string }) => (
  <Link
    href={to}
    className={`${buttonClass(isQuiet ? 'plain' : 'primary')} wide`}
    data-next={isQuiet ? undefined : ''}
  >
    {children}
  </Link>
);
