import type { Mongo } from '@user-provisioning/mongo/connection'
import { apiKeys } from '../api-keys/api-key-document.ts'
import { instances } from '../instances/instance-document.ts'
import { users } from '../users/user-document.ts'
import { requireCaller } from './caller.ts'

export interface Caller {
  readonly instanceId: string
  readonly apiKeyId: string
}

interface Check {
  readonly caller: Caller
  readonly resolve: () => void
  readonly reject: (err: unknown) => void
}

/**
 * Checks who asks a query against what is stored, read after the query came. Those that come while a read is under way are
 * checked by the next one, all at once.
 */
export function callerCheck(mongo: Mongo): (caller: Caller) => Promise<void> {
  let waiting: Check[] = []
  let isReading = false

  async function readWhileWaiting(): Promise<void> {
    isReading = true
    while (waiting.length > 0) {
      const checks = waiting
      waiting = []
      try {
        await checkAll(mongo, checks)
      } catch (err) {
        for (const { reject } of checks) reject(err)
      }
    }
    isReading = false
  }

  return (caller) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    waiting.push({ caller, resolve, reject })
    if (!isReading) void readWhileWaiting()
    return promise
  }
}

async function checkAll(mongo: Mongo, checks: readonly Check[]): Promise<void> {
  const instanceIds = [...new Set(checks.map(({ caller }) => caller.instanceId))]
  const [keys, foundInstances] = await Promise.all([
    mongo.readByIds(
      apiKeys,
      checks.map(({ caller }) => ({ instanceId: caller.instanceId, id: caller.apiKeyId })),
    ),
    mongo.global(instances).find({ _id: { $in: instanceIds } }),
  ])
  const integrationUsers = await mongo.readByIds(
    users,
    keys.map(({ instanceId, integrationUserId }) => ({ instanceId, id: integrationUserId })),
  )
  const now = new Date()
  for (const { caller, resolve, reject } of checks) {
    const apiKey = keys.find((key) => key._id === caller.apiKeyId && key.instanceId === caller.instanceId)
    const integrationUser = integrationUsers.find((user) => user._id === apiKey?.integrationUserId)
    const instance = foundInstances.find(({ _id }) => _id === caller.instanceId)
    try {
      requireCaller({ apiKey, integrationUser, instance }, now)
      resolve()
    } catch (err) {
      reject(err)
    }
  }
}
