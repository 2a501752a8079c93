import type { PickUpMode } from '@user-provisioning/contracts/settings'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { fold } from '@user-provisioning/scim/fold'
import type { MappingSetsKnown } from '../commands/view.ts'
import { type GroupDocument, groups } from '../groups/group-document.ts'
import { instances } from '../instances/instance-document.ts'
import { readGroupsOf } from '../memberships/read-memberships.ts'
import { settingsOf } from '../settings/settings.ts'
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
  /** Whether SCIM sees what was found: where nothing is picked up, native ones are not there. Asks no more of managed ones. */
  readonly isSeen: (found: Account) => Promise<boolean>
  readonly pickUpMode: (instanceId: string) => Promise<PickUpMode>
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

/** A user or group as far as SCIM sees it. */
type Account = Pick<UserDocument, 'instanceId' | 'scimSyncId' | 'visible'>

/** The point reads over a store. */
export function pointReads(mongo: Mongo): Omit<Reading, 'inLane' | 'mappingSets'> {
  const pickUpMode = batchedRead(async (ids: readonly string[]) => {
    const found = await mongo.global(instances).find({ _id: { $in: [...new Set(ids)] } })
    const modes = new Map(found.map((instance) => [instance._id, settingsOf(instance).pickUpMode]))
    return (id: string) => modes.get(id) ?? 'on'
  })
  return {
    mongo,
    pickUpMode,
    isSeen: async ({ instanceId, scimSyncId, visible }) =>
      visible && (scimSyncId !== null || (await pickUpMode(instanceId)) === 'on'),
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
