import type { Bandwidth, ToPage } from '@anteroom/contract';
import type { Trouble } from './snapshot.ts';

type Signal = Pick<Extract<ToPage, { type: 'signal' }>, 'description' | 'candidate'>;

/** What this page sends: null where there is nothing to send. */
interface Sent {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
}

/** What of the other's media may be shown. */
interface Allowed {
  audio: boolean;
  video: boolean;
}

export interface PeerState {
  /** Something has come that can be played. */
  hasTracks: boolean;
  /** Media flow, or would if anything was sent. */
  isConnected: boolean;
  hasPicture: boolean;
  trouble: Trouble;
  /** Bytes came within the last second. */
  isFlowing: boolean;
}

export interface PeerOptions {
  /** Makes the offer and its transceivers, and has its way when two offers cross: one of each pair. */
  leads: boolean;
  configuration: RTCConfiguration;
  /** A connection object that was made ready with this configuration. */
  spare: RTCPeerConnection | null;
  /** Hands it to the other side, or drops it when there is no line. */
  signal(signal: Signal): void;
  onState(state: PeerState): void;
}

export interface Peer {
  /** Always the same; give it to a video element. */
  readonly stream: MediaStream;
  readonly connection: () => RTCPeerConnection;
  hear(signal: Signal): void;
  /** The line is open for this peer: what was prepared for it is said, and is said from now on. */
  meet(): void;
  /** The line was away: what was said meanwhile is said again, and a broken path is mended. */
  resume(): void;
  send(sent: Sent): void;
  /** Stops both ways at once; a hold that lasts stops a sender who does not obey as well. */
  setHeld(isHeld: boolean): void;
  allow(allowed: Allowed): void;
  limit(bandwidth: Bandwidth | null): void;
  configure(configuration: RTCConfiguration): void;
  close(): void;
}

/** What has come in so far, and when that was counted. */
interface Seen {
  bytes: number;
  pictureBytes: number;
  frames: number;
  lost: number;
  packets: number;
  at: number;
}
const nothing = { bytes: 0, pictureBytes: 0, frames: 0, lost: 0, packets: 0 };

const kinds = ['audio', 'video'] as const;

/** Bits a second, frames a second and lines of a picture, by `features_bandwidth`. */
const rungs: Record<Bandwidth, { bits: number; frames: number; lines: number }> = {
  low: { bits: 100_000, frames: 15, lines: 180 },
  medium: { bits: 500_000, frames: 24, lines: 360 },
  high: { bits: 2_000_000, frames: 30, lines: 720 },
};

const tickMs = 500;
/** The first frames are looked for more often. */
const firstTickMs = 50;
/** Connected for so long without a byte: the other side has nothing to send. */
const silentMs = 2_000;
const lostMs = 2_000;
const backMs = 3_000;
const weakLoss = 0.08;
const weakFrames = 5;
/** A call begins with a small picture, whose first frame is there sooner; it grows after this time. */
const startLines = 360;
const startMs = 1_500;
/** A hold of this length is also told to the other side's browser. */
const holdMs = 2_000;
/** A path that does not come back by itself in this time is looked for anew. */
const patienceMs = 2_000;

/** Which of the other side's connection objects a description comes from (RFC 8866, section 5.2). */
const originOf = (sdp: string) => /^o=\S+ (\d+)/m.exec(sdp)?.[1];

