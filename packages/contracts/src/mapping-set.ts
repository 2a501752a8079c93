import { z } from 'zod'
import { onNativeEdit } from './images.ts'

const path = z.string().trim().min(1).max(500)

/**
 * Where a row takes its value from: a SCIM path (`otherwise`: where nothing is there, the first of these paths at which there
 * is something), or an expression over the whole SCIM user.
 */
export const rowSource = z.union([
  z.strictObject({ path, otherwise: z.array(path).max(5).optional() }),
  z.strictObject({ expression: z.string().trim().min(1).max(2_000) }),
])
export type RowSource = z.infer<typeof rowSource>

/** One row attribute -> field. */
export const mappingRow = z.strictObject({
  id: z.string(),
  source: rowSource,
  /** A text field of the product's User entity, by name. */
  target: z.string(),
  /** Shown, but neither changed nor proposed: it carries identity, and identity-service applies it itself. */
  readOnly: z.boolean(),
  onNativeEdit,
})
export type MappingRow = z.infer<typeof mappingRow>

function row(id: string, path: string, target: string, more: { otherwise?: string[]; readOnly?: true } = {}) {
  const { readOnly = false, ...otherwise } = more
  return { id, source: { path, ...otherwise }, target, readOnly, onNativeEdit: 'idp-wins' } satisfies MappingRow
}

const readOnly = { readOnly: true } as const

/** The predefined rows (PRODUCT.md 4.1): what every instance has as version 1. */
export const defaultMappingRows: readonly MappingRow[] = [
  row('user-name', 'userName', 'userName', readOnly),
  row('active', 'active', 'state', readOnly),
  row(
    'direct-manager',
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value',
    'directManager',
    readOnly,
  ),
  row('display-name', 'displayName', 'displayName'),
  row('email', 'emails[type eq "work"].value', 'email', {
    otherwise: ['emails[primary eq true].value', 'emails.value'],
  }),
  row('first-name', 'name.givenName', 'firstName'),
  row('last-name', 'name.familyName', 'lastName'),
  row('office-phone', 'phoneNumbers[type eq "work"].value', 'officePhone'),
  row('mobile-phone', 'phoneNumbers[type eq "mobile"].value', 'mobilePhone'),
  row('job-title', 'title', 'scimSyncJobTitle'),
]

/** The mapping set of an instance that saved one, as every replica of identity-service knows it; the others have the defaults. */
export const mappingSetRecord = z.strictObject({
  /** The instance's id. */
  id: z.string(),
  version: z.int().positive(),
  /** The row behind each mapped field. */
  rows: z.record(z.string(), z.string()),
})
export type MappingSetRecord = z.infer<typeof mappingSetRecord>
