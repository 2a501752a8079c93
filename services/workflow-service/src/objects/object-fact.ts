import type { Actor, Change } from '@user-provisioning/contracts/actor'
import type { NewFact } from '../operation.ts'
import type { StoredObject } from './object.ts'

/** What is told of an object that changed or is gone: users who are linked to it are looked at again. */
export function objectFact(
  type: 'ObjectChanged' | 'ObjectMerged' | 'ObjectDeleted',
  { before, after }: { readonly before: StoredObject; readonly after: StoredObject | null },
  actor: Actor,
): NewFact {
  const isGone = type !== 'ObjectChanged'
  return {
    type,
    entityId: before._id,
    actor,
    subject: { type: 'object', id: before._id, name: before.name },
    ...(type === 'ObjectMerged' && after ? { into: after._id } : {}),
    changes: isGone
      ? [{ kind: 'admin', path: before.type, old: before.name, new: after?.name ?? null }]
      : objectChanges(before, after),
    warnings: [],
  }
}

/** What is different, member by member. */
export function objectChanges(before: StoredObject, after: StoredObject | null): Change[] {
  const changes: Change[] = []
  const note = (path: string, old: Change['old'], now: Change['new']) => {
    if (JSON.stringify(old) !== JSON.stringify(now)) changes.push({ kind: 'admin', path, old, new: now })
  }
  note('name', before.name, after?.name ?? null)
  note('code', before.code, after?.code ?? null)
  note('aliases', [...before.aliases], [...(after?.aliases ?? [])])
  return changes
}
