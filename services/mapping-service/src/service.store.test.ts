import { setTimeout as wait } from 'node:timers/promises'
import type { MappingFact } from '@user-provisioning/contracts/engine-facts'
import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { entityKey, newId } from '@user-provisioning/contracts/ids'
import type { ProposeFields } from '@user-provisioning/contracts/proposals'
import { topics } from '@user-provisioning/contracts/topics'
import { startStores } from '@user-provisioning/devstack/stores'
import { type Messaging, openMessaging } from '@user-provisioning/messaging/messaging'
import { subscribe } from '@user-provisioning/messaging/subscription'
import { connectMongo, type Mongo } from '@user-provisioning/mongo/connection'
import { createHealth } from '@user-provisioning/runtime/health'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configSchema } from './config.ts'
import { startService } from './service.ts'
import { userCopies } from './users/user-copy-store.ts'

const stack = new AsyncDisposableStack()
const log = createLogger({ service: 'mapping-service', replica: 'test', level: 'error' })
const proposals: (ProposeFields | MappingFact)[] = []
let identity: Messaging
let mongo: Mongo

beforeAll(async () => {
  const stores = stack.use(await startStores({}))
  const config = configSchema.parse({
    MONGODB_URI: stores.mongodbUri,
    MONGODB_DATABASE: `mapping-${newId()}`,
    KAFKA_BROKERS: stores.kafkaBrokers,
    REPLICA_ID: `mapping-${newId()}`,
  })
  const { MONGODB_URI: uri, MONGODB_DATABASE: database, KAFKA_BROKERS: brokers } = config
  mongo = stack.use(await connectMongo({ uri, database, log }))
  stack.defer(async () => void (await mongo.native.dropDatabase()))
  const start = { config, log, stopping: new AbortController().signal, health: createHealth() }
  stack.use(await startService(start))
  identity = stack.use(await openMessaging({ brokers, service: 'identity-service', replica: newId(), log }))
  const hear = async ({ value }: { value: ProposeFields | MappingFact }) => void proposals.push(value)
  const consumer = await identity.consume({
    group: `observer-${newId()}`,
    topics: [
      subscribe({ topic: topics.mappingProposals, order: 'key', handle: hear }),
      subscribe({ topic: topics.mappingFacts, order: 'key', handle: hear }),
    ],
  })
  await consumer.joined()
}, 180_000)

afterAll(() => stack.disposeAsync(), 60_000)

const at = '2026-11-02T09:30:00.000Z'

function fact(userId: string, version: number, more: Partial<UserFact['user']> = {}): UserFact {
  const requestId = `${userId}-${version}`
  return {
    type: 'UserUpdated',
    id: `${requestId}/0`,
    instanceId: `instance-of-${userId}`,
    entityId: userId,
    at,
    actor: { type: 'idp', id: 'k1', name: 'Entra' },
    cause: { type: 'request', id: requestId },
    correlationId: requestId,
    changes: [],
    warnings: [],
    user: {
      id: userId,
      scimSyncId: userId,
      userName: 'nora@harbour.test',
      externalId: null,
      state: 'active',
      scim: { title: `Engineer ${version}`, 'urn:example:Harbour:1.0:User': { 'a.b': '$x' } },
      fields: {},
      directManager: null,
      pendingManager: null,
      links: [],
      version,
      scimVersion: version,
      fieldsVersion: 0,
      createdAt: at,
      changedAt: at,
      ...more,
    },
  }
}

async function announce(...facts: UserFact[]): Promise<void> {
  await Promise.all(
    facts.map((value) =>
      identity.outbox.send(topics.identityFacts, {
        key: entityKey(value.instanceId, value.entityId),
        type: value.type,
        id: value.id,
        value,
      }),
    ),
  )
}

/** What was proposed for a user, once there are so many. */
async function proposedFor(userId: string, count: number) {
  const found = () => proposals.filter((item) => item.type === 'ProposeFields' && item.userId === userId)
  for (const giveUpAt = Date.now() + 20_000; found().length < count; await wait(20)) {
    if (Date.now() > giveUpAt) throw new Error(`${found().length} of ${count} proposals within 20 s`)
  }
  return found() as ProposeFields[]
}

