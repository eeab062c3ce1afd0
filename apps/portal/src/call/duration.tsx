import { useNow } from '../session.ts';

/** How long something has gone on, by the second: “12:07”. Not read out as it counts. */
export function Duration({ since }: { since: string }) {
  const seconds = Math.max(0, Math.floor((useNow(1_000).getTime() - Date.parse(since)) / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const two = (count: number) => String(count).padStart(2, '0');
  return (
    <time className="duration" dateTime={`PT${seconds}S`}>
      {hours > 0 ? `${hours}:${two(minutes)}` : minutes}:{two(seconds % 60)}
    </time>
  );
}
