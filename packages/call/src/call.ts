import type { CallRole, RoomPerson, RoomSnapshot, ToPage } from '@anteroom/contract';
import type { Devices } from './devices.ts';
import { openPeer, type Peer, type PeerState } from './peer.ts';
import type { Actions, CallSnapshot, Other, Trouble } from './snapshot.ts';
import { makePageName, openLine, watchWaking } from './socket.ts';
import { openStore, type Store } from './store.ts';

export interface CallOptions {
  /** Expected role; the server decides. */
  role: CallRole;
  /**
   * Fetches a fresh ticket by the page's own session; asked before every connection. Throw
   * CallRefusal when there is none to be had any more; any other error is tried again.
   */
  fetchTicket(): Promise<string>;
  /** `wss://…/socket` of the page's own address. */
  socketUrl: string;
  /** What this person sends; opened, switched and closed by the page. */
  devices: Devices;
}

/** One page's part in one appointment's room, from waiting to the end. */
export interface Call extends Store<CallSnapshot>, Actions {
  /**
   * Plays somebody's picture and sound in this element, through the speaker that was chosen; what it
   * answers ends that.
   */
  show(element: HTMLVideoElement, otherId: string): () => void;
  /** In the handler of the tap: plays what the browser held back, and reconnects at once. */
  goOn(): void;
  /** Closes everything but the devices. */
  leave(): void;
}

interface Met {
  person: RoomPerson;
  peer: Peer;
  state: PeerState;
  /** Something may be said to them; before, their connection is only made ready. */
  hasBegun: boolean;
  /** Since when the room does not name them any more; 0 while it does. */
  missingSince: number;
}

const calm: PeerState = {
  hasTracks: false,
  isConnected: false,
  hasPicture: false,
  trouble: null,
  isFlowing: false,
};

/** Media of somebody whose line is away go on for so long. */
const missingMs = 15_000;
const lookEveryMs = 500;

const worst: readonly Trouble[] = ['lost', 'weak', 'back'];

/** Whether a role may show a picture and speak, by the appointment's switches. */
function allowedTo(role: CallRole, room: RoomSnapshot) {
  const camera =
    role === 'agent'
      ? room.features_webcam_access_agent_enable
      : room.features_webcam_access_claimant_enable;
  return { audio: room.features_microphone_access_enable, video: camera };
}

