import { adminPage } from '../queries/admin-page.ts'
import { instanceOf, parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { type HeldDocument, heldChanges } from './guard-document.ts'
import { chosenHeld } from './held-filter.ts'

/** The changes that the guard holds, in the order of the users' ids. */
export const listHeld: Answering<QueryOf<'ListHeld'>> = async (message, { mongo }) => {
  const { _id: instanceId } = await instanceOf(message, mongo)
  const { change, ...page } = parametersOf(message, 'listHeld')
  const list = ['listHeld', instanceId, change]
  return adminPage(mongo.bound(heldChanges, instanceId), chosenHeld({ change }), page, list, presentHeld)
}

function presentHeld({ _id, userName, change, department, heldAt, requestId }: HeldDocument) {
  return { userId: _id, userName, change, department, heldAt: heldAt.toISOString(), correlationId: requestId }
}