describe('mapping-service', () => {
  test('proposes once for each version of a user, in order, however often and late its facts come', async () => {
    const userId = newId()
    const facts = [1, 2, 3].map((version) => fact(userId, version))
    const [one, two, three] = facts as [UserFact, UserFact, UserFact]
    await announce(one, one, two, three, two, one, three)
    await announce(fact(userId, 4))
    const found = await proposedFor(userId, 4)
    expect(found.map(({ scimVersion }) => scimVersion)).toEqual([1, 2, 3, 4])
    expect(found.map(({ fields }) => fields.scimSyncJobTitle)).toEqual([1, 2, 3, 4].map((n) => `Engineer ${n}`))
    expect(found[0]).toMatchObject({ id: `${one.id}/mapping`, correlationId: one.correlationId })
  })

  test('keeps the last SCIM state as it was sent, and forgets it when the user is deleted', async () => {
    const userId = newId()
    const instanceId = `instance-of-${userId}`
    await announce(fact(userId, 1))
    await proposedFor(userId, 1)
    const copies = mongo.bound(userCopies, instanceId)
    expect(await copies.findOne({ _id: userId })).toMatchObject({ version: 1, scim: fact(userId, 1).user.scim })
    await announce(fact(userId, 2, { state: 'deleted' }))
    for (const giveUpAt = Date.now() + 20_000; ; await wait(20)) {
      const copy = await copies.findOne({ _id: userId })
      if (copy?.deleted) return expect(copy).toMatchObject({ scim: {}, version: 2 })
      if (Date.now() > giveUpAt) throw new Error('not forgotten within 20 s')
    }
  })

  test('remembers what was edited in the product, and does not propose over it', async () => {
    const userId = newId()
    const copies = mongo.bound(userCopies, `instance-of-${userId}`)
    await announce(fact(userId, 1))
    await proposedFor(userId, 1)
    const changes = [{ kind: 'field' as const, path: 'office', old: null, new: 'B7' }]
    const edit = { ...fact(userId, 2, { scimVersion: 1 }), type: 'FieldsChanged' as const, changes }
    await announce(edit)
    for (const giveUpAt = Date.now() + 20_000; ; await wait(20)) {
      const copy = await copies.findOne({ _id: userId })
      if (copy?.version === 2) {
        expect(copy.fields).toMatchObject({ office: 'B7', scimSyncJobTitle: 'Engineer 1' })
        break
      }
      if (Date.now() > giveUpAt) throw new Error('not remembered within 20 s')
    }
    expect(await proposedFor(userId, 1)).toHaveLength(1)
  })

  test('says which rows failed, and proposes the other fields', async () => {
    const userId = newId()
    await announce(fact(userId, 1, { scim: { title: 7, name: { givenName: 'Nora' } } }))
    const [proposal] = await proposedFor(userId, 1)
    expect(proposal?.fields).toMatchObject({ firstName: 'Nora' })
    expect(proposal?.fields).not.toHaveProperty('scimSyncJobTitle')
    const failed = () => proposals.find((item) => item.type === 'RowsFailed' && item.entityId === userId)
    for (const giveUpAt = Date.now() + 20_000; !failed(); await wait(20)) {
      if (Date.now() > giveUpAt) throw new Error('no RowsFailed within 20 s')
    }
    expect(failed()).toMatchObject({ warnings: [expect.objectContaining({ path: 'scimSyncJobTitle' })] })
  })

  test('announces what an earlier run committed and did not announce', async () => {
    const userId = newId()
    await announce(fact(userId, 1))
    await proposedFor(userId, 1)
    // As a crash between commit and announcement leaves it.
    const journal = mongo.native.collection<{ _id: string }>('journal')
    const id = `${userId}-1/0/mapping`
    const value = JSON.stringify({ ...(await proposedFor(userId, 1))[0], id: `${id}-again` })
    const facts = [{ topic: topics.mappingProposals.name, key: `i/${userId}`, type: 'ProposeFields', id, value }]
    await journal.updateOne({ _id: id }, { $set: { facts }, $unset: { announcedAt: 1 } })
    expect((await proposedFor(userId, 2))[1]?.id).toBe(`${id}-again`)
  })
})
