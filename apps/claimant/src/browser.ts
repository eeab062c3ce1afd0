/** A family of browsers that has its permissions in the same place. */
export type BrowserFamily = 'chrome' | 'firefox' | 'safari' | 'safari_mobile' | 'other';

export interface BrowserKind {
  /** Its name and version, for whoever helps. */
  name: string;
  family: BrowserFamily;
  isAndroid: boolean;
  isApple: boolean;
  /** The app whose built-in window shows this page, or null in a browser of its own. */
  app: string | null;
}

const names: [pattern: RegExp, name: string][] = [
  [/\bEdgi?A?(?:OS)?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\bSamsungBrowser\/(\d+)/, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
  [/\b(?:(?:Headless)?Chrome|CriOS)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* .*Safari/, 'Safari'],
];

/** Windows inside apps: they open links, and often have neither camera nor microphone. */
const apps: [pattern: RegExp, name: string][] = [
  [/\bFB(?:AN|AV|_IAB)\b/, 'Facebook'],
  [/\bMessenger/, 'Messenger'],
  [/\bInstagram\b/, 'Instagram'],
  [/\bWhatsApp\b/, 'WhatsApp'],
  [/\bGSA\//, 'Google'],
  [/\bLine\//, 'Line'],
  [/\bTwitter/, 'X'],
  [/\bLinkedInApp\b/, 'LinkedIn'],
  [/\bSnapchat\b/, 'Snapchat'],
  [/\bMicroMessenger\b/, 'WeChat'],
  [/\bTeams\b/, 'Teams'],
];

/** Reads what a browser says of itself; of those that say nothing known, the family is `other`. */
export function readBrowser(userAgent: string): BrowserKind {
  const isApple = /\b(iPhone|iPad|iPod)\b/.test(userAgent);
  const isAndroid = /\bAndroid\b/.test(userAgent);
  const [pattern, title = null] = names.find(([one]) => one.test(userAgent)) ?? [];
  const version = pattern?.exec(userAgent)?.[1];
  return {
    name: title ? `${title} ${version}` : 'Unknown',
    family: familyOf(title, isApple),
    isAndroid,
    isApple,
    app: findApp(userAgent, isApple),
  };
}

function familyOf(title: string | null, isApple: boolean): BrowserFamily {
  // On iPhones every browser is Safari underneath, and asks as Safari does.
  if (isApple) return 'safari_mobile';
  if (title === 'Safari') return 'safari';
  if (title === 'Firefox') return 'firefox';
  return title ? 'chrome' : 'other';
}

function findApp(userAgent: string, isApple: boolean): string | null {
  const known = apps.find(([pattern]) => pattern.test(userAgent));
  if (known) return known[1];
  // Gmail and many others do not give their name, only that they are no browser.
  const isView = /; wv\)/.test(userAgent) || (isApple && !/\bSafari\//.test(userAgent));
  return isView ? '' : null;
}

/**
 * An address that makes the phone's own browser open the link; null where there is no such way.
 * The token in the fragment goes with it.
 */
export function outsideAddress(link: string, { isAndroid, isApple }: BrowserKind): string | null {
  const { protocol } = new URL(link);
  const rest = link.slice(protocol.length);
  if (isAndroid) return `intent:${rest}#Intent;scheme=${protocol.slice(0, -1)};end`;
  return isApple && protocol === 'https:' ? `x-safari-https:${rest}` : null;
}
