import type { DeviceState } from '@anteroom/call/devices';
import type { DeviceCheck, DevicePart } from '@anteroom/contract';
import type { BrowserFamily } from '../browser.ts';
import type { PlainKey } from '../words.tsx';
import type { Connection } from './connection.ts';

/** A fault that the page has a sentence for; stored, and shown to the agent, as this word. */
export type Problem =
  Extract<PlainKey, `problem.${string}`> extends `problem.${infer Word}` ? Word : never;

/** What was found so far. */
export interface Findings {
  camera: DevicePart;
  microphone: DevicePart;
  speaker: DevicePart;
  connection: Connection | null;
  problems: Problem[];
}

const slowBelowKbits = 300;
const slowAboveMs = 600;
const manyLostPercent = 20;

/** What is wrong with a camera or microphone in that state; null when nothing is. */
export function problemOfDevice(device: 'camera' | 'microphone', state: DeviceState) {
  switch (state) {
    case 'blocked':
    case 'insecure':
      return `${device}_blocked` as const;
    case 'none':
      return `${device}_missing` as const;
    case 'in_use':
      return `${device}_busy` as const;
    default:
      return null;
  }
}

export function problemOfConnection(connection: Connection): Problem | null {
  if (!connection.isOpen) return 'connection_blocked';
  const { rate_kbit_s: rate, round_trip_ms: trip, loss_percent: loss } = connection;
  const isSlow =
    (rate !== null && rate < slowBelowKbits) ||
    (trip !== null && trip > slowAboveMs) ||
    (loss !== null && loss > manyLostPercent);
  return isSlow ? 'connection_slow' : null;
}

/** What the person can do about it, in their browser. */
export function mendOf(problem: Problem, family: BrowserFamily): PlainKey {
  if (problem.endsWith('_blocked') && !problem.startsWith('connection')) {
    return `mend.blocked.${family}`;
  }
  if (problem.endsWith('_missing')) return 'mend.missing';
  if (problem.endsWith('_busy')) return 'mend.busy';
  if (problem === 'microphone_silent') return 'mend.silent';
  if (problem === 'speaker_silent') return 'mend.speaker';
  return problem.startsWith('connection') ? 'mend.connection' : 'mend.failed';
}

/** What is stored with the appointment. */
export function reportOf(findings: Findings, browser: string): DeviceCheck {
  const { camera, microphone, speaker, connection, problems } = findings;
  const isReachable = connection?.isOpen ? 'ready' : 'failed';
  return {
    camera,
    microphone,
    speaker,
    connection: connection ? isReachable : 'untested',
    problem: problems[0] ?? null,
    round_trip_ms: connection?.round_trip_ms ?? null,
    loss_percent: connection?.loss_percent ?? null,
    rate_kbit_s: connection?.rate_kbit_s ?? null,
    browser,
  };
}
