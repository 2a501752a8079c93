import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'

/** What a workflow rule links a user to: a job title. */
export interface StoredObject {
  readonly _id: string
  readonly instanceId: string
  readonly type: string
  readonly name: string
  readonly foldedName: string
  readonly version: number
  readonly createdAt: Date
  readonly changedAt: Date
}

/** The object as the admin API shows it. */
export function presentObject(object: StoredObject): AdminAnswer<'createObject'> {
  return {
    id: object._id,
    instanceId: object.instanceId,
    type: object.type,
    name: object.name,
    version: object.version,
    createdAt: object.createdAt.toISOString(),
    changedAt: object.changedAt.toISOString(),
  }
}
