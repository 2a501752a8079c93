import type { Actor } from '@user-provisioning/contracts/actor'
import type { NewFact } from '../operation.ts'
import type { ObjectType } from './object-type.ts'

/** What is told of a type of objects that is new, called otherwise, or gone. */
export function objectTypeFact(before: ObjectType | null, after: ObjectType | null, actor: Actor): NewFact {
  const { instanceId, name } = (after ?? before) as ObjectType
  return {
    type: 'ObjectTypeChanged',
    entityId: instanceId,
    actor,
    subject: { type: 'object-type', id: name, name },
    changes: [{ kind: 'admin', path: 'label', old: before?.label ?? null, new: after?.label ?? null }],
    warnings: [],
  }
}
