import type { RoomSnapshot } from '@anteroom/contract';
import { timeInWords } from '@anteroom/language';
import { Button, buttonClass, Dialog, Notice } from '@anteroom/ui';
import { useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useDeed, useNow, useParts, useVisit } from '../context.tsx';
import { Frame, Heading } from '../frame.tsx';
import { Picture } from '../picture.tsx';
import { useDevices, useRoom } from '../room.ts';
import { paths, stageOf } from '../visit/stage.ts';
import { useWakeLock } from '../wake-lock.ts';
import { useWords } from '../words.tsx';
import { SeatQuestion, SeatTaken } from './seat.tsx';
import { useZone } from './when.tsx';

/** The waiting room: before the person has said that they are here, and after. */
export function Waiting() {
  const stage = stageOf(useVisit(), useNow(1_000));
  return stage === 'waiting' || stage === 'called' ? (
    <Here />
  ) : (
    <Before isEarly={stage === 'early'} />
  );
}

function Before({ isEarly }: { isEarly: boolean }) {
  const { say, catalogue } = useWords();
  const { visits, chime } = useParts();
  const visit = useVisit();
  const zone = useZone();
  const { isBusy, fault, run } = useDeed();
  const timeOf = (instant: string) => timeInWords(catalogue, new Date(instant), zone);
  return (
    <Frame title={say('waiting.title')}>
      <div className="stack plain">
        <Heading>{say(isEarly ? 'waiting.tooEarly' : 'waiting.before')}</Heading>
        <p className="lead">
          {isEarly
            ? say('waiting.tooEarlyText', { time: timeOf(visit.arrival_opens_at) })
            : say('waiting.beforeText')}
        </p>
        <p>{say('waiting.appointment', { time: timeOf(visit.appointment_at) })}</p>
        {fault && <Notice tone="bad" live="assertive" title={fault} />}
        {!isEarly && (
          <Button
            kind="primary"
            className="wide large"
            isBusy={isBusy}
            data-next=""
            onClick={() => {
              chime.unlock();
              void run(() => visits.command('arrive'));
            }}
          >
            {say('waiting.arrive')}
          </Button>
        )}
        <Link href={paths.deviceCheck} className={`${buttonClass('plain')} wide`}>
          {say(visit.device_check ? 'summary.testAgain' : 'summary.testNow')}
        </Link>
      </div>
    </Frame>
  );
}

function Here() {
  const { say, catalogue } = useWords();
  const { chime } = useParts();
  const visit = useVisit();
  const zone = useZone();
  const [, navigate] = useLocation();
  const { call, snapshot } = useRoom();
  const { snapshot: devices } = useDevices();
  const isAwake = useWakeLock();
  const isCalled = Boolean(visit.admitted_at) || visit.status !== 'waiting';
  const hasSeat = snapshot?.room?.has_seat ?? true;
  const time = timeInWords(catalogue, new Date(visit.appointment_at), zone);
  useEffect(() => {
    // So that nothing has to be fetched when it is their turn.
    void import('./call.tsx');
  }, []);
  useEffect(() => {
    if (!isCalled || !hasSeat) return;
    chime.ring();
    const enter = () => {
      if (document.visibilityState === 'visible') navigate(paths.call, { replace: true });
    };
    const again = setInterval(() => chime.ring(), 4_000);
    enter();
    document.addEventListener('visibilitychange', enter);
    return () => {
      clearInterval(again);
      document.removeEventListener('visibilitychange', enter);
    };
  }, [isCalled, hasSeat, chime, navigate]);

  if (snapshot?.connection === 'seat_taken') return <SeatTaken />;
  if (!hasSeat) return <SeatQuestion call={call} />;
  return (
    <Frame title={say(isCalled ? 'waiting.calledTitle' : 'waiting.title')}>
      <div className="stack plain">
        <Heading>{say(isCalled ? 'waiting.called' : 'waiting.here')}</Heading>
        <p className="lead">
          {isCalled && say('waiting.calledText')}
          {!isCalled && say(visit.session_started_at ? 'call.putBack' : 'waiting.hereText')}
        </p>
        {isCalled ? (
          <Link href={paths.call} className={`${buttonClass('primary')} wide large`} data-next="">
            {say('waiting.enter')}
          </Link>
        ) : (
          <>
            <div className="card stack" aria-live="polite">
              <p>{say('waiting.appointment', { time })}</p>
              <Place room={snapshot?.room ?? null} />
            </div>
            <Message room={snapshot?.room ?? null} />
            {snapshot?.connection === 'reconnecting' && (
              <Notice tone="warning" live="polite" title={say('waiting.offline')} />
            )}
            {devices?.picture && (
              <Picture
                className="own-preview"
                stream={devices.picture}
                aria-label={say('call.ownPicture')}
              />
            )}
            <p className="quiet">{say(isAwake ? 'waiting.awake' : 'waiting.notAwake')}</p>
            <div className="row">
              <Button onClick={() => chime.ring()}>{say('waiting.sound')}</Button>
              <Go />
            </div>
          </>
        )}
      </div>
    </Frame>
  );
}

/** How many are before them, and an honest range: never a minute that nobody can promise. */
function Place({ room }: { room: RoomSnapshot | null }) {
  const { say } = useWords();
  const queue = room?.queue;
  if (!queue) return null;
  const [from, to] = queue.wait_minutes ?? [0, 0];
  return (
    <>
      <p className="place">
        {queue.before === 0 ? say('waiting.next') : say('waiting.place', { count: queue.before })}
      </p>
      {to > 0 && (
        <p>
          {from < 1 ? say('waiting.rangeSoon', { count: to }) : say('waiting.range', { from, to })}
        </p>
      )}
    </>
  );
}

/** What the agent tells those who wait. */
function Message({ room }: { room: RoomSnapshot | null }) {
  const { say, catalogue } = useWords();
  const zone = useZone();
  const message = room?.message;
  if (!message) return null;
  const words = () => {
    switch (message.kind) {
      case 'running_late':
        return message.minutes
          ? say('waiting.late', { count: message.minutes })
          : say('waiting.lateSome');
      case 'soon':
        return say('waiting.soon');
      default:
        return say('waiting.interpreter');
    }
  };
  return (
    <Notice live="polite" title={words()}>
      <p className="quiet">
        {say('waiting.saidAt', { time: timeInWords(catalogue, new Date(message.at), zone) })}
      </p>
    </Notice>
  );
}

/** “I must go”: takes back that they are here, until they come again. */
function Go() {
  const { say, catalogue } = useWords();
  const { visits, leave } = useParts();
  const visit = useVisit();
  const zone = useZone();
  const [isOpen, setOpen] = useState(false);
  const { isBusy, fault, run } = useDeed();
  const time = timeInWords(catalogue, new Date(visit.room_closes_at), zone);
  return (
    <>
      <Button kind="quiet" onClick={() => setOpen(true)}>
        {say('waiting.leave')}
      </Button>
      <Dialog isOpen={isOpen} title={say('waiting.leaveTitle')} onClose={() => setOpen(false)}>
        <p>{say('waiting.leaveText', { time })}</p>
        {fault && <Notice tone="bad" live="assertive" title={fault} />}
        <div className="row">
          <Button
            kind="primary"
            isBusy={isBusy}
            onClick={() =>
              void run(async () => {
                await visits.command('leave');
                leave();
              })
            }
          >
            {say('waiting.leaveConfirm')}
          </Button>
          <Button onClick={() => setOpen(false)}>{say('waiting.stay')}</Button>
        </div>
      </Dialog>
    </>
  );
}
