import { describe, expect, it } from 'vitest';
import { outsideAddress, readBrowser } from '../src/browser.ts';

const android = 'Mozilla/5.0 (Linux; Android 14; Pixel 8';
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const inChrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36';

describe('what a browser says of itself', () => {
  it.each([
    [`${android}) ${inChrome}`, 'Chrome 120', 'chrome', null],
    [`${android}) ${inChrome} EdgA/120.0`, 'Edge 120', 'chrome', null],
    [`${iphone} Version/17.4 Mobile/15E148 Safari/604.1`, 'Safari 17', 'safari_mobile', null],
    [`${iphone} CriOS/120.0.0.0 Mobile/15E148 Safari/604.1`, 'Chrome 120', 'safari_mobile', null],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
      'Safari 17',
      'safari',
      null,
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
      'Firefox 128',
      'firefox',
      null,
    ],
    [`${android}; wv) ${inChrome} [FB_IAB/FB4A;FBAV/440.0]`, 'Chrome 120', 'chrome', 'Facebook'],
    [`${android}; wv) ${inChrome}`, 'Chrome 120', 'chrome', ''],
    [`${iphone} Mobile/15E148 Instagram 300.0`, 'Unknown', 'safari_mobile', 'Instagram'],
    [`${iphone} Mobile/15E148`, 'Unknown', 'safari_mobile', ''],
    [`${iphone} GSA/300.0 Mobile/15E148 Safari/604.1`, 'Unknown', 'safari_mobile', 'Google'],
    ['curl/8', 'Unknown', 'other', null],
  ])('%s', (userAgent, name, family, app) => {
    expect(readBrowser(userAgent)).toMatchObject({ name, family, app });
  });
});

describe('the way out of an app', () => {
  const link = 'https://example.org/client-web/schedule/pre-call/summary?reference=a#TOKEN';

  it('takes the whole link to the phone’s own browser', () => {
    expect(outsideAddress(link, readBrowser(`${android}; wv) ${inChrome}`))).toBe(
      'intent://example.org/client-web/schedule/pre-call/summary?reference=a#TOKEN#Intent;scheme=https;end',
    );
    expect(outsideAddress(link, readBrowser(`${iphone} Mobile/15E148`))).toBe(
      'x-safari-https://example.org/client-web/schedule/pre-call/summary?reference=a#TOKEN',
    );
  });

  it('is by copying where a browser has none', () => {
    expect(outsideAddress(link, readBrowser('curl/8'))).toBeNull();
  });
});
