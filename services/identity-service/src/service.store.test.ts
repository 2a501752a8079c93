import { setTimeout as wait } from 'node:timers/promises'
import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import { entityKey, newId } from '@user-provisioning/contracts/ids'
import type { Reply } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import { startStores } from '@user-provisioning/devstack/stores'
import { openMessaging } from '@user-provisioning/messaging/messaging'
import { subscribe } from '@user-provisioning/messaging/subscription'
import { createHealth } from '@user-provisioning/runtime/health'
import { createLogger } from '@user-provisioning/runtime/logging'
import type { JsonObject } from '@user-provisioning/scim/json'
import { enterpriseUserSchema } from '@user-provisioning/scim/schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configSchema } from './config.ts'
import { startService } from './service.ts'

const stack = new AsyncDisposableStack()
const log = createLogger({ service: 'identity-service', replica: 'test', level: 'warn' })
const facts: IdentityFact[] = []
const hash = 'a'.repeat(64)
let messaging: Awaited<ReturnType<typeof openMessaging>>
let requester: Awaited<ReturnType<typeof messaging.openRequester>>

beforeAll(async () => {
  const stores = stack.use(await startStores({}))
  const environment = {
    MONGODB_URI: stores.mongodbUri,
    MONGODB_DATABASE: `identity-${newId()}`,
    KAFKA_BROKERS: stores.kafkaBrokers,
    REPLICA_ID: `identity-${newId()}`,
    BOOTSTRAP_ACCESS_TOKEN_HASH: hash,
  }
  const health = createHealth()
  const context = { config: configSchema.parse(environment), log, stopping: new AbortController().signal, health }
  const service = stack.use(await startService(context))
  expect(service).toBeDefined()
  const replica = `ingress-${newId()}`
  const brokers = stores.kafkaBrokers.split(',')
  messaging = stack.use(await openMessaging({ brokers, service: 'scim-ingress', replica, log }))
  requester = await messaging.openRequester()
  const hear = async ({ value }: { value: IdentityFact }) => void facts.push(value)
  const consumer = await messaging.consume({
    group: `observer-${newId()}`,
    topics: [subscribe({ topic: topics.identityFacts, order: 'key', handle: hear })],
  })
  await consumer.joined()
}, 180_000)

afterAll(() => stack.disposeAsync(), 60_000)

const envelope = () => {
  const at = new Date()
  return { requestId: newId(), at: at.toISOString(), deadlineAt: new Date(at.getTime() + 20_000).toISOString() }
}

async function command(entity: readonly [string, string?], message: Record<string, unknown>): Promise<Reply> {
  const value = { ...envelope(), ...message }
  const { requestId, type, deadlineAt } = value as unknown as Record<'requestId' | 'type' | 'deadlineAt', string>
  const key = entityKey(...entity)
  return requester.ask(topics.identityRequests, { key, value, type, requestId, deadlineAt: Date.parse(deadlineAt) })
}

async function query(message: Record<string, unknown>): Promise<Reply> {
  const value = { ...envelope(), ...message }
  const { requestId, type, deadlineAt } = value as unknown as Record<'requestId' | 'type' | 'deadlineAt', string>
  const deadline = Date.parse(deadlineAt)
  return requester.ask(topics.identityQueries, { key: null, value, type, requestId, deadlineAt: deadline })
}

const admin = (type: string, instanceId: string | null, more: Record<string, unknown>) => ({
  type,
  instanceId,
  entityId: null,
  actor: { type: 'admin', id: 'bootstrap-administrator', name: 'Bootstrap administrator' },
  fingerprint: null,
  parameters: {},
  query: {},
  body: null,
  ...more,
})

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
function result(reply: Reply): any {
  if (reply.outcome !== 'admin') throw new Error(JSON.stringify(reply))
  return reply.result
}

interface Connector {
  readonly instanceId: string
  readonly apiKeyId: string
}

async function connector(): Promise<Connector> {
  const instanceId = newId()
  const body = { name: `Test ${instanceId}`, label: 'test' }
  result(await command([instanceId], admin('CreateInstance', null, { entityId: instanceId, body })))
  const entityId = newId()
  const account = { userName: `sync.${instanceId}@acme.test`, role: 'lite-admin' }
  result(await command([instanceId, entityId], admin('CreateIntegrationUser', instanceId, { entityId, body: account })))
  const keyBody = { integrationUserId: entityId, label: 'Entra', expiresInDays: 365 }
  const key = await command([instanceId], admin('IssueApiKey', instanceId, { entityId: instanceId, body: keyBody }))
  return { instanceId, apiKeyId: result(key).id }
}

const provision = ({ instanceId, apiKeyId }: Connector, userId: string, scim: JsonObject) =>
  command([instanceId, userId], { type: 'ProvisionUser', instanceId, apiKeyId, userId, scim })

