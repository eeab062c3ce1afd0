import { useEffect } from 'react';

const stepEveryMs = 1_200;

/** The practice person goes the claimant's real way: it presses what each page offers as the next step. */
export function usePracticeWalk(isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => {
      const next = document.querySelector<HTMLElement>('[data-next]');
      if (next?.getAttribute('aria-disabled') !== 'true') next?.click();
    }, stepEveryMs);
    return () => clearInterval(timer);
  }, [isWanted]);
}
