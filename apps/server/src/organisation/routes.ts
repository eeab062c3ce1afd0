import {
  type CustomFieldAnswer,
  customFieldAnswer,
  customFieldsExample,
  type DepartmentAnswer,
  departmentAnswer,
  departmentsExample,
  limits,
  listOf,
  type MeAnswer,
  meAnswer,
  meExample,
  one,
  settingsRequest,
} from '@anteroom/contract';
import { readClientName } from '../access/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';
import { shortListEnvelope } from '../platform/http/paging.ts';
import type { Http } from '../platform/http/route.ts';
import { featuresFor, type Organisations } from './settings.ts';

export interface OrganisationOptions {
  database: Database;
  organisations: Organisations;
  clock: Clock;
  /** Requests that one client may make in a minute; 0 is no limit. */
  rateLimitPerMinute: number;
}

/**
 * What a program needs to know of its organisation and itself before it schedules anything
 * (contract section 3). Mount it behind `authenticate`.
 */
export function organisationRoutes(options: OrganisationOptions) {
  const { database, organisations, clock, rateLimitPerMinute } = options;

  return async (app: Http): Promise<void> => {
    app.get(
      '/api/v1/departments',
      {
        schema: { querystring: settingsRequest, response: { 200: listOf(departmentAnswer) } },
        config: {
          scope: 'appointments:read',
          operation: 'List departments',
          description:
            'Each with the switches that a new appointment of it begins with: its own, else the organisation’s.',
          examples: { answer: departmentsExample },
        },
      },
      async (request) => {
        const organisation = await organisations.find(request.caller.organisationId);
        const departments = organisation.departments.map(
          (department): DepartmentAnswer => ({
            id: department.id,
            name: department.name,
            ...featuresFor(organisation, department, {}),
          }),
        );
        const address = `${organisation.publicUrl}/api/v1/departments`;
        return shortListEnvelope(request, address, departments);
      },
    );

    app.get(
      '/api/v1/custom-fields',
      {
        schema: { querystring: settingsRequest, response: { 200: listOf(customFieldAnswer) } },
        config: {
          scope: 'appointments:read',
          operation: 'List custom fields',
          description:
            'What the organisation asks about a claimant besides, in the order in which it wants to ask; `claimant.data` holds the values. Retired fields are not among them.',
          examples: { answer: customFieldsExample },
        },
      },
      async (request) => {
        const organisation = await organisations.find(request.caller.organisationId);
        const fields = organisation.customFields
          .filter(({ isRetired }) => !isRetired)
          .map(
            ({ id, name, type, isRequired, choices }): CustomFieldAnswer => ({
              id,
              name,
              type,
              required: isRequired,
              choices: [...choices],
            }),
          );
        const address = `${organisation.publicUrl}/api/v1/custom-fields`;
        return shortListEnvelope(request, address, fields);
      },
    );

    app.get(
      '/api/v1/me',
      {
        schema: { response: { 200: one(meAnswer) } },
        config: {
          scope: 'appointments:read',
          operation: 'Read the caller',
          description: 'Who this client is, for whom it calls and within which limits.',
          examples: { answer: meExample },
        },
      },
      async ({ caller }): Promise<{ data: MeAnswer }> => {
        const organisation = await organisations.find(caller.organisationId);
        const name = await readClientName(database.in(caller.organisationId), caller.clientId);
        const isSandbox = clock.sandboxAt() !== null;
        return {
          data: {
            client: { id: caller.clientId, name },
            scopes: [...caller.scopes],
            organisation: {
              name: organisation.name,
              country: organisation.country,
              time_zone: organisation.timeZone,
              public_url: organisation.publicUrl,
              redirect_hosts: [...organisation.redirectHosts],
              ...featuresFor(organisation, null, {}),
            },
            limits: {
              requests_per_minute: rateLimitPerMinute === 0 ? null : rateLimitPerMinute,
              body_bytes: limits.bodyBytes,
              bulk_body_bytes: limits.bulkBodyBytes,
              bulk_rows: limits.bulkRows,
              per_page: limits.perPage,
            },
            is_sandbox: isSandbox,
            sandbox_clock_at: isSandbox ? await clock.now() : null,
          },
        };
      },
    );
  };
}
