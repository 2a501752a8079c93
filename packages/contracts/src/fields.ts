import { z } from 'zod'

export const fieldTypes = ['text', 'number', 'date', 'boolean'] as const

/** A field of the product's User entity that an instance declared (PRODUCT.md 4.2). */
export const customField = z.strictObject({
  name: z.string(),
  label: z.string(),
  type: z.enum(fieldTypes),
})
export type CustomField = z.infer<typeof customField>

interface StandardField {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'state' | 'user'
}

/** The fields that every user of the product has. Only texts are targets of mappings; the first three carry identity. */
export const standardFields = [
  { name: 'userName', label: 'User Name', type: 'text' },
  { name: 'state', label: 'Active', type: 'state' },
  { name: 'directManager', label: 'Direct Manager', type: 'user' },
  { name: 'displayName', label: 'Display Name', type: 'text' },
  { name: 'email', label: 'Email', type: 'text' },
  { name: 'firstName', label: 'First Name', type: 'text' },
  { name: 'lastName', label: 'Last Name', type: 'text' },
  { name: 'nickname', label: 'Nickname', type: 'text' },
  { name: 'officePhone', label: 'Office Phone', type: 'text' },
  { name: 'mobilePhone', label: 'Mobile Phone', type: 'text' },
  { name: 'scimSyncJobTitle', label: 'Scim Sync Job Title', type: 'text' },
  { name: 'office', label: 'Office', type: 'text' },
  { name: 'company', label: 'Company', type: 'text' },
  { name: 'department', label: 'Department', type: 'text' },
  { name: 'costCenter', label: 'Cost Center', type: 'text' },
  { name: 'employeeNumber', label: 'Employee Number', type: 'text' },
  { name: 'country', label: 'Country', type: 'text' },
  { name: 'location', label: 'Location', type: 'text' },
] as const satisfies readonly StandardField[]

/** The fields that identity-service applies itself: shown as rows, never proposed. */
export const identityFields: ReadonlySet<string> = new Set(['userName', 'state', 'directManager'])

/** The longest text that a field takes. */
export const maxFieldLength = 4_000

/** The names of the fields that a mapping may have as its target. */
export function mappableFields(customFields: readonly CustomField[]): string[] {
  return [...standardFields, ...customFields]
    .filter(({ name, type }) => type === 'text' && !identityFields.has(name))
    .map(({ name }) => name)
}
