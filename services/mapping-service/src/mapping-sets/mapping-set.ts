/** Where a row takes its value from: SCIM attribute paths in order; the first at which there is a value gives it. */
export interface RowSource {
  readonly path: string
  readonly otherwise?: readonly string[]
}

/** One row attribute -> field. */
export interface MappingRow {
  readonly id: string
  readonly source: RowSource
  /** A text field of the product's User entity, by name. */
  readonly target: string
  /** Shown, but neither changed nor proposed: it carries identity, and identity-service applies it itself. */
  readonly readOnly: boolean
}

/** An instance's rows. A target stands in one row only. */
export interface MappingSet {
  readonly version: number
  readonly rows: readonly MappingRow[]
}
