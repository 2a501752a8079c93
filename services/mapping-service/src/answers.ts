import type { AdminRequest } from '@user-provisioning/contracts/admin-requests'
import type { Answer } from '@user-provisioning/messaging/answering'

/** Everything that mapping-service is asked, by the type of the request. */
export function mappingAnswers(): Readonly<Record<string, Answer<AdminRequest>>> {
  return {}
}
