export function SchedulePage() {
  return null;
}
export function ChangePage() {
  return null;
}
