// A process that makes one call and aborts it when it is told to. Whatever the call left behind would keep it alive.
import { Anteroom, type Credentials } from '../src/index.ts';

const [url = '', credentials = '{}'] = process.argv.slice(2);
const controller = new AbortController();
const anteroom = new Anteroom({
  url,
  deadlineMs: 3_600_000,
  mostAttempts: 1_000_000,
  fetch: async (input, init) => {
    const outcome = fetch(input, init);
    // Told once the call has gone on from here.
    const tell = () => setImmediate(() => process.connected && process.send?.('answered'));
    outcome.then(tell, tell);
    return outcome;
  },
  ...(JSON.parse(credentials) as Credentials),
});
process.once('message', () => {
  controller.abort(new Error('changed my mind'));
});
const outcome = await anteroom.appointments
  .page({}, { signal: controller.signal })
  .then(() => 'answered')
  .catch((error: Error) => error.message);
process.send?.(outcome, () => process.disconnect());
