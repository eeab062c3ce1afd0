export function AppointmentPage() {
  return null;
}
