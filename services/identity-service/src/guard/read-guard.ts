import { adminReply } from '@user-provisioning/contracts/reply'
import { groups } from '../groups/group-document.ts'
import { memberships } from '../memberships/membership-document.ts'
import { instanceOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { heldChanges } from './guard-document.ts'
import { presentGuard } from './present-guard.ts'
import { readGuardState } from './read-guard-state.ts'

/** So many of the held are looked at for what they have in common. */
const sampleSize = 1_000
/** What most of them have is in common. */
const mostShare = 0.5

/** The guard of an instance: its state and numbers, and what those that it holds have in common. */
export const readGuard: Answering<QueryOf<'ReadGuard'>> = async (message, { mongo }) => {
  const instance = await instanceOf(message, mongo)
  const { _id: instanceId } = instance
  const [seen, sample] = await Promise.all([
    readGuardState(mongo, instance),
    mongo.bound(heldChanges, instanceId).find({}, { sort: { _id: 1 }, limit: sampleSize }),
  ])
  const ids = sample.map(({ _id }) => _id)
  const inGroups =
    ids.length === 0
      ? []
      : await mongo.bound(memberships, instanceId).find({ memberId: { $in: ids }, pending: false }, { limit: 20_000 })
  const groupIds = mostOf(
    inGroups.map(({ groupId }) => groupId),
    ids.length,
  ).map(({ value }) => value)
  const found = await mongo.bound(groups, instanceId).find({ _id: { $in: groupIds }, visible: true })
  const names = new Map(found.map(({ _id, displayName }) => [_id, displayName]))
  const common = [
    ...named(
      'change',
      sample.map(({ change }) => change),
    ),
    ...named(
      'department',
      sample.flatMap(({ department }) => department ?? []),
    ),
    ...named(
      'group',
      inGroups.flatMap(({ groupId }) => names.get(groupId) ?? []),
    ),
  ]
  return adminReply(presentGuard(instance, seen, common))

  function named(what: 'change' | 'department' | 'group', values: readonly string[]) {
    return mostOf(values, ids.length).map(({ value, count }) => ({ what, value, count }))
  }
}

/** The values that at least half of so many have, the most common first. */
function mostOf(values: readonly string[], of: number): { value: string; count: number }[] {
  return [...Map.groupBy(values, (value) => value)]
    .map(([value, { length: count }]) => ({ value, count }))
    .filter(({ count }) => count >= of * mostShare)
    .toSorted((a, b) => b.count - a.count)
}
