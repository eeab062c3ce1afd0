import { createHmac } from 'node:crypto';
import type { ToPage } from '@anteroom/contract';

export interface TurnOptions {
  /** `turn:`, `turns:` and `stun:` addresses. */
  urls: readonly string[];
  /** Shared with the TURN server (coturn: `static-auth-secret`). */
  secret: string | null;
  /** Media go through the TURN server alone, so that nobody learns another's address. */
  isRelayOnly: boolean;
}

/** Credentials are good for this long; pages get fresh ones before they run out. */
export const credentialSeconds = 600;

type IceServers = Extract<ToPage, { type: 'ice_servers' }>['ice_servers'];

/**
 * What one person's `RTCPeerConnection` may use, with credentials in the form of coturn's
 * `use-auth-secret`: the name is `<expiry in Unix seconds>:<person>`, the password its HMAC-SHA1.
 */
export function iceServersFor(
  { urls, secret }: TurnOptions,
  personId: string,
  nowSeconds = Math.floor(Date.now() / 1000),
): IceServers {
  const plain = urls.filter((url) => url.startsWith('stun'));
  const relays = urls.filter((url) => !url.startsWith('stun'));
  const servers: IceServers = plain.length > 0 ? [{ urls: plain }] : [];
  if (relays.length > 0 && secret) {
    const username = `${nowSeconds + credentialSeconds}:${personId}`;
    const credential = createHmac('sha1', secret).update(username).digest('base64');
    servers.push({ urls: relays, username, credential });
  }
  return servers;
}
