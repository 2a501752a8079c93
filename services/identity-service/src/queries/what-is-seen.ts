import type { PickUpMode } from '@user-provisioning/contracts/settings'
import type { Query } from '@user-provisioning/mongo/write'
import type { UserDocument } from '../users/user-document.ts'
import type { Reading } from './reading.ts'

/** The query, without native ones where nothing is picked up. */
export function whatIsSeen(query: Query, mode: PickUpMode): Query {
  return mode === 'on' ? query : { $and: [{ scimSyncId: { $ne: null } }, query] }
}

/** Of what was found by its name: what SCIM sees of it, or what the lookup would have picked up in report-only mode. */
export async function seenByName<Account extends Pick<UserDocument, '_id' | 'instanceId' | 'scimSyncId' | 'visible'>>(
  found: Account | undefined,
  { isSeen, pickUpMode }: Reading,
): Promise<{ seen: Account | undefined; wouldPickUp: { wouldPickUp?: string } }> {
  if (found === undefined || (await isSeen(found))) return { seen: found, wouldPickUp: {} }
  const isReported = (await pickUpMode(found.instanceId)) === 'report-only'
  return { seen: undefined, wouldPickUp: isReported ? { wouldPickUp: found._id } : {} }
}
