import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { fold } from '@user-provisioning/scim/fold'

/** What a workflow rule links a user to: a job title, a department, an object of a declared type. */
export interface StoredObject {
  readonly _id: string
  readonly instanceId: string
  readonly type: string
  readonly name: string
  readonly code: string | null
  readonly aliases: readonly string[]
  /** What its name and aliases are found by. */
  readonly matchNames: readonly string[]
  readonly matchCode: string | null
  readonly version: number
  readonly createdAt: Date
  readonly changedAt: Date
}

/** The form in which two texts name the same object: case, and spaces at the ends or repeated within, make no difference. */
export function matchKey(text: string): string {
  return fold(text.trim().replaceAll(/\s+/g, ' '))
}

/** The object with what it is found by. */
export function withMatches(object: Omit<StoredObject, 'matchNames' | 'matchCode'>): StoredObject {
  return {
    ...object,
    matchNames: [...new Set([object.name, ...object.aliases].map(matchKey))],
    matchCode: object.code === null ? null : matchKey(object.code),
  }
}

/** `job-title` as people read it. */
export function typeName(type: string): string {
  return type.replaceAll('-', ' ')
}

/** The object as the admin API shows it. @param linkedUsers users whom rules link to it */
export function presentObject(object: StoredObject, linkedUsers: number): AdminAnswer<'readObject'> {
  return {
    id: object._id,
    instanceId: object.instanceId,
    type: object.type,
    name: object.name,
    code: object.code,
    aliases: [...object.aliases],
    linkedUsers,
    version: object.version,
    createdAt: object.createdAt.toISOString(),
    changedAt: object.changedAt.toISOString(),
  }
}
