export {
  createDepartment,
  createOrganisation,
  listDepartments,
  listOrganisations,
  setDepartment,
  setOrganisation,
} from './administration.ts';
export { organisationRoutes } from './routes.ts';
export {
  type Department,
  featuresFor,
  type Organisation,
  type Organisations,
  openOrganisations,
} from './settings.ts';
