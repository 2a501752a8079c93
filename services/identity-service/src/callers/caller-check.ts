import type { Mongo } from '@user-provisioning/mongo/connection'
import { apiKeys } from '../api-keys/api-key-document.ts'
import { instances } from '../instances/instance-document.ts'
import { batchedRead } from '../queries/batched-read.ts'
import { users } from '../users/user-document.ts'
import { requireCaller } from './caller.ts'

export interface Caller {
  readonly instanceId: string
  readonly apiKeyId: string
}

/** Checks who asks a query against what is stored, read after the query came. @throws Fault what requireCaller refuses with */
export function callerCheck(mongo: Mongo): (caller: Caller) => Promise<unknown> {
  /** An API key's integration user is for ever the same, so that it is read beside the key from the second time on. */
  const integrationUserOf = new Map<string, string>()

  return batchedRead(async (callers: readonly Caller[]) => {
    const keyIds = callers.map(({ instanceId, apiKeyId: id }) => ({ instanceId, id }))
    const knownUsers = keyIds.flatMap(({ instanceId, id }) => {
      const userId = integrationUserOf.get(id)
      return userId === undefined ? [] : [{ instanceId, id: userId }]
    })
    const read = await mongo.readTogether({
      keys: { definition: apiKeys, keys: keyIds },
      instances: { definition: instances, keys: keyIds.map(({ instanceId: id }) => ({ instanceId: null, id })) },
      integrationUsers: { definition: users, keys: knownUsers },
    })
    const { keys } = read
    const newKeys = keys.filter(({ _id }) => !integrationUserOf.has(_id))
    const newUsers = newKeys.map(({ instanceId, integrationUserId: id }) => ({ instanceId, id }))
    for (const { _id, integrationUserId } of newKeys) integrationUserOf.set(_id, integrationUserId)
    const integrationUsers = [...read.integrationUsers, ...(await mongo.readByIds(users, newUsers))]
    const now = new Date()
    return ({ instanceId, apiKeyId }: Caller) => {
      const apiKey = keys.find((key) => key._id === apiKeyId && key.instanceId === instanceId)
      const integrationUser = integrationUsers.find((user) => user._id === apiKey?.integrationUserId)
      const instance = read.instances.find(({ _id }) => _id === instanceId)
      return requireCaller({ apiKey, integrationUser, instance }, now)
    }
  })
}
