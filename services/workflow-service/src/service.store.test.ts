import { setTimeout as wait } from 'node:timers/promises'
import type { WorkflowFact } from '@user-provisioning/contracts/engine-facts'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { entityKey, newId } from '@user-provisioning/contracts/ids'
import type { ProposeLinks } from '@user-provisioning/contracts/proposals'
import type { Reply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import { startStores } from '@user-provisioning/devstack/stores'
import { type Messaging, openMessaging } from '@user-provisioning/messaging/messaging'
import type { Requester } from '@user-provisioning/messaging/requester'
import { subscribe } from '@user-provisioning/messaging/subscription'
import { connectMongo } from '@user-provisioning/mongo/connection'
import { createHealth } from '@user-provisioning/runtime/health'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configSchema } from './config.ts'
import { startService } from './service.ts'

const stack = new AsyncDisposableStack()
const log = createLogger({ service: 'workflow-service', replica: 'test', level: 'error' })
const heard: (ProposeLinks | WorkflowFact)[] = []
let outside: Messaging
let requester: Requester

beforeAll(async () => {
  const stores = stack.use(await startStores({}))
  const config = configSchema.parse({
    MONGODB_URI: stores.mongodbUri,
    MONGODB_DATABASE: `workflow-${newId()}`,
    KAFKA_BROKERS: stores.kafkaBrokers,
    REPLICA_ID: `workflow-${newId()}`,
  })
  const { MONGODB_URI: uri, MONGODB_DATABASE: database, KAFKA_BROKERS: brokers } = config
  const mongo = stack.use(await connectMongo({ uri, database, log }))
  stack.defer(async () => void (await mongo.native.dropDatabase()))
  const start = { config, log, stopping: new AbortController().signal, health: createHealth() }
  stack.use(await startService(start))
  outside = stack.use(await openMessaging({ brokers, service: 'scim-ingress', replica: newId(), log }))
  requester = await outside.openRequester()
  const hear = async ({ value }: { value: ProposeLinks | WorkflowFact }) => void heard.push(value)
  const consumer = await outside.consume({
    group: `observer-${newId()}`,
    topics: [
      subscribe({ topic: topics.workflowProposals, order: 'key', handle: hear }),
      subscribe({ topic: topics.workflowFacts, order: 'key', handle: hear }),
    ],
  })
  await consumer.joined()
}, 180_000)

afterAll(() => stack.disposeAsync(), 60_000)

const at = '2026-11-02T09:30:00.000Z'

async function announce(
  instanceId: string,
  userId: string,
  version: number,
  title: string,
  links: UserFact['user']['links'] = [],
) {
  const id = `${userId}-${version}/0`
  const value: UserFact = {
    type: 'FieldsChanged',
    id,
    instanceId,
    entityId: userId,
    at,
    actor: { type: 'system', id: 'mapping', name: 'Mapping' },
    cause: { type: 'proposal', id: `${userId}-${version}` },
    correlationId: userId,
    changes: [],
    warnings: [],
    user: {
      id: userId,
      scimSyncId: userId,
      userName: 'nora@harbour.test',
      externalId: null,
      state: 'active',
      scim: {},
      fields: { scimSyncJobTitle: title },
      directManager: null,
      pendingManager: null,
      links,
      version,
      scimVersion: 1,
      fieldsVersion: version,
      createdAt: at,
      changedAt: at,
    },
  }
  await outside.outbox.send(topics.identityFacts, { key: entityKey(instanceId, userId), type: value.type, id, value })
}

async function ask(
  type: 'CreateObject' | 'ListObjects' | 'ChangeObject' | 'DeleteObject',
  instanceId: string,
  more: Record<string, unknown>,
): Promise<Reply> {
  const requestId = newId()
  const deadlineAt = Date.now() + 20_000
  const value = {
    type,
    requestId,
    instanceId,
    entityId: newId(),
    actor: { type: 'admin', id: 'a1', name: 'Ada' },
    at: new Date().toISOString(),
    deadlineAt: new Date(deadlineAt).toISOString(),
    fingerprint: null,
    parameters: { instanceId },
    query: {},
    body: null,
    ...more,
  }
  return requester.ask(topics.workflowRequests, { key: instanceId, value, type, requestId, deadlineAt })
}

const create = (instanceId: string, name: string, more: Record<string, unknown> = {}) =>
  ask('CreateObject', instanceId, { body: { type: 'job-title', name }, ...more })

/** What was heard of a user, once `count` runs of the rules were. */
async function runsOf(userId: string, count: number) {
  const runs = () => heard.filter((item) => item.type === 'RulesRan' && item.entityId === userId)
  for (const giveUpAt = Date.now() + 20_000; runs().length < count; await wait(20)) {
    if (Date.now() > giveUpAt) throw new Error(`${runs().length} of ${count} runs within 20 s`)
  }
  const proposals = heard.filter((item) => item.type === 'ProposeLinks' && item.userId === userId)
  return { runs: runs(), proposals: proposals as ProposeLinks[] }
}

