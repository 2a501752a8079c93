import { adminPage } from '../queries/admin-page.ts'
import { instanceOf, parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { users } from '../users/user-document.ts'
import { presentIntegrationUser } from './integration-user-presenter.ts'

/** The accounts on whose behalf API keys act. */
export const listIntegrationUsers: Answering<QueryOf<'ListIntegrationUsers'>> = async (message, { mongo }) => {
  const { _id: instanceId } = await instanceOf(message, mongo)
  const filter = { role: { $gt: '' }, state: { $ne: 'deleted' } }
  const page = parametersOf(message, 'listIntegrationUsers')
  const list = ['listIntegrationUsers', instanceId]
  return adminPage(mongo.bound(users, instanceId), filter, page, list, presentIntegrationUser)
}
