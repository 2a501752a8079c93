import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { type CustomField, identityFields, standardFields } from '@user-provisioning/contracts/fields'
import { defaultMappingRows, type MappingSetRecord } from '@user-provisioning/contracts/mapping-set'

export type Field = AdminAnswer<'listFields'>['items'][number]

/** The row behind each field that a mapping set writes. */
export type MappedFields = Readonly<Record<string, string>>

const mappedByDefault: MappedFields = Object.fromEntries(defaultMappingRows.map(({ id, target }) => [target, id]))

/** What an instance's mapping set writes: what it saved, or the predefined rows. */
export function mappedFieldsOf(record: MappingSetRecord | undefined): MappedFields {
  return record?.rows ?? mappedByDefault
}

/** The fields of an instance's users, standard ones first. */
export function presentFields(customFields: readonly CustomField[], mapped: MappedFields): Field[] {
  return [
    ...standardFields.map((field) => presentField(field, 'standard', mapped)),
    ...customFields.map((field) => presentField(field, 'custom', mapped)),
  ]
}

export function presentField(
  { name, label, type }: { readonly name: string; readonly label: string; readonly type: string },
  kind: Field['kind'],
  mapped: MappedFields,
): Field {
  const notMappable = whyNotMappable(name, type)
  const mappedBy = Object.hasOwn(mapped, name) ? (mapped[name] ?? null) : null
  return { name, label, kind, type, mappable: notMappable === null, notMappable, mappedBy }
}

function whyNotMappable(name: string, type: string): string | null {
  if (identityFields.has(name)) return 'It carries identity: it is applied by itself, and its row is fixed.'
  return type === 'text' ? null : `It is of the type ${type}, and a mapping writes texts.`
}
