// How an agent who looks elsewhere hears that somebody is here: a sound and a desktop notification.

const stored = 'portal.alerts';

/** Whether this person wants alerts; kept in this browser. On until they say otherwise. */
export function areAlertsWanted(): boolean {
  return localStorage.getItem(stored) !== 'off';
}

/** Keeps whether this person wants alerts. Called from a press, after which pages may sound. */
export function switchAlerts(isOn: boolean): void {
  localStorage.setItem(stored, isOn ? 'on' : 'off');
  if (isOn) chime();
}

/** What the browser lets these pages show beside themselves; `unknown` where it has no such thing. */
export const notificationPermission = (): NotificationPermission | 'unknown' =>
  'Notification' in globalThis ? Notification.permission : 'unknown';

/** Sounds, and shows a desktop notification where the page is not looked at and they are allowed. */
export function alertAgent(sentence: string, tag: string): void {
  if (!areAlertsWanted()) return;
  chime();
  if (!document.hidden && document.hasFocus()) return;
  if (notificationPermission() === 'granted') {
    // The same person is announced once, also from two windows.
    const notification = new Notification(sentence, { tag });
    notification.onclick = () => {
      focus();
      notification.close();
    };
  }
}

/** Two soft notes. Silent until the page was clicked once: browsers see to that. */
export function chime(): void {
  const context = new AudioContext();
  const volume = context.createGain();
  volume.connect(context.destination);
  const notes = [
    { hertz: 660, at: 0 },
    { hertz: 880, at: 0.18 },
  ];
  const seconds = 0.5;
  volume.gain.setValueAtTime(0.0001, context.currentTime);
  for (const { hertz, at } of notes) {
    const begin = context.currentTime + at;
    const note = context.createOscillator();
    note.frequency.value = hertz;
    note.connect(volume);
    volume.gain.exponentialRampToValueAtTime(0.2, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + seconds);
    note.start(begin);
    note.stop(begin + seconds);
  }
  setTimeout(() => void context.close(), 1_500);
}
