import { defaultMappingRows, type MappingRow } from '@user-provisioning/contracts/mapping-set'

/** An instance's rows. A target stands in one row only. */
export interface MappingSet {
  readonly version: number
  readonly rows: readonly MappingRow[]
}

/** What every instance has until it saves rows of its own. */
export const defaultMappingSet: MappingSet = { version: 1, rows: defaultMappingRows }
