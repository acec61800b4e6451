import { LOAD_FAULTS } from './all-faults.ts';
import { type Row, toLoadRow } from './run-rows.ts';

/** The whole table. */
export const ALL_ROWS: readonly Row[] = LOAD_FAULTS.map(toLoadRow);