/** Joins the room that the ticket is for, and stays until it is over or `leave` is called. */
export function openCall(options: CallOptions): Call {
  const { devices } = options;
  const store = openStore<CallSnapshot>({
    connection: 'connecting',
    room: null,
    ownId: null,
    role: null,
    others: [],
    isHeld: false,
    trouble: null,
    needsTap: false,
  });
  const met = new Map<string, Met>();
  const shown = new Map<HTMLVideoElement, string>();
  let configuration: RTCConfiguration = {};
  /** Ready for whoever is met first: its certificate made, its own addresses found, nothing said. */
  let spare: RTCPeerConnection | null = null;
  let hasReported = false;

  const role = () => store.snapshot().role ?? options.role;
  const room = () => store.snapshot().room;

  const line = openLine({
    socketUrl: options.socketUrl,
    fetchTicket: options.fetchTicket,
    page: makePageName(),
    isUrgent: () => room()?.is_admitted === true || role() === 'agent',
    onMessage: hear,
    onConnection(connection) {
      store.set({ connection });
      if (connection === 'open' || connection === 'reconnecting') sum();
      else if (connection !== 'connecting') closeMet();
    },
  });

  function hear(message: Exclude<ToPage, { type: 'done' | 'refused' }>): void {
    switch (message.type) {
      case 'welcome': {
        const { you } = message;
        if (you.role === 'day') return;
        setServers(message.ice_servers, message.is_relay_only);
        store.set({ ownId: you.id, role: you.role });
        hasReported = false;
        if (message.room) takeRoom(message.room);
        for (const { peer } of met.values()) peer.resume();
        report();
        return;
      }
      case 'ice_servers':
        setServers(message.ice_servers, configuration.iceTransportPolicy === 'relay');
        return;
      case 'room':
        takeRoom(message.room);
        return;
      case 'signal':
        met.get(message.from)?.peer.hear(message);
        return;
      case 'day':
        return;
    }
  }

  function setServers(
    servers: Extract<ToPage, { type: 'ice_servers' }>['ice_servers'],
    isRelayOnly: boolean,
  ): void {
    configuration = {
      iceServers: servers as RTCIceServer[],
      iceTransportPolicy: isRelayOnly ? 'relay' : 'all',
      bundlePolicy: 'max-bundle',
      iceCandidatePoolSize: 1,
    };
    if (met.size === 0) {
      spare?.close();
      spare = new RTCPeerConnection(configuration);
    }
    for (const { peer } of met.values()) peer.configure(configuration);
  }

  // ---------------------------------------------------------------- who is there

  /** The claimant takes part once let in, by the device that has the seat. */
  const mayMeet = (person: RoomPerson, now: RoomSnapshot) =>
    now.is_admitted || (person.role !== 'claimant' && role() !== 'claimant');

  function takeRoom(next: RoomSnapshot): void {
    store.set({ room: next });
    const { ownId } = store.snapshot();
    const named = new Map(next.people.map((person) => [person.id, person]));
    for (const [id, one] of met) {
      const person = named.get(id);
      if (person) one.person = person;
      // Put back, or over: nothing flows any more. Else only their line may be away.
      if (one.hasBegun ? !mayMeet(one.person, next) : !person) forget(id);
      else if (!person) one.missingSince ||= performance.now();
      else one.missingSince = 0;
    }
    for (const person of next.people) {
      if (person.id === ownId) continue;
      const one = met.get(person.id) ?? prepare(person, next);
      if (!one || !mayMeet(person, next)) continue;
      one.hasBegun = true;
      one.peer.meet();
    }
    const isHeld = next.status === 'on_hold';
    store.set({ isHeld });
    for (const { peer, person } of met.values()) {
      peer.allow(allowedTo(person.role, next));
      peer.limit(next.features_bandwidth);
      peer.setHeld(isHeld);
    }
    sendDevices();
    lookAtMissing();
    sum();
    report();
  }

  /**
   * Makes a connection ready for somebody. The agent's is made before the claimant is let in, and says
   * nothing until then: a claimant's page learns no address, and gives none away.
   */
  function prepare(person: RoomPerson, now: RoomSnapshot): Met | null {
    const { ownId } = store.snapshot();
    if (!mayMeet(person, now) && role() !== 'agent') return null;
    const isOnlyAgent = (role() === 'agent') !== (person.role === 'agent');
    const leads = isOnlyAgent ? role() === 'agent' : (ownId ?? '') < person.id;
    const peer = openPeer({
      leads,
      configuration,
      spare,
      signal: (signal) => line.say({ type: 'signal', to: person.id, ...signal }),
      onState(state) {
        const one = met.get(person.id);
        if (!one) return;
        one.state = state;
        lookAtMissing();
        sum();
        report();
      },
    });
    spare = null;
    const one = { person, peer, state: calm, hasBegun: false, missingSince: 0 };
    met.set(person.id, one);
    return one;
  }

  function forget(id: string): void {
    met.get(id)?.peer.close();
    met.delete(id);
  }

  /** Those whose line is away are gone when their media are, or when they are back by another page. */
  function lookAtMissing(): void {
    const now = performance.now();
    for (const [id, { person, missingSince, state }] of met) {
      if (missingSince === 0) continue;
      const isBack = [...met.values()].some(
        (other) =>
          other.missingSince === 0 &&
          other.person.role === person.role &&
          other.person.name === person.name,
      );
      if (isBack || !state.isFlowing || now - missingSince > missingMs) forget(id);
    }
  }

  function closeMet(): void {
    spare?.close();
    spare = null;
    for (const id of [...met.keys()]) forget(id);
    sum();
  }

  // ---------------------------------------------------------------- what is sent and shown

  function sendDevices(): void {
    const now = room();
    if (!now) return;
    const { cameraTrack, microphoneTrack } = devices.snapshot();
    const allowed = allowedTo(role(), now);
    const sent = {
      audio: allowed.audio ? microphoneTrack : null,
      video: allowed.video ? cameraTrack : null,
    };
    for (const { peer } of met.values()) peer.send(sent);
  }

  /** Tells the server whether media flow, as far as it matters to it: both sides decide a start. */
  function report(): void {
    const counts = ({ person, state }: Met) =>
      state.isConnected && (role() === 'claimant' || person.role === 'claimant');
    const isConnected = [...met.values()].some(counts);
    if (isConnected === hasReported || store.snapshot().connection === 'reconnecting') return;
    hasReported = isConnected;
    line.say({ type: 'media', is_connected: isConnected });
  }

  let lastOthers = '';
  function sum(): void {
    const now = room();
    const others = [...met.values()]
      .filter(({ person }) => now !== null && mayMeet(person, now))
      .map(
        ({ person, peer, state }): Other => ({
          id: person.id,
          role: person.role,
          name: person.name,
          stream: state.hasTracks ? peer.stream : null,
          hasPicture: state.hasPicture,
          trouble: state.trouble,
        }),
      );
    const text = JSON.stringify(others.map((one) => ({ ...one, stream: one.stream !== null })));
    if (text !== lastOthers) store.set({ others });
    lastOthers = text;
    const isAway = store.snapshot().connection === 'reconnecting';
    const troubles = others.map((one) => one.trouble);
    store.set({ trouble: isAway ? 'lost' : (worst.find((one) => troubles.includes(one)) ?? null) });
    for (const [element, id] of shown) attach(element, id);
  }

  function attach(element: HTMLVideoElement, id: string): void {
    const one = store.snapshot().others.find((other) => other.id === id);
    const stream = one?.stream ?? null;
    if (element.srcObject !== stream) {
      element.srcObject = stream;
      if (stream) play(element);
    }
    const { speakerId } = devices.snapshot();
    if (speakerId && 'setSinkId' in element && element.sinkId !== speakerId) {
      element.setSinkId(speakerId).catch(() => {});
    }
  }

  function play(element: HTMLVideoElement): void {
    element.play().then(
      () => store.set({ needsTap: false }),
      (error: DOMException) => {
        if (error.name === 'NotAllowedError') store.set({ needsTap: true });
      },
    );
  }

  // ---------------------------------------------------------------- waking, leaving

  const stopDevices = devices.subscribe(() => {
    sendDevices();
    for (const [element, id] of shown) attach(element, id);
  });
  const stopWaking = watchWaking(wake);
  const timer = setInterval(lookAtMissing, lookEveryMs);

  function wake(): void {
    line.renew();
    devices.mend?.().catch(() => {});
    for (const element of shown.keys()) if (element.srcObject && element.paused) play(element);
  }

  return {
    subscribe: store.subscribe,
    snapshot: store.snapshot,
    admit: () => line.ask({ type: 'admit' }),
    hold: (reason) => line.ask({ type: 'hold', reason }),
    resume: () => line.ask({ type: 'resume' }),
    putBack: () => line.ask({ type: 'put_back' }),
    end: () => line.ask({ type: 'end' }),
    takeSeat: () => line.ask({ type: 'take_seat' }),
    show(element, otherId) {
      shown.set(element, otherId);
      attach(element, otherId);
      return () => {
        shown.delete(element);
        element.srcObject = null;
      };
    },
    goOn() {
      store.set({ needsTap: false });
      for (const element of shown.keys()) if (element.srcObject) play(element);
      if (store.snapshot().connection === 'reconnecting') line.renew();
      devices.mend?.().catch(() => {});
    },
    leave() {
      stopDevices();
      stopWaking();
      clearInterval(timer);
      line.close();
      closeMet();
    },
  };
}
