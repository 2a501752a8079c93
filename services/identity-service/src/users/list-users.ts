import { fold } from '@user-provisioning/scim/fold'
import { adminPage } from '../queries/admin-page.ts'
import { instanceOf, parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { users } from './user-document.ts'
import { presentUserSummary } from './user-presenter.ts'

/** The users of an instance, native, managed and protected; deleted ones are not there. */
export const listUsers: Answering<QueryOf<'ListUsers'>> = async (message, { mongo }) => {
  const { _id: instanceId } = await instanceOf(message, mongo)
  const { q, userName, managed, state, ...page } = parametersOf(message, 'listUsers')
  const filter = {
    $and: [
      { state: state ?? { $ne: 'deleted' } },
      ...(managed === undefined ? [] : [{ scimSyncId: managed ? { $ne: null } : null }]),
      ...(userName === undefined ? [] : [{ 'search.userName': fold(userName) }]),
      ...(q === undefined ? [] : [{ 'search.userName': { $regex: `^${RegExp.escape(fold(q))}` } }]),
    ],
  }
  const list = ['listUsers', instanceId, q, userName, managed, state]
  return adminPage(mongo.bound(users, instanceId), filter, page, list, presentUserSummary)
}