const find = ({ instanceId, apiKeyId }: Connector, filter: string | null, more: Record<string, unknown> = {}) =>
  query({
    type: 'FindUsers',
    instanceId,
    apiKeyId,
    filter,
    startIndex: 1,
    count: 100,
    sortBy: null,
    sortOrder: 'ascending',
    withGroups: true,
    ...more,
  })

async function until(test: () => boolean): Promise<void> {
  for (const giveUpAt = Date.now() + 20_000; !test(); await wait(20)) {
    if (Date.now() > giveUpAt) throw new Error('not within 20 s')
  }
}

const heard = (entityId: string, type: string) => facts.find((fact) => fact.entityId === entityId && fact.type === type)

describe('one user', () => {
  test('goes all the way: created, mapped, linked, read, and each step is told', async () => {
    const own = await connector()
    const { instanceId, apiKeyId } = own
    const userId = newId()
    const userName = `Nora.${userId}@acme.test`
    const scim = { userName, active: true, title: 'Engineer', [enterpriseUserSchema]: { department: 'R&D' } }
    const created = await provision(own, userId, scim)
    expect(created).toMatchObject({ outcome: 'created', resource: { id: userId, scim, scimVersion: 1 } })

    const proposal = { instanceId, userId, at: new Date().toISOString(), correlationId: 'c', warnings: [] }
    const fields = { scimSyncJobTitle: 'Engineer', email: null }
    await messaging.outbox.send(topics.mappingProposals, {
      key: entityKey(instanceId, userId),
      type: 'ProposeFields',
      value: {
        ...proposal,
        type: 'ProposeFields',
        id: `${userId}/mapping`,
        factId: 'f',
        scimVersion: 1,
        mappingSetVersion: 1,
        fields,
        rows: { scimSyncJobTitle: 'job-title' },
      },
    })
    await until(() => heard(userId, 'FieldsChanged') !== undefined)
    const link = { objectType: 'job-title', objectId: newId(), objectName: 'Engineer', ruleId: 'job-title' }
    await messaging.outbox.send(topics.workflowProposals, {
      key: entityKey(instanceId, userId),
      type: 'ProposeLinks',
      value: {
        ...proposal,
        type: 'ProposeLinks',
        id: `${userId}/workflow`,
        factId: 'f',
        fieldsVersion: 2,
        rulesVersion: 1,
        links: [link],
      },
    })
    await until(() => heard(userId, 'LinksChanged') !== undefined)
    expect(heard(userId, 'UserProvisioned')).toMatchObject({ user: { scim, scimSyncId: userId } })

    const asked = admin('ReadUser', instanceId, {
      entityId: userId,
      parameters: { instanceId, userId },
      query: { include: ['scim', 'groups'] },
    })
    expect(result(await query(asked))).toMatchObject({
      userName,
      scim,
      groups: [],
      fields: { userName, scimSyncJobTitle: 'Engineer' },
      links: [{ ...link, rulesVersion: 1 }],
      version: 3,
      fieldsVersion: 2,
    })
    const read = await query({ type: 'ReadScimUser', instanceId, apiKeyId, userId, withGroups: true })
    expect(read).toMatchObject({ outcome: 'read', resource: { id: userId, scim, scimVersion: 1 } })
    for (const filter of [
      `userName eq "${userName.toUpperCase()}"`,
      `title co "engin" and userName sw "nora"`,
      `${enterpriseUserSchema}:department eq "r&d"`,
    ]) {
      expect(await find(own, filter)).toMatchObject({ outcome: 'list', total: 1, resources: [{ id: userId }] })
    }
  })

  test('of a name that is held elsewhere is refused, however many ask at once: one gets it', async () => {
    const connectors = await Promise.all([connector(), connector()])
    const userName = `race.${newId()}@acme.test`
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        provision(connectors[n % 2] as Connector, newId(), { userName, active: true }),
      ),
    )
    expect(replies.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
    expect(new Set(replies.flatMap((reply) => (reply.outcome === 'refused' ? [reply.fault.code] : [])))).toEqual(
      new Set(['user-name-taken', 'user-name-taken-elsewhere']),
    )
  })

  test('that is asked for twice with one request id is created once and answered alike', async () => {
    const own = await connector()
    const userId = newId()
    const requestId = newId()
    const userName = `twice.${userId}@acme.test`
    const message = { type: 'ProvisionUser', ...own, userId, requestId, scim: { userName, active: true } }
    const first = await command([own.instanceId, userId], message)
    expect(await command([own.instanceId, userId], message)).toEqual(first)
    expect(await find(own, null)).toMatchObject({ total: 1 })
  })
})

