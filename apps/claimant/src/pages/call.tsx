import type { CallSnapshot, Other, Call as RoomCall } from '@anteroom/call';
import type { Devices, DevicesSnapshot } from '@anteroom/call/devices';
import { Button, Dialog, Notice } from '@anteroom/ui';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useNow, useParts, useVisit } from '../context.tsx';
import { Frame } from '../frame.tsx';
import { Icon, type IconName } from '../icons.tsx';
import { OtherPicture, Picture } from '../picture.tsx';
import { useDevices, useRoom } from '../room.ts';
import { paths } from '../visit/stage.ts';
import { useWakeLock } from '../wake-lock.ts';
import { useWords } from '../words.tsx';
import './call.css';
import { SeatQuestion, SeatTaken } from './seat.tsx';

/** The call itself. */
export function CallPage() {
  const { say } = useWords();
  const { call, snapshot } = useRoom();
  const { devices, snapshot: own } = useDevices();
  const visit = useVisit();
  useWakeLock();
  const screen = useRef<HTMLDivElement>(null);
  const [video, setVideo] = useState<HTMLVideoElement | null>(null);
  const agent = findAgent(snapshot);
  const name = agent?.name || visit.agent_name || say('call.unnamed');
  if (snapshot?.connection === 'seat_taken') return <SeatTaken />;
  if (snapshot?.room?.has_seat === false) return <SeatQuestion call={call} />;
  return (
    <Frame title={say('call.title')} isWide>
      <div className="call" ref={screen}>
        <h1 className="visually-hidden">{say('call.with', { name })}</h1>
        <Stage call={call} snapshot={snapshot} agent={agent} name={name} onVideo={setVideo} />
        <Own own={own} />
        <State call={call} snapshot={snapshot} agent={agent} name={name} own={own} />
        {devices && own && (
          <Controls devices={devices} own={own} screen={screen.current} video={video} />
        )}
      </div>
    </Frame>
  );
}

/** Whose picture is the big one: the agent's, else whoever is there. */
const findAgent = (snapshot: CallSnapshot | null): Other | null =>
  snapshot?.others.find(({ role }) => role === 'agent') ?? snapshot?.others[0] ?? null;

interface StageProps {
  call: RoomCall | null;
  snapshot: CallSnapshot | null;
  agent: Other | null;
  name: string;
  onVideo(video: HTMLVideoElement | null): void;
}

/** The others: one big, anyone else small beside it. */
function Stage({ call, snapshot, agent, name, onVideo }: StageProps) {
  const { say } = useWords();
  const rest = snapshot?.others.filter((other) => other !== agent) ?? [];
  return (
    <div className="call-stage">
      {call && agent?.stream ? (
        <OtherPicture
          className="call-picture"
          call={call}
          otherId={agent.id}
          onElement={onVideo}
          aria-label={say('call.theirPicture', { name })}
          hidden={!agent.hasPicture}
        />
      ) : (
        <Connecting hasOther={agent !== null} />
      )}
      {agent?.stream && !agent.hasPicture && (
        <Placeholder name={name} text={say('call.noPicture', { name })} />
      )}
      {call && rest.length > 0 && (
        <div className="call-others">
          {rest.map((other) => (
            <figure key={other.id}>
              <OtherPicture call={call} otherId={other.id} aria-label={other.name} />
              <figcaption>{other.name}</figcaption>
            </figure>
          ))}
        </div>
      )}
    </div>
  );
}

function Connecting({ hasOther }: { hasOther: boolean }) {
  const { say } = useWords();
  return (
    <div className="call-center" role="status">
      <span className="spinner call-spinner" aria-hidden="true" />
      <p className="call-title">{say('call.connecting')}</p>
      <p>{say(hasOther ? 'call.connectingText' : 'call.waitingFor')}</p>
    </div>
  );
}

const Placeholder = ({ name, text }: { name: string; text: string }) => (
  <div className="call-center">
    <span className="call-initial" aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
    <p>{text}</p>
  </div>
);

