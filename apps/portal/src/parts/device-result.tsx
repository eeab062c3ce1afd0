import type { DayAppointment, DeviceCheck } from '@anteroom/contract';
import { useWords, type Words } from '../words.tsx';

/** What the claimant's own test found, and what to do about it. */
export function DeviceResult({ appointment }: { appointment: DayAppointment }) {
  const words = useWords();
  const { device_check: check } = appointment;
  if (!check) return <p className="device quiet">{words.say('device.untested')}</p>;
  const problem = problemOf(check, words);
  if (!problem) return <p className="device device-ready">{words.say('device.ready')}</p>;
  return <p className="device device-wanting">{words.say('device.ringThem', { problem })}</p>;
}

const parts = ['microphone', 'camera', 'speaker', 'connection'] as const;

/** What is wrong with their devices, in words; null when nothing is. */
function problemOf(check: DeviceCheck, { say, has }: Words): string | null {
  const key = `device.problem.${check.problem}` as const;
  if (has(key)) return say(key);
  const part = parts.find((name) => check[name] === 'failed');
  return part ? say(`device.problem.${part}`) : null;
}