test('groups: members are added side by side, shown with names, asked for by filter, and gone with the user', async () => {
  const own = await connector()
  const { instanceId, apiKeyId } = own
  const groupId = newId()
  const scim = { displayName: `Team ${groupId}` }
  await command([instanceId, groupId], { type: 'ProvisionGroup', instanceId, apiKeyId, groupId, scim })
  const ids = Array.from({ length: 5 }, () => newId())
  await Promise.all(ids.map((id) => provision(own, id, { userName: `${id}@acme.test`, active: true })))
  const changed = await Promise.all(
    ids.map((value) =>
      command([instanceId, groupId], {
        type: 'PatchGroup',
        instanceId,
        apiKeyId,
        groupId,
        operations: [{ op: 'add', path: 'members', value: [{ value }] }],
      }),
    ),
  )
  expect(new Set(changed.map(({ outcome }) => outcome))).toEqual(new Set(['changed']))
  const [gone = '', asked = ''] = ids
  expect(await command([instanceId, gone], { type: 'DeleteUser', instanceId, apiKeyId, userId: gone })).toEqual({
    outcome: 'deleted',
  })
  const read = await query({ type: 'ReadScimGroup', instanceId, apiKeyId, groupId, withMembers: true })
  expect(read).toMatchObject({ resource: { scimVersion: 7 } })
  const members = read.outcome === 'read' && read.resource.kind === 'group' ? (read.resource.members ?? []) : []
  expect(members.map(({ id }) => id)).toEqual(ids.slice(1).sort())
  expect(members[0]).toMatchObject({ type: 'User', name: `${members[0]?.id}@acme.test` })

  expect(await find(own, `id eq "${asked}" and groups.value eq "${groupId}"`)).toMatchObject({
    total: 1,
    resources: [{ groups: [{ id: groupId, name: scim.displayName, direct: true }] }],
  })
  const probe = await query({
    type: 'FindGroups',
    instanceId,
    apiKeyId,
    filter: `id eq "${groupId}" and members eq "${gone}"`,
    startIndex: 1,
    count: 10,
    sortBy: null,
    sortOrder: 'ascending',
    withMembers: false,
  })
  expect(probe).toMatchObject({ outcome: 'list', total: 0 })
})

test('a revoked key reads and writes nothing from its answer on', async () => {
  const own = await connector()
  const { instanceId, apiKeyId } = own
  const revoke = admin('RevokeApiKey', instanceId, { entityId: instanceId, parameters: { instanceId, apiKeyId } })
  expect(result(await command([instanceId], revoke))).toMatchObject({ state: 'revoked' })
  const refused = { outcome: 'refused', fault: { code: 'token-revoked' } }
  expect(await find(own, null)).toMatchObject(refused)
  expect(await provision(own, newId(), { userName: 'x', active: true })).toMatchObject(refused)
})

test('lists are walked page by page, and a cursor of another list is refused', async () => {
  const { instanceId } = await connector()
  for (let n = 0; n < 5; n++) {
    const entityId = newId()
    const body = { userName: `n${n}.${instanceId}@acme.test`, fields: {} }
    result(await command([instanceId, entityId], admin('CreateUser', instanceId, { entityId, body })))
  }
  const seen: string[] = []
  let after: string | undefined
  do {
    const parameters = { parameters: { instanceId }, query: { limit: 2, ...(after === undefined ? {} : { after }) } }
    const page = result(await query(admin('ListUsers', instanceId, parameters)))
    seen.push(...page.items.map(({ id }: { id: string }) => id))
    after = page.next ?? undefined
  } while (after !== undefined)
  expect(new Set(seen).size).toBe(6)
  expect(seen).toHaveLength(6)
  const other = { parameters: { instanceId }, query: { limit: 2, after: 'bm9uc2Vuc2U' } }
  expect(await query(admin('ListUsers', instanceId, other))).toMatchObject({ fault: { code: 'cursor-invalid' } })
})

test("every replica hears of instances, keys and the bootstrap administrator's token", async () => {
  const { instanceId, apiKeyId } = await connector()
  const key = { kid: newId(), purpose: 'api-keys', publicKeyPem: 'pem' }
  result(await command(['signing-keys', key.kid], { type: 'RegisterSigningKey', key }))
  const [instances, keys, signingKeys, tokens] = await Promise.all([
    messaging.openState(topics.instances),
    messaging.openState(topics.apiKeys),
    messaging.openState(topics.signingKeys),
    messaging.openState(topics.accessTokens),
  ])
  await until(() => signingKeys.get(key.kid) !== undefined)
  expect(instances.get(instanceId)).toMatchObject({ state: 'active' })
  expect(keys.get(apiKeyId)).toMatchObject({ instanceId, revokedAt: null })
  expect(tokens.get('bootstrap-administrator')).toMatchObject({ hash })
})