/** The own picture, small and mirrored, as people know themselves. */
function Own({ own }: { own: DevicesSnapshot | null }) {
  const { say } = useWords();
  if (!own?.picture) return null;
  return <Picture className="call-own" stream={own.picture} aria-label={say('call.ownPicture')} />;
}

interface StateProps {
  call: RoomCall | null;
  snapshot: CallSnapshot | null;
  agent: Other | null;
  name: string;
  own: DevicesSnapshot | null;
}

/** How the call stands, in words, above the picture: a hold, trouble, or sound that waits for a tap. */
function State({ call, snapshot, agent, name, own }: StateProps) {
  const { say } = useWords();
  const hold = snapshot?.room?.hold ?? null;
  if (hold) return <Held since={hold.since} reason={hold.reason} name={hold.by || name} />;
  if (snapshot?.needsTap) {
    return (
      <div className="call-cover" role="alert">
        <p>{say('call.tapText')}</p>
        <Button kind="primary" className="large" data-next="" onClick={() => call?.goOn()}>
          {say('call.tap')}
        </Button>
      </div>
    );
  }
  const words = () => {
    if (snapshot?.connection === 'reconnecting') {
      return say(navigator.onLine ? 'call.trouble' : 'call.offline');
    }
    if (agent?.trouble === 'lost') return say('call.troubleTheirs', { name });
    if (snapshot?.trouble === 'weak') return say('call.trouble');
    return null;
  };
  const text = words();
  const problem = own && problemOf(own);
  return (
    <div className="call-notices">
      <div role="status">{text && <Notice tone="warning" title={text} />}</div>
      {problem && <Notice tone="warning" title={say(problem)} />}
    </div>
  );
}

/** What hinders the person from being seen or heard, when they did not choose that. */
function problemOf({ camera, microphone }: DevicesSnapshot) {
  if (microphone === 'blocked' || microphone === 'insecure') return 'problem.microphone_blocked';
  if (microphone === 'none') return 'problem.microphone_missing';
  if (microphone === 'in_use') return 'problem.microphone_busy';
  if (camera === 'in_use') return 'problem.camera_busy';
  return null;
}

interface HeldProps {
  since: string;
  reason: string | null;
  name: string;
}

function Held({ since, reason, name }: HeldProps) {
  const { say } = useWords();
  const now = useNow(1_000);
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    <div className="call-cover">
      <div role="status" className="stack tight">
        <p className="call-title">{say('call.holdTitle')}</p>
        <p>{say('call.holdBy', { name })}</p>
        {reason && <p>{say('call.holdReason', { reason })}</p>}
      </div>
      <p className="call-timer">{say('call.holdSince', { time })}</p>
    </div>
  );
}

interface ControlsProps {
  devices: Devices;
  own: DevicesSnapshot;
  screen: HTMLElement | null;
  video: HTMLVideoElement | null;
}

function Controls({ devices, own, screen, video }: ControlsProps) {
  const { say } = useWords();
  const visit = useVisit();
  const [isOpen, setOpen] = useState(false);
  const isHeard = own.microphone === 'on';
  const isSeen = own.camera === 'on';
  return (
    <div className="call-controls">
      {visit.features_microphone_access_enable && (
        <Control
          icon="microphone"
          isOff={!isHeard}
          label={say(isHeard ? 'call.mute' : 'call.unmute')}
          text={say('call.muteShort')}
          onPress={() => void devices.setMicrophone(!isHeard)}
        />
      )}
      {visit.features_webcam_access_claimant_enable && (
        <Control
          icon="camera"
          isOff={!isSeen}
          label={say(isSeen ? 'call.cameraOff' : 'call.cameraOn')}
          text={say('call.cameraShort')}
          onPress={() => void devices.setCamera(!isSeen)}
        />
      )}
      <More
        isOpen={isOpen}
        onToggle={() => setOpen(!isOpen)}
        onClose={useCallback(() => setOpen(false), [])}
      >
        {isSeen && own.cameras.length > 1 && (
          <MoreItem icon="turn" onPress={() => void devices.switchCamera()}>
            {say('call.switchCamera')}
          </MoreItem>
        )}
        {own.speakers.length > 1 && (
          <label className="call-more-item">
            <Icon name="speaker" />
            <span className="visually-hidden">{say('call.speakerChoose')}</span>
            <select
              value={own.speakerId ?? own.speakers[0]?.id}
              onChange={(event) => devices.chooseSpeaker(event.currentTarget.value)}
            >
              {own.speakers.map(({ id, label }, index) => (
                <option key={id} value={id}>
                  {label || `${say('call.speaker')} ${index + 1}`}
                </option>
              ))}
            </select>
          </label>
        )}
        <FullScreen screen={screen} />
        {video && document.pictureInPictureEnabled && (
          <MoreItem
            icon="picture"
            onPress={() => void video.requestPictureInPicture().catch(ignore)}
          >
            {say('call.pictureInPicture')}
          </MoreItem>
        )}
      </More>
      <Leave />
    </div>
  );
}

