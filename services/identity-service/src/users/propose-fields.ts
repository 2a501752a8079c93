import type { ProposeFields } from '@user-provisioning/contracts/proposals'
import { equalJson } from '@user-provisioning/scim/json'
import { operation, unchanged } from '../commands/command.ts'
import { userFact, valueChange } from './user-change.ts'
import type { FieldSource, UserDocument } from './user-document.ts'

/**
 * A mapping set's field values. Applied while the SCIM version that they were made from is the current one and no newer set
 * has been applied; else dropped, because a newer fact is already on its way to mapping. The user name is not mapping's.
 */
export const proposeFields = operation('ProposeFields', {
  needs({ instanceId, userId }, want) {
    want.user(instanceId, userId)
  },

  decide(proposal, view, ctx) {
    const before = view.user(proposal.instanceId, proposal.userId)
    if (before === undefined || !isCurrent(before, proposal)) return unchanged(null)
    const { userName, ...proposed } = proposal.fields
    const changes = Object.entries(proposed).flatMap(([name, value]) =>
      valueChange('field', name, before.fields[name] ?? null, value),
    )
    const fieldSources = sourcesOf(before, proposal)
    const isSameSource = equalJson({ ...before.fieldSources }, { ...fieldSources })
    if (changes.length === 0 && isSameSource && before.mappingSetVersion === proposal.mappingSetVersion) {
      return unchanged(null)
    }
    const applied = { ...before, fieldSources, mappingSetVersion: proposal.mappingSetVersion }
    // Remembered without a new version: nobody outside can see a difference.
    if (changes.length === 0) {
      return { effects: [{ kind: 'user', before, after: applied }], announcements: [], reply: null }
    }
    const after: UserDocument = {
      ...applied,
      fields: { ...before.fields, ...proposed },
      version: before.version + 1,
      fieldsVersion: before.fieldsVersion + 1,
      changedAt: ctx.now,
    }
    const fact = userFact('FieldsChanged', { after, changes, warnings: proposal.warnings }, ctx, {
      cause: 'proposal',
      correlationId: proposal.correlationId,
    })
    return { effects: [{ kind: 'user', before, after }], announcements: [fact], reply: null }
  },
})

/** Whether the proposal is made from what is true now. */
function isCurrent(
  user: UserDocument,
  proposal: { readonly scimVersion: number; readonly mappingSetVersion: number },
): boolean {
  return (
    user.visible &&
    user.scimSyncId !== null &&
    user.scimVersion === proposal.scimVersion &&
    proposal.mappingSetVersion >= user.mappingSetVersion
  )
}

/**
 * Where each field comes from once the proposal is applied. A row that failed leaves its field, which is still the IdP's; a
 * field whose row is gone is the product's own again.
 */
function sourcesOf(
  user: UserDocument,
  {
    rows,
    mappingSetVersion: setVersion,
    onNativeEdit = {},
  }: Pick<ProposeFields, 'rows' | 'mappingSetVersion' | 'onNativeEdit'>,
): Record<string, FieldSource> {
  const kept = Object.keys(user.fieldSources).map((name): [string, FieldSource] => [name, 'native'])
  const mapped = Object.entries(rows).map(([name, rowId]): [string, FieldSource] => {
    const policy = onNativeEdit[name]
    return [name, { rowId, setVersion, ...(policy === undefined ? {} : { onNativeEdit: policy }) }]
  })
  return Object.fromEntries([...kept, ...mapped])
}
