export {
  createDepartment,
  createOrganisation,
  listDepartments,
  listOrganisations,
  setDepartment,
  setOrganisation,
} from './administration.ts';
export {
  type CustomField,
  createCustomField,
  expectationOf,
  listCustomFields,
  readCustomValue,
  setCustomField,
} from './custom-fields.ts';
export { isOnRedirectHost, mostRedirectHosts, readRedirectHost } from './redirect-hosts.ts';
export { organisationRoutes } from './routes.ts';
export {
  type Department,
  featuresFor,
  type Organisation,
  type Organisations,
  openOrganisations,
} from './settings.ts';
