import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import type { MappingSetsKnown } from '../commands/view.ts'
import { type GroupDocument, groups } from '../groups/group-document.ts'
import { readGroupsOf } from '../memberships/read-memberships.ts'
import { type UserDocument, users } from '../users/user-document.ts'
import type { GroupOfUser } from '../users/user-presenter.ts'
import { batchedRead } from './batched-read.ts'
import { clausesOf } from './clauses.ts'

interface IdOf {
  readonly instanceId: string
  readonly id: string
}
interface NameOf {
  readonly instanceId: string
  readonly name: string
}

/** What answers a query: the store, and the point reads that an IdP makes all day, each many at once. */
export interface Reading {
  readonly mongo: Mongo
  readonly mappingSets: MappingSetsKnown
  readonly user: (key: IdOf) => Promise<UserDocument | undefined>
  readonly group: (key: IdOf) => Promise<GroupDocument | undefined>
  /** The visible user of a name. */
  readonly userNamed: (key: NameOf) => Promise<UserDocument | undefined>
  readonly groupNamed: (key: NameOf) => Promise<GroupDocument | undefined>
  readonly groupsOf: (key: IdOf) => Promise<readonly GroupOfUser[]>
  /** Work that may take long, in the lane of its instance. @throws TooLate once nobody waits for it any more */
  readonly inLane: <Result>(query: InLane, work: () => Promise<Result>) => Promise<Result>
}

export interface InLane {
  readonly instanceId: string | null
  readonly deadlineAt: string
}

/** Nobody waits for the answer any more. */
export class TooLate extends Error {
  readonly code = 'deadline-exceeded'
}

/** The point reads over a store. */
export function pointReads(mongo: Mongo): Omit<Reading, 'inLane' | 'mappingSets'> {
  return {
    mongo,
    user: batchedRead(async (keys) => byId(await mongo.readByIds(users, keys))),
    group: batchedRead(async (keys) => byId(await mongo.readByIds(groups, keys))),
    userNamed: batchedRead(async (keys) =>
      byName(await mongo.findInEach(users, named(keys, 'search.userName')), ({ userName }) => userName),
    ),
    groupNamed: batchedRead(async (keys) =>
      byName(await mongo.findInEach(groups, named(keys, 'search.displayName')), ({ displayName }) => displayName),
    ),
    groupsOf: batchedRead(async (keys) => (await readGroupsOf(mongo, keys)) ?? (() => [])),
  }
}

function byId<Doc extends { readonly _id: string; readonly instanceId: string }>(found: readonly Doc[]) {
  const docs = new Map(found.map((doc) => [doc._id, doc]))
  return ({ instanceId, id }: IdOf): Doc | undefined => {
    const doc = docs.get(id)
    return doc?.instanceId === instanceId ? doc : undefined
  }
}

function named(keys: readonly NameOf[], path: string) {
  const folded = keys.map(({ instanceId, name }) => ({ instanceId, id: fold(name) }))
  return clausesOf(path, folded, { visible: true })
}

function byName<Doc extends { readonly instanceId: string }>(found: readonly Doc[], nameOf: (doc: Doc) => string) {
  return ({ instanceId, name }: NameOf) =>
    found.find((doc) => doc.instanceId === instanceId && fold(nameOf(doc)) === fold(name))
}
