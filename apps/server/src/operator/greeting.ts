import type { FirstStart } from './installation.ts';

export interface GreetingOptions {
  address: string;
  dataDirectory: string | null;
  /** What was made just now, or null on later starts. */
  firstStart: FirstStart | null;
  /** A token of the first client, for the Python snippet; null on later starts. */
  token: string | null;
  /** Where a sandbox stands, or null. */
  sandboxAt: string | null;
}

/** What the start says when it is done. */
export function greeting(options: GreetingOptions): string {
  const { address, dataDirectory, firstStart, token, sandboxAt } = options;
  const lines = [
    '',
    `Anteroom answers at ${address}`,
    `Staff sign in at ${address}/portal/`,
    ...(firstStart ? signInLines(firstStart) : []),
    `How programs use it: ${address}/api/docs`,
    ...(dataDirectory ? [`Its data is in ${dataDirectory}`] : []),
    ...(sandboxAt ? [`This is a sandbox; its clock stands at ${sandboxAt}`] : []),
  ];
  if (firstStart && token) lines.push(...firstSteps(address, firstStart, token, sandboxAt));
  else
    lines.push('Make an API client with: npm run anteroom -- clients create --name "My program"');
  return `${lines.join('\n')}\n`;
}

/** How the first administrator signs in, and what to do there. */
function signInLines({ administrator: { email, password } }: FirstStart): string[] {
  return [
    `  email     ${email}`,
    ...(password ? [`  password  ${password}    (shown only now)`] : []),
    '  “Practise” there opens a claimant to talk to.',
  ];
}

function firstSteps(
  address: string,
  { client }: FirstStart,
  token: string,
  sandboxAt: string | null,
): string[] {
  return [
    '',
    'Your first API client (the secret is shown only now):',
    `  id      ${client.id}`,
    `  secret  ${client.secret}`,
    '',
    'Schedule an appointment from a shell:',
    '',
    curlSnippet(address, client, sandboxAt),
    '',
    'Or from Python (with `requests`; the token is good for an hour):',
    '',
    pythonSnippet(address, token, sandboxAt),
  ];
}

/** A day from now, worked out when the snippet runs; in a sandbox, a day after where it stands. */
const dayAfter = (instant: string) =>
  new Date(Date.parse(`${instant.slice(0, 19)}Z`) + 86_400_000).toISOString().slice(0, 19);

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A shell snippet that fetches a token and schedules an appointment. */
function curlSnippet(
  address: string,
  client: { id: string; secret: string },
  sandboxAt: string | null,
): string {
  const at = sandboxAt
    ? dayAfter(sandboxAt)
    : '$(date -u -d tomorrow +%Y-%m-%dT%H:%M:%S 2>/dev/null || date -u -v+1d +%Y-%m-%dT%H:%M:%S)';
  return `TOKEN=$(curl -s -u ${quoted(`${client.id}:${client.secret}`)} -d grant_type=client_credentials \\
  ${address}/oauth2/token | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -s ${address}/api/v1/appointments \\
  -H "Authorization: Bearer $TOKEN" \\
  -d "reference=try-$(date +%s)-$RANDOM" \\
  -d "appointment_at=${at}" \\
  -d duration_in_minutes=30 \\
  --data-urlencode 'claimant[name]=John Doe'`;
}

/** The published document's Python client with address and token filled in. */
function pythonSnippet(address: string, token: string, sandboxAt: string | null): string {
  const at = sandboxAt
    ? `'${dayAfter(sandboxAt)}'`
    : "(datetime.now(timezone.utc) + timedelta(days=1)).strftime('%Y-%m-%dT%H:%M:%S.%f')";
  return `import uuid
from datetime import datetime, timedelta, timezone
import requests

url = '${address}/api/v1/appointments'
payload = {
    'reference': uuid.uuid4().hex,
    'appointment_at': ${at},
    'duration_in_minutes': '30',
    'is_interpreter_needed': 'false',
    'interpreter_language': '',
    'department': '',
    'claimant[name]': 'John Doe',
    'claimant[date_of_birth]': '1990-01-01',
    'claimant[phone_number]': '+442071234567',
    'claimant[email]': 'test@test.com',
    'features_webcam_access_agent_enable': 'true',
    'features_webcam_access_claimant_enable': 'true',
    'features_microphone_access_enable': 'true',
    'features_bandwidth': '',
}
headers = {'Accept': 'application/json', 'Authorization': 'Bearer ${token}'}
response = requests.post(url, headers=headers, data=payload)
print(response.text)`;
}