describe('workflow-service', () => {
  test('links a user to the object that was created before, once, however often the fact comes', async () => {
    const [instanceId, userId] = [newId(), newId()]
    const reply = await create(instanceId, 'Engineer')
    if (reply.outcome !== 'admin') throw new Error(JSON.stringify(reply))
    for (let n = 0; n < 3; n++) await announce(instanceId, userId, 1, 'ENGINEER')
    await announce(instanceId, userId, 2, 'Pilot')
    const { runs, proposals } = await runsOf(userId, 2)
    expect(proposals.map(({ links }) => links.map(({ objectName }) => objectName))).toEqual([['Engineer'], []])
    expect(runs.map((run) => run.type === 'RulesRan' && run.warnings.map(({ code }) => code))).toEqual([
      [],
      ['object-not-found'],
    ])
  })

  test('of many that create one object at once, in any case, exactly one succeeds', async () => {
    const instanceId = newId()
    const names = ['Pilot', 'PILOT', 'pilot', 'Pilot', 'pIlot', 'piLot']
    const outcomes = (await Promise.all(names.map((name) => create(instanceId, name)))).map((reply) => reply.outcome)
    expect(outcomes.toSorted()).toEqual(['admin', ...Array(5).fill('refused')])
    const list = await ask('ListObjects', instanceId, { query: { limit: 50, name: 'PILOT' } })
    expect(list).toMatchObject({ outcome: 'admin', result: { items: [{ type: 'job-title' }], next: null } })
    expect(await ask('ListObjects', newId(), {})).toMatchObject({ result: { items: [] } })
  })

  test('an object that is renamed takes all its links with it, some users at a time; one that is deleted lets them go', async () => {
    const instanceId = newId()
    const reply = await create(instanceId, 'Stoker')
    if (reply.outcome !== 'admin') throw new Error(JSON.stringify(reply))
    const objectId = (reply.result as { id: string }).id
    const users = Array.from({ length: 450 }, () => newId())
    for (const userId of users) await announce(instanceId, userId, 1, 'Stoker')
    const last = () => {
      const proposals = heard.filter((item) => item.type === 'ProposeLinks' && item.instanceId === instanceId)
      return new Map((proposals as ProposeLinks[]).map(({ userId, links }) => [userId, links[0]?.objectName ?? null]))
    }
    const untilAll = async (name: string | null) => {
      const isDone = () => users.every((userId) => last().get(userId) === name)
      for (const giveUpAt = Date.now() + 20_000; !isDone(); await wait(50)) {
        if (Date.now() > giveUpAt) throw new Error(`not all users have ${name} within 20 s`)
      }
    }
    await untilAll('Stoker')
    const named = { entityId: objectId, parameters: { instanceId, objectId } }
    await ask('ChangeObject', instanceId, { ...named, body: { name: 'Fireman' } })
    await untilAll('Fireman')
    const refused = await ask('DeleteObject', instanceId, { ...named, query: {} })
    expect(refused).toMatchObject({ fault: { code: 'in-use', slots: { users: '450 users' } } })
    await ask('DeleteObject', instanceId, { ...named, query: { unlink: true } })
    await untilAll(null)
    const proposals = heard.filter((item) => item.type === 'ProposeLinks' && item.instanceId === instanceId)
    expect(new Set(proposals.map(({ id }) => id)).size).toBe(3 * users.length)
  })

  test('a repeated request has the answer that it had; another under the same key is refused', async () => {
    const instanceId = newId()
    const repeated = { requestId: newId(), fingerprint: 'f1', entityId: newId() }
    const send = (more: Record<string, unknown>) => {
      const deadlineAt = Date.now() + 20_000
      const value = {
        type: 'CreateObject',
        instanceId,
        actor: { type: 'admin', id: 'a1', name: 'Ada' },
        at,
        deadlineAt: new Date(deadlineAt).toISOString(),
        parameters: { instanceId },
        query: {},
        body: { type: 'job-title', name: 'Diver' },
        ...repeated,
        ...more,
      }
      const { requestId } = repeated
      return requester.ask(topics.workflowRequests, { key: instanceId, value, type: value.type, requestId, deadlineAt })
    }
    const first = await send({})
    expect(first).toMatchObject({ outcome: 'admin', result: { name: 'Diver', id: repeated.entityId } })
    expect(await send({})).toEqual(first)
    expect(await send({ fingerprint: 'f2' })).toMatchObject({ fault: { code: 'idempotency-key-reused' } })
  })

  test('refuses a cursor that is not of the list', async () => {
    const reply = await ask('ListObjects', newId(), { query: { limit: 50, after: 'x' } })
    expect(reply).toMatchObject({ outcome: 'refused', fault: { code: 'cursor-invalid' } })
  })
})
