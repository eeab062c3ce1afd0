export {
  type Department,
  featuresFor,
  type Organisation,
  type Organisations,
  openOrganisations,
} from './settings.ts';
