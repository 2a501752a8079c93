import type { GroupFact } from '@user-provisioning/contracts/identity-facts'
import type { Decision } from '@user-provisioning/mongo/committer'
import type { ObjectBook } from '../objects/object-book.ts'
import { copyOfGroup, type GroupCopy, writeGroupCopy } from './group-copy-store.ts'

/** Keeps what a group fact says. Its reply is `other` where users who were made members by rules are to be looked at again. */
export function noteGroup({ instanceId, group }: GroupFact, book: ObjectBook, now: Date): Decision {
  const before = book.group(group.id)
  if (before && (before.version >= group.version || before.deletedAt !== null)) return { reply: null }
  const after = copyOfGroup(instanceId, group, now)
  book.putGroup(after)
  return {
    writes: [writeGroupCopy(before, after)],
    announcements: [],
    reply: before && isOther(before, after) ? 'other' : null,
  }
}

function isOther(before: GroupCopy, after: GroupCopy): boolean {
  return before.name !== after.name || before.managed !== after.managed || after.deletedAt !== null
}