/** The browser has its own reasons to refuse; nothing is lost by it. */
const ignore = () => {};

interface ControlProps {
  icon: IconName;
  isOff?: boolean;
  /** What pressing it does, read out. */
  label: string;
  /** What it is, below the drawing. */
  text: string;
  onPress(): void;
  isDanger?: boolean;
}

const Control = ({ icon, isOff = false, label, text, onPress, isDanger }: ControlProps) => (
  <button
    type="button"
    className={`call-control${isOff ? ' call-control-off' : ''}${isDanger ? ' call-control-danger' : ''}`}
    aria-label={label}
    title={label}
    onClick={onPress}
  >
    <Icon name={icon} isOff={isOff} size={26} />
    <span aria-hidden="true">{text}</span>
  </button>
);

interface MoreProps {
  isOpen: boolean;
  onToggle(): void;
  onClose(): void;
  children: ReactNode;
}

/** What is needed now and then, in a box above its button; Escape closes it. */
function More({ isOpen, onToggle, onClose, children }: MoreProps) {
  const { say } = useWords();
  useEffect(() => {
    if (!isOpen) return;
    const close = (event: KeyboardEvent) => event.key === 'Escape' && onClose();
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, [isOpen, onClose]);
  return (
    <div className="call-more">
      {isOpen && <div className="call-more-items">{children}</div>}
      <button type="button" className="call-control" aria-expanded={isOpen} onClick={onToggle}>
        <span className="call-dots" aria-hidden="true">
          •••
        </span>
        <span>{say('call.more')}</span>
      </button>
    </div>
  );
}

interface MoreItemProps {
  icon: IconName;
  onPress(): void;
  children: string;
}

const MoreItem = ({ icon, onPress, children }: MoreItemProps) => (
  <button type="button" className="call-more-item" onClick={onPress}>
    <Icon name={icon} />
    {children}
  </button>
);

function FullScreen({ screen }: { screen: HTMLElement | null }) {
  const { say } = useWords();
  const [isFull, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const look = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', look);
    return () => document.removeEventListener('fullscreenchange', look);
  }, []);
  // iPhones have it for videos alone.
  if (!document.fullscreenEnabled) return null;
  return (
    <MoreItem
      icon="full"
      onPress={() =>
        void (isFull ? document.exitFullscreen() : screen?.requestFullscreen())?.catch(ignore)
      }
    >
      {say(isFull ? 'call.fullScreenLeave' : 'call.fullScreen')}
    </MoreItem>
  );
}

/** Leaving, asked once more: people hit it by accident. */
function Leave() {
  const { say } = useWords();
  const { leave } = useParts();
  const [, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Control
        icon="phone"
        isDanger
        label={say('call.leave')}
        text={say('call.leave')}
        onPress={() => setOpen(true)}
      />
      <Dialog isOpen={isOpen} title={say('call.leaveTitle')} onClose={() => setOpen(false)}>
        <p>{say('call.leaveText')}</p>
        <div className="row">
          <Button
            kind="danger"
            onClick={() => {
              leave();
              navigate(paths.after);
            }}
          >
            {say('call.leaveConfirm')}
          </Button>
          <Button onClick={() => setOpen(false)}>{say('call.leaveStay')}</Button>
        </div>
      </Dialog>
    </>
  );
}
