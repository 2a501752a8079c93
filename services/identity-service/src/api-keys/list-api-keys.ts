import { adminPage } from '../queries/admin-page.ts'
import { instanceOf, parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { apiKeys, presentApiKey } from './api-key-document.ts'

/** The API keys of an instance, revoked and expired ones too. */
export const listApiKeys: Answering<QueryOf<'ListApiKeys'>> = async (message, { mongo }) => {
  const { _id: instanceId } = await instanceOf(message, mongo)
  const now = new Date()
  const page = parametersOf(message, 'listApiKeys')
  return adminPage(mongo.bound(apiKeys, instanceId), {}, page, ['listApiKeys', instanceId], (key) =>
    presentApiKey(key, now),
  )
}