/** The media between this page and one other, by perfect negotiation (W3C WebRTC, section 10.7). */
export function openPeer(options: PeerOptions): Peer {
  const { leads, signal } = options;
  const stream = new MediaStream();
  let configuration = options.configuration;
  let pc = build(options.spare);
  /** Of the present connection object, until the other side's is known. */
  let remoteOrigin: string | undefined;
  let isOffering = false;
  let isIgnoring = false;
  let hasMet = false;
  let isClosed = false;
  const kept: Signal[] = [];
  let early: RTCIceCandidateInit[] = [];
  let sent: Sent = { audio: null, video: null };
  let isHeld = false;
  let allowed: Allowed = { audio: true, video: true };
  let rung: Bandwidth | null = null;
  let holdTimer: ReturnType<typeof setTimeout> | undefined;
  let startTimer: ReturnType<typeof setTimeout> | undefined;
  let mendTimer: ReturnType<typeof setTimeout> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let queue = Promise.resolve();

  function build(spare: RTCPeerConnection | null): RTCPeerConnection {
    const built = spare ?? new RTCPeerConnection(configuration);
    // Both kinds from the start, whatever there is to send: later changes need no new agreement.
    if (leads) for (const kind of kinds) built.addTransceiver(kind, { direction: 'sendrecv' });
    built.onnegotiationneeded = () => {
      if (leads || built.remoteDescription) offer(built).catch(() => {});
    };
    built.onicecandidate = ({ candidate }) => {
      if (candidate && built === pc) tell({ candidate: candidate.toJSON() as never });
    };
    built.onconnectionstatechange = () => {
      if (built === pc) watchPath();
    };
    built.ontrack = ({ track }) => {
      if (built !== pc) return;
      // A video element with a picture that has not begun keeps the sound back as well: a track is
      // shown from its first packet on, and then for good.
      const show = () => {
        for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
        stream.addTrack(track);
        muffle();
        schedule(0);
      };
      if (track.muted) track.addEventListener('unmute', show, { once: true });
      else show();
    };
    return built;
  }

  function rebuild(): void {
    pc.close();
    remoteOrigin = undefined;
    isOffering = isIgnoring = false;
    early = [];
    baseline = null;
    pc = build(null);
    apply();
  }

  function tell(what: Signal): void {
    if (hasMet) signal(what);
    else kept.push(what);
  }

  async function offer(on: RTCPeerConnection): Promise<void> {
    try {
      isOffering = true;
      await on.setLocalDescription();
      if (on === pc) tell({ description: on.localDescription?.toJSON() as never });
    } finally {
      isOffering = false;
    }
  }

  async function take({ description, candidate }: Signal): Promise<void> {
    if (isClosed) return;
    if (candidate) {
      if (!pc.remoteDescription) early.push(candidate);
      else await pc.addIceCandidate(candidate).catch(() => {});
      return;
    }
    if (!description) return;
    const origin = originOf(description.sdp);
    if (remoteOrigin !== undefined && origin !== remoteOrigin) {
      // The other side has begun anew; an answer to what is gone is nobody's.
      rebuild();
      if (description.type === 'answer') return;
    }
    const isCrossing =
      description.type === 'offer' && (isOffering || pc.signalingState !== 'stable');
    isIgnoring = leads && isCrossing;
    if (isIgnoring) return;
    if (description.type === 'answer' && pc.signalingState !== 'have-local-offer') return;
    await pc.setRemoteDescription(description);
    remoteOrigin = origin;
    for (const one of early.splice(0)) await pc.addIceCandidate(one).catch(() => {});
    apply();
    if (description.type !== 'offer') return;
    for (const transceiver of pc.getTransceivers()) {
      if (!leads && !isHeld) transceiver.direction = 'sendrecv';
    }
    await pc.setLocalDescription();
    tell({ description: pc.localDescription?.toJSON() as never });
  }

  /** Puts into the senders what is to be sent now. */
  function apply(): void {
    for (const { sender, receiver } of pc.getTransceivers()) {
      const kind = receiver.track.kind as (typeof kinds)[number];
      const track = isHeld ? null : sent[kind];
      if (sender.track !== track) sender.replaceTrack(track).catch(() => {});
      if (kind === 'video') limitSender(sender, track);
    }
  }

  function limitSender(sender: RTCRtpSender, track: MediaStreamTrack | null): void {
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings;
    // Before the first agreement there is nothing to limit yet.
    if (!encoding || !track) return;
    const lines = track.getSettings().height ?? 720;
    const { bits, frames, lines: most } = rungs[rung ?? 'high'];
    const isStarting = connectedAt === 0 || performance.now() - connectedAt < startMs;
    const scale = Math.max(1, lines / Math.min(most, isStarting ? startLines : most));
    if (encoding.maxBitrate === bits && encoding.scaleResolutionDownBy === scale) return;
    Object.assign(encoding, {
      maxBitrate: bits,
      maxFramerate: frames,
      scaleResolutionDownBy: scale,
    });
    sender.setParameters(parameters).catch(() => {});
  }

  /** What comes although it should not is neither heard nor seen. */
  function muffle(): void {
    for (const track of stream.getTracks()) {
      track.enabled = !isHeld && allowed[track.kind as keyof Allowed];
    }
  }

  function setDirections(direction: RTCRtpTransceiverDirection): void {
    for (const transceiver of pc.getTransceivers()) transceiver.direction = direction;
  }

  // ---------------------------------------------------------------- how it goes

  let connectedAt = 0;
  let flowedAt = 0;
  let lostAt = 0;
  let backAt = 0;
  let weakTicks = 0;
  let hasFlowed = false;
  let baseline: Seen | null = null;

  function watchPath(): void {
    clearTimeout(mendTimer);
    if (pc.connectionState === 'connected') {
      if (connectedAt === 0) startTimer = setTimeout(apply, startMs);
      connectedAt ||= performance.now();
      apply();
    } else if (pc.connectionState === 'failed') mend();
    else if (pc.connectionState === 'disconnected') mendTimer = setTimeout(mend, patienceMs);
    schedule(0);
  }

  function mend(): void {
    if (isClosed || pc.signalingState === 'closed') return;
    // Either side may ask; crossing offers are settled by who leads.
    pc.restartIce();
  }

  function schedule(inMs: number): void {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => tick().catch(() => schedule(tickMs)), inMs);
  }

  async function tick(): Promise<void> {
    const on = pc;
    const report = await on.getStats();
    if (on !== pc || isClosed) return;
    const now = performance.now();
    const seen = { ...nothing, at: now };
    report.forEach((entry) => {
      if (entry.type !== 'inbound-rtp') return;
      seen.bytes += entry.bytesReceived ?? 0;
      seen.packets += entry.packetsReceived ?? 0;
      seen.lost += entry.packetsLost ?? 0;
      if (entry.kind === 'video') {
        seen.frames += entry.framesDecoded ?? 0;
        seen.pictureBytes += entry.bytesReceived ?? 0;
      }
    });
    const before = baseline ?? { ...nothing, at: now };
    baseline = seen;
    if (seen.bytes > before.bytes) {
      flowedAt = now;
      hasFlowed = true;
    }
    judge(now, seen, before);
    schedule(hasFlowed || pc.connectionState !== 'connected' ? tickMs : firstTickMs);
  }

  function judge(now: number, seen: Seen, before: Seen): void {
    const isPathOpen = pc.connectionState === 'connected';
    const isFlowing = hasFlowed && now - flowedAt < 1_000;
    const isSilent = isPathOpen && now - connectedAt > silentMs && !hasFlowed;
    const frames = seen.frames - before.frames;
    const packets = seen.packets - before.packets;
    const lost = Math.max(0, seen.lost - before.lost);
    const perSecond = (frames * 1000) / Math.max(1, seen.at - before.at);
    const isWeak =
      packets > 0 && (lost / (lost + packets) > weakLoss || (frames > 0 && perSecond < weakFrames));
    weakTicks = isWeak ? weakTicks + 1 : 0;

    const isLost =
      connectedAt > 0 && !isHeld && (!isPathOpen || (hasFlowed && now - flowedAt > lostMs));
    if (isLost) lostAt ||= now;
    else if (lostAt > 0) {
      lostAt = 0;
      backAt = now;
    }
    const isBack = backAt > 0 && now - backAt < backMs;
    options.onState({
      hasTracks: stream.getTracks().length > 0,
      isConnected: connectedAt > 0 && (hasFlowed || isSilent) && !isPathGone(now),
      hasPicture: !isHeld && (frames > 0 || isFirst(seen)) && allowed.video,
      trouble: isLost ? 'lost' : isBack ? 'back' : weakTicks > 2 ? 'weak' : null,
      isFlowing,
    });
  }

  /** Before a picture was decoded, packets of one will do. */
  const isFirst = (seen: Seen) => seen.frames === 0 && seen.pictureBytes > 0;

  let brokeAt = 0;
  /** A path that is away for a moment still counts: the call goes on when it is back. */
  function isPathGone(now: number): boolean {
    if (pc.connectionState === 'connected') brokeAt = 0;
    else brokeAt ||= now;
    return brokeAt > 0 && now - brokeAt > 5_000;
  }

  schedule(tickMs);
  return {
    stream,
    connection: () => pc,
    hear(what) {
      queue = queue.then(() => take(what)).catch(() => {});
    },
    meet() {
      if (hasMet) return;
      hasMet = true;
      for (const what of kept.splice(0)) signal(what);
    },
    resume() {
      if (pc.connectionState === 'connected' && pc.signalingState === 'stable') return;
      mend();
      if (leads && pc.signalingState === 'have-local-offer') offer(pc).catch(() => {});
    },
    send(next) {
      sent = next;
      apply();
    },
    setHeld(held) {
      if (held === isHeld) return;
      isHeld = held;
      clearTimeout(holdTimer);
      apply();
      muffle();
      if (!leads) return;
      if (held) holdTimer = setTimeout(() => setDirections('inactive'), holdMs);
      else setDirections('sendrecv');
    },
    allow(next) {
      allowed = next;
      muffle();
    },
    limit(bandwidth) {
      rung = bandwidth;
      apply();
    },
    configure(next) {
      configuration = next;
      if (pc.signalingState !== 'closed') pc.setConfiguration(next);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      clearTimeout(holdTimer);
      clearTimeout(mendTimer);
      clearTimeout(startTimer);
      pc.close();
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
