import type { AdminAnswer } from '@user-provisioning/contracts/admin-requests'
import { adminPage } from '../queries/admin-page.ts'
import { instanceOf, parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { type PickUpDocument, pickUps } from './pick-up-document.ts'

/** Who was picked up in an instance, and whose pick-up was undone. */
export const listPickUps: Answering<QueryOf<'ListPickUps'>> = async (message, { mongo }) => {
  const { _id: instanceId } = await instanceOf(message, mongo)
  const { from, to, ...page } = parametersOf(message, 'listPickUps')
  const list = ['listPickUps', instanceId, from, to]
  return adminPage(mongo.bound(pickUps, instanceId), pickedUpBetween(from, to), page, list, presentPickUp)
}

/** Picked up at or after `from` and before `to`. */
export function pickedUpBetween(from: string | undefined, to: string | undefined) {
  return {
    pickedUpAt: {
      $gte: from === undefined ? new Date(0) : new Date(from),
      ...(to === undefined ? {} : { $lt: new Date(to) }),
    },
  }
}

function presentPickUp(pickUp: PickUpDocument): AdminAnswer<'listPickUps'>['items'][number] {
  const { _id: id, type, name, pickedUpAt, pickedUpBy, correlationId, undoneAt, undoneBy } = pickUp
  return {
    id,
    type,
    name,
    pickedUpAt: pickedUpAt.toISOString(),
    pickedUpBy,
    correlationId,
    undoneAt: undoneAt?.toISOString() ?? null,
    undoneBy: undoneBy ?? null,
  }
}
