import { expect, it } from 'vitest';
import { fakeDevices, startBrowser } from './browser.ts';
import { arrive, expectMedia, letIn, openLink, openRoom, schedule, signIn } from './people.ts';
import { startProduct } from './product.ts';
import { startRelay } from './relay.ts';

it('a call that goes through the relay alone has picture and sound both ways, and shows nobody’s address', async () => {
  const relay = await startRelay();
  const product = await startProduct({
    TURN_URLS: relay.url,
    TURN_SECRET: relay.secret,
    CALL_RELAY_ONLY: 'true',
  });
  const browser = await startBrowser(fakeDevices);
  try {
    const { link, name } = await schedule(product);
    const claimant = await openLink(browser, link);
    await arrive(claimant);
    const agent = await signIn(browser, product);
    await openRoom(agent, name);
    await letIn(agent, name);
    await expectMedia(agent, claimant);
    for (const person of [agent, claimant]) {
      const { isRelayed, candidateTypes } = await person.media();
      expect(isRelayed).toBe(true);
      expect(candidateTypes).toEqual(['relay']);
    }
  } finally {
    await browser.close();
    await product.stop();
    await relay.stop();
  }
});
