import { Fault } from '@user-provisioning/contracts/errors'
import type { Answering, QueryOf } from '../queries/query.ts'
import { pageFrom, readMembersOf } from './read-memberships.ts'

/**
 * Goes on with the members of groups where an earlier answer ended.
 * @throws Fault not-found where the first of them is gone by now: what was read of it is not to be taken for the whole
 */
export const readMembers: Answering<QueryOf<'ReadMembers'>> = async (message, reading) => {
  const { instanceId, groups } = message
  const [first] = groups
  const group = first && (await reading.group({ instanceId, id: first.id }))
  if (!group?.visible) throw new Fault('not-found', { type: 'group' })
  const pages = await reading.inLane(message, () => readMembersOf(reading.mongo, instanceId, groups))
  return {
    outcome: 'members',
    groups: groups.map(({ id, after }) => {
      const { members, ...more } = pages.get(id) ?? pageFrom(after)
      return { id, members: [...members], ...more }
    }),
  }
}
