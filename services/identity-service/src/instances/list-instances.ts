import { accessTokens } from '../access-tokens/access-token-document.ts'
import { adminPage } from '../queries/admin-page.ts'
import { parametersOf } from '../queries/admin-query.ts'
import type { Answering, QueryOf } from '../queries/query.ts'
import { instances, presentInstance } from './instance-document.ts'

/** The instances that the caller has a role on. */
export const listInstances: Answering<QueryOf<'ListInstances'>> = async (message, { mongo }) => {
  const tokens = await mongo.global(accessTokens).find({ 'principal.id': message.actor.id })
  const granted = new Set(tokens.flatMap(({ grants }) => grants.map(({ instanceId }) => instanceId)))
  const ids = [...granted].filter((id) => id !== null)
  const filter = granted.has(null) ? {} : { _id: { $in: ids } }
  const page = parametersOf(message, 'listInstances')
  return adminPage(mongo.global(instances), filter, page, ['listInstances', message.actor.id], presentInstance)
}
