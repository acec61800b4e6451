export {
  type ErasureReport,
  erasePersonalData,
  type PrivacyDeps,
  UserActiveError,
} from './erase-personal-data.ts';
export { exportPersonalData, type PersonExport } from './export-personal-data.ts';
export { parsePlace, PlaceInvalidError, toPlaceText } from './person-search.ts';
export {
  type DatabaseRetention,
  runTenantsRetention,
  type TenantsRetentionOptions,
} from './run-tenants-retention.ts';
export { createSubjectOf, type SubjectOf } from './subject-hash.ts';
