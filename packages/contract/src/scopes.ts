/** What an access token may do (contract section 1). */
export const scopes = {
  'appointments:read': 'Read appointments and their events.',
  'appointments:write': 'Schedule, change and cancel appointments; see the claimant’s link.',
  'meetings:host': 'See the host key in meeting.room_url.',
  'recordings:read': 'Read recordings.',
  'webhooks:manage': 'Manage webhooks.',
  'reports:read': 'Read reports.',
  'clients:manage': 'Manage API clients; move a sandbox’s clock.',
} as const;

export type Scope = keyof typeof scopes;

export const scopeNames = Object.freeze(Object.keys(scopes)) as readonly Scope[];
