import type { MappingRow, MappingSet } from './mapping-set.ts'

function row(id: string, path: string, target: string, more: Partial<MappingRow['source'] & { readOnly: true }> = {}) {
  const { readOnly = false, ...otherwise } = more
  return { id, source: { path, ...otherwise }, target, readOnly } satisfies MappingRow
}

const readOnly = { readOnly: true } as const

/** The predefined rows (PRODUCT.md 4.1): what every instance has as version 1. */
export const defaultMappingSet: MappingSet = {
  version: 1,
  rows: [
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
  ],
}
