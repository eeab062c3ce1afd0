import probeAddress from '../icon.svg';

/** What the way to our server is like. */
export interface Connection {
  /** False when calls cannot be set up from here. */
  isOpen: boolean;
  round_trip_ms: number | null;
  loss_percent: number | null;
  rate_kbit_s: number | null;
}

const probes = 8;
const probeLimitMs = 2_000;
const socketLimitMs = 6_000;
const rateMs = 1_500;

/** Measures by small requests, a socket, and some seconds of downloads. */
export async function testConnection(): Promise<Connection> {
  const isOpen = await opensSocket();
  const trips: number[] = [];
  for (let round = 0; round < probes; round += 1) {
    const trip = await measureTrip();
    if (trip !== null) trips.push(trip);
  }
  trips.sort((a, b) => a - b);
  return {
    isOpen: isOpen && trips.length > 0,
    round_trip_ms: trips.length > 0 ? Math.round(trips[Math.floor(trips.length / 2)] ?? 0) : null,
    loss_percent: Math.round((1 - trips.length / probes) * 100),
    rate_kbit_s: trips.length > 0 ? await measureRate() : null,
  };
}

/** Whether what calls are set up with gets through: some networks let only web pages pass. */
function opensSocket(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/socket`);
    const timer = setTimeout(() => end(false), socketLimitMs);
    const end = (isOpen: boolean) => {
      clearTimeout(timer);
      socket.onopen = null;
      socket.onerror = null;
      socket.close();
      resolve(isOpen);
    };
    socket.onopen = () => end(true);
    socket.onerror = () => end(false);
  });
}

async function measureTrip(): Promise<number | null> {
  const startedAt = performance.now();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), probeLimitMs);
  try {
    await fetch(probeAddress, { cache: 'no-store', signal: limit.signal });
    return performance.now() - startedAt;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Downloads the page's own scripts again and again, several at a time: a lower bound in kbit/s. */
async function measureRate(): Promise<number | null> {
  const addresses = performance
    .getEntriesByType('resource')
    .map(({ name }) => name)
    .filter((name) => /\/assets\/.*\.js$/.test(name));
  const startedAt = performance.now();
  let bytes = 0;
  const work = async () => {
    while (performance.now() - startedAt < rateMs) {
      for (const address of new Set(addresses)) {
        const answer = await fetch(address, { cache: 'no-store' });
        await answer.arrayBuffer();
        bytes += Number(answer.headers.get('content-length') ?? 0);
      }
      if (addresses.length === 0) return;
    }
  };
  try {
    await Promise.all([work(), work(), work(), work()]);
  } catch {
    return null;
  }
  const rate = Math.round((bytes * 8) / (performance.now() - startedAt));
  return rate > 0 ? rate : null;
}
