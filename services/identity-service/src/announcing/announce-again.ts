import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import type { GroupFactType, IdentityFact, UserFactType } from '@user-provisioning/contracts/identity-facts'
import { entityKey } from '@user-provisioning/contracts/ids'
import { topics } from '@user-provisioning/contracts/topics'
import { beginJob } from '@user-provisioning/jobs/begin-job'
import type { JobKind, RunningJob } from '@user-provisioning/jobs/job-kind'
import type { Outbox } from '@user-provisioning/messaging/outbox'
import type { Mongo } from '@user-provisioning/mongo/connection'
import type { Context, FactAnnouncement, FactOrigin } from '../commands/command.ts'
import { groupFact } from '../groups/group-change.ts'
import { type GroupDocument, groups } from '../groups/group-document.ts'
import { membersFacts } from '../memberships/members-facts.ts'
import { readMembersOf } from '../memberships/read-memberships.ts'
import { userFact } from '../users/user-change.ts'
import { type UserDocument, users } from '../users/user-document.ts'

const declared = { kind: 'announce-again', second: 'refused', partSize: 100, perSecond: 500 } as const

/** Tombstones too: who was away for long has not heard of a deletion. Each list has an index for its order. */
const lists = [
  { of: 'users', visible: true },
  { of: 'users', visible: false },
  { of: 'groups', visible: true },
  { of: 'groups', visible: false },
] as const

/** How far it is: the list, and the last entity of it that was announced. */
interface Place {
  readonly list: number
  readonly after: string
}

/**
 * Announces all users and groups of an instance again, as they are now, marked `repeated`: it fills a new reader of
 * `identity.facts`, repairs one, and brings one that was restored from a backup up to date. The history ignores it.
 * Sent without the journal, by whichever replica runs the job: a fact that its owner announces meanwhile has a higher version,
 * and readers of state keep that one.
 */
export function announceAgainKind(mongo: Mongo, outbox: Pick<Outbox, 'send'>): JobKind<Place> {
  function collectionsOf({ instanceId }: RunningJob<Place>) {
    return [mongo.bound(users, instanceId ?? ''), mongo.bound(groups, instanceId ?? '')] as const
  }

  async function announce({ fact }: FactAnnouncement, id: string): Promise<void> {
    const { instanceId, entityId, type } = fact
    const value: IdentityFact = { ...fact, id, repeated: true }
    await outbox.send(topics.identityFacts, { key: entityKey(instanceId, entityId), type, id, value })
  }

  function announceUser(job: RunningJob<Place>, user: UserDocument): Promise<void> {
    const change = { after: user, changes: [], warnings: [] }
    return announce(userFact(typeOfUser(user), change, contextOf(job), originOf(job)), idOf(job, user))
  }

  /**
   * A group, then all its members. Of one that changes meanwhile it begins anew: whoever has heard of the change ignores what is
   * older, and must not be left with half of the members.
   */
  async function announceGroup(job: RunningJob<Place>, first: GroupDocument): Promise<void> {
    const [ctx, origin] = [contextOf(job), originOf(job)]
    for (let group: GroupDocument | undefined = first; group !== undefined && !job.signal.aborted; ) {
      await announce(groupFact(typeOfGroup(group), group, [], ctx, origin), idOf(job, group))
      let part = 0
      for (let after = group.visible ? '' : undefined; after !== undefined && !job.signal.aborted; ) {
        const pages = await readMembersOf(mongo, group.instanceId, [{ id: group._id, after }])
        const { members: added = [], moreAfter } = pages.get(group._id) ?? {}
        for (const fact of membersFacts(group, { added, removed: [] }, ctx, origin)) {
          await announce(fact, `${idOf(job, group)}/${part++}`)
        }
        after = moreAfter
      }
      const now: GroupDocument | undefined = await mongo.bound(groups, group.instanceId).findOne({ _id: group._id })
      group = now?.version === group.version ? undefined : now
    }
  }

  return {
    ...declared,
    begins: {
      AnnounceAgain(request) {
        const { perSecond } = adminRoutes.announceAgain.body.parse(request.body)
        return beginJob(mongo, request, { kind: declared, perSecond, parameters: {} })
      },
    },

    async total(job) {
      const [ofUsers, ofGroups] = collectionsOf(job)
      const counts = await Promise.all(
        lists.map(({ of, visible }) => (of === 'users' ? ofUsers : ofGroups).count({ visible })),
      )
      return counts.reduce((sum, count) => sum + count, 0)
    },

    async next(job, budget) {
      const place = job.checkpoint ?? { list: 0, after: '' }
      const list = lists[place.list]
      if (list === undefined) return { done: 0, checkpoint: place, isLast: true }
      const page = { sort: { _id: 1 }, limit: budget } as const
      const filter = { visible: list.visible, _id: { $gt: place.after } }
      const [ofUsers, ofGroups] = collectionsOf(job)
      const entities = await (list.of === 'users' ? ofUsers.find(filter, page) : ofGroups.find(filter, page))
      for (const entity of entities) {
        // Whoever holds an API key for an IdP is nobody's colleague: no fact tells of it as of a user.
        if ('userName' in entity) await (entity.role === null ? announceUser(job, entity) : undefined)
        else await announceGroup(job, entity)
      }
      const last = entities.at(-1)
      const isListDone = entities.length < budget
      return {
        done: entities.length,
        checkpoint: isListDone ? { list: place.list + 1, after: '' } : { list: place.list, after: last?._id ?? '' },
        isLast: isListDone && place.list + 1 === lists.length,
      }
    },
  }
}

function contextOf({ id }: RunningJob<Place>): Context {
  return { id, now: new Date(), actor: { type: 'job', id, name: declared.kind }, mintedId: id }
}

function originOf({ correlationId }: RunningJob<Place>): FactOrigin {
  return { cause: 'job', correlationId }
}

/** The same for a part that is done twice. */
function idOf(job: RunningJob<Place>, { _id, version }: UserDocument | GroupDocument): string {
  return `${job.id}/${_id}/${version}`
}

/** The type that says most of how the user came to be as it is: one that the IdP has only picked up keeps its native fields. */
function typeOfUser({ state, scimSyncId, fieldSources }: UserDocument): UserFactType {
  if (state === 'deleted') return 'UserDeleted'
  if (scimSyncId === null) return 'UserCreated'
  return fieldSources.userName === 'native' ? 'UserPickedUp' : 'UserUpdated'
}

function typeOfGroup({ state, scimSyncId }: GroupDocument): GroupFactType {
  if (state === 'deleted') return 'GroupDeleted'
  return scimSyncId === null ? 'GroupCreated' : 'GroupUpdated'
}
