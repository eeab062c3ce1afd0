const key = 'anteroom-practice';

/**
 * Whether this window plays a practice person: it was opened by a link with `practice=1`, and stays
 * so over the pages that follow.
 */
export function isPractice(): boolean {
  const isAsked = new URLSearchParams(location.search).get('practice') === '1';
  try {
    if (isAsked) sessionStorage.setItem(key, '1');
    return sessionStorage.getItem(key) === '1';
  } catch {
    return isAsked;
  }
}
