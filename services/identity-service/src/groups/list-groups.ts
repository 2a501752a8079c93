import { fold } from '@user-provisioning/scim/fold'
import { adminPage } from '../queries/admin-page.ts'
import { instanceOf, parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { groups } from './group-document.ts'
import { presentGroupSummary } from './group-presenter.ts'

/** The groups of an instance, native and managed. */
export const listGroups: Answering<QueryOf<'ListGroups'>> = async (message, { mongo }) => {
  const { _id: instanceId } = await instanceOf(message, mongo)
  const { displayName, ...page } = parametersOf(message, 'listGroups')
  const filter = {
    // Those that SCIM does not see, too.
    visible: { $in: [true, false] },
    state: 'active',
    ...(displayName === undefined ? {} : { 'search.displayName': fold(displayName) }),
  }
  const list = ['listGroups', instanceId, displayName]
  return adminPage(mongo.bound(groups, instanceId), filter, page, list, presentGroupSummary)
}
