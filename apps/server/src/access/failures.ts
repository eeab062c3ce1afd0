import { isIP } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { refuse } from '../platform/errors.ts';

/**
 * Counts the failed attempts of each source, in this process; successes never count. `refuseGuessing` throws
 * `too_many_requests` once a source has failed so often within a minute.
 */
export function limitFailures(mostPerMinute: number) {
  const limiter = new RateLimiterMemory({ points: mostPerMinute, duration: 60 });
  return {
    async refuseGuessing(address: string): Promise<void> {
      const soFar = await limiter.get(sourceOf(address));
      if (!soFar || soFar.consumedPoints < mostPerMinute) return;
      throw refuse('too_many_requests', {
        message: 'Too many failed attempts from this address. Wait a minute.',
        headers: { 'retry-after': String(Math.max(1, Math.ceil(soFar.msBeforeNext / 1000))) },
      });
    },
    async count(address: string): Promise<void> {
      await limiter.penalty(sourceOf(address));
    },
  };
}

/** One source of guesses: an IPv4 address, or an IPv6 /64, which one household or server owns. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  return [...groups, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
