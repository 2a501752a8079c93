import { adminRoutes, allAdminRoutes } from '@user-provisioning/contracts/admin/routes'
import { messageType } from '@user-provisioning/contracts/admin-requests'
import { topics } from '@user-provisioning/contracts/topics'
import { describe, expect, test } from 'vitest'
import {
  acme,
  adminCommand,
  apiKey,
  decided,
  instance,
  integrationUser,
  integrationUserId,
  managed,
  native,
  now,
  refusedWith,
  seen,
} from '../commands/sample-instance.ts'
import { identityJobs } from '../identity-jobs.ts'
import { operations } from '../operations.ts'
import { queries } from '../queries.ts'

const issue = (body: Record<string, string | number> = {}) =>
  adminCommand('IssueApiKey', { entityId: acme, body: { integrationUserId, ...body } })
const revoke = adminCommand('RevokeApiKey', { entityId: acme, parameters: { instanceId: acme, apiKeyId: 'key' } })
const ordinary = native('0199b0f2-7a3e-7c11-8f00-2d3c4b5a6977')
const secondary = { ...apiKey, _id: 'second', slot: 'secondary' as const }

test('every admin route of identity-service has its operation or query, or begins a job', () => {
  const jobs = identityJobs({} as never).flatMap(({ begins = {} }) => Object.keys(begins))
  for (const route of allAdminRoutes.filter(({ owner }) => owner === 'identity-service')) {
    const type = messageType(route.operationId as keyof typeof adminRoutes)
    const names = route.status === 202 ? jobs : Object.keys(route.kind === 'command' ? operations : queries)
    expect(names).toContain(type)
  }
})

test('an answer has the shape that its route promises', () => {
  const uuid = (n: number) => `0199b0f2-7a3e-7c11-8f00-2d3c4b5a697${n}`
  const view = seen({ instances: [{ ...instance, _id: uuid(0) }] })
  const made = (type: 'CreateUser' | 'CreateGroup' | 'CreateIntegrationUser', n: number, body: object) =>
    decided(adminCommand(type, { instanceId: uuid(0), entityId: uuid(n), body: body as never }), view).reply
  const result = (reply: ReturnType<typeof made>) => (reply.outcome === 'admin' ? reply.result : reply)
  adminRoutes.createUser.answer.parse(result(made('CreateUser', 1, { userName: 'u', fields: { email: 'e' } })))
  adminRoutes.createGroup.answer.parse(result(made('CreateGroup', 2, { displayName: 'g' })))
  adminRoutes.createIntegrationUser.answer.parse(result(made('CreateIntegrationUser', 3, { userName: 'i' })))
})

describe('an instance', () => {
  const create = (name: string) => adminCommand('CreateInstance', { instanceId: null, entityId: 'new', body: { name } })

  test('is created under the minted id and told to every replica', () => {
    const { reply, facts, types } = decided(create('Zen'), seen())
    expect(reply).toMatchObject({
      result: { id: 'new', name: 'Zen', label: 'production', state: 'active', version: 1 },
    })
    expect(types).toEqual(['InstanceState', 'InstanceCreated'])
    expect(topics.instances.schema.parse(facts[0])).toMatchObject({ id: 'new' })
    topics.identityFacts.schema.parse(facts[1])
  })

  test('of a name that is taken, in any case, is refused', () => {
    expect(refusedWith(create('ACME'), seen())).toBe('name-taken')
  })

  test('that is not there is not found by an admin', () => {
    const command = adminCommand('CreateGroup', { instanceId: 'nowhere', body: { displayName: 'x' } })
    expect(refusedWith(command, seen())).toBe('not-found')
  })
})

describe('an integration user', () => {
  const create = (userName: string, role?: string) =>
    adminCommand('CreateIntegrationUser', { body: { userName, ...(role === undefined ? {} : { role }) } })

  test('is a protected native user with a role, and holds its name across instances', () => {
    const view = seen()
    const { reply, types } = decided(create('sync@acme.test'), view)
    expect(reply).toMatchObject({ result: { id: 'minted', role: 'lite-admin', state: 'active' } })
    expect(types).toEqual(['IntegrationUserAppointed'])
    expect(view.user(acme, 'minted')).toMatchObject({ protected: true, visible: false, scimSyncId: null })
    expect(view.userName('SYNC@acme.test')).toMatchObject({ userId: 'minted' })
  })

  test('cannot take a name that is taken', () => {
    expect(refusedWith(create('nora@acme.test'), seen({ users: [managed('nora')] }))).toBe('user-name-taken')
  })
})

describe('an API key', () => {
  test('goes into the free slot and is told without any secret', () => {
    const { reply, types, facts } = decided(issue({ label: 'next', expiresInDays: 30 }), seen())
    expect(reply).toMatchObject({
      result: { id: 'minted', slot: 'secondary', state: 'live', expiresAt: '2026-12-02T09:30:00.000Z' },
    })
    expect(types).toEqual(['ApiKeyState', 'ApiKeyIssued'])
    topics.apiKeys.schema.parse(facts[0])
  })

  test('is refused with two live ones; an expired one frees its slot', () => {
    expect(refusedWith(issue(), seen({ apiKeys: [apiKey, secondary] }))).toBe('slots-full')
    const view = seen({ apiKeys: [apiKey, { ...secondary, expiresAt: now }] })
    expect(decided(issue(), view).reply).toMatchObject({ result: { slot: 'secondary' } })
    expect(view.apiKey(acme, 'second')).toMatchObject({ holdsSlot: false })
  })

  test.each([
    ['unknown', '0199b0f2-7a3e-7c11-8f00-2d3c4b5a6979', {}],
    ['an ordinary user', ordinary._id, {}],
    ['without the role', integrationUserId, { role: 'viewer' as const }],
    ['suspended', integrationUserId, { state: 'suspended' as const }],
  ])('is refused for an integration user that is %s', (_, id, more) => {
    const view = seen({ users: [ordinary] })
    view.apply([{ kind: 'user', before: integrationUser, after: { ...integrationUser, ...more } }])
    expect(refusedWith(issue({ integrationUserId: id }), view)).toBe('integration-user-refused')
  })

  test('is revoked once, and its slot is free', () => {
    const view = seen()
    const { reply, types } = decided(revoke, view)
    expect(reply).toMatchObject({ result: { state: 'revoked', revokedAt: now.toISOString() } })
    expect(types).toEqual(['ApiKeyState', 'ApiKeyRevoked'])
    expect(refusedWith(revoke, view)).toBe('state-conflict')
    expect(decided(issue(), view).reply).toMatchObject({ result: { slot: 'primary' } })
  })
})

test("a signing key's public half is stored and told once", () => {
  const key = { kid: 'k1', purpose: 'api-keys' as const, publicKeyPem: 'pem' }
  const at = now.toISOString()
  const register = { type: 'RegisterSigningKey' as const, requestId: 'r', at, deadlineAt: at, key }
  const view = seen()
  expect(decided(register, view).types).toEqual(['SigningKeyState'])
  expect(decided(register, view).isWritten).toBe(false)
})

test("the bootstrap administrator's token is stored by its hash and replaced by the next", () => {
  const view = seen()
  const start = (hash: string) => decided({ type: 'BootstrapAccess', requestId: 'r', hash }, view)
  const first = start('a'.repeat(64))
  expect(topics.accessTokens.schema.parse(first.facts[0])).toMatchObject({
    principal: { name: 'Bootstrap administrator' },
    grants: [
      { instanceId: null, role: 'admin' },
      { instanceId: null, role: 'operator' },
    ],
  })
  expect(start('a'.repeat(64)).isWritten).toBe(false)
  expect(start('b'.repeat(64)).facts[0]).toMatchObject({ version: 2 })
})

test('an admin creates a native user whose SCIM resource follows from its fields', () => {
  const command = adminCommand('CreateUser', {
    body: { userName: 'nora@acme.test', fields: { firstName: 'Nora', email: 'n@acme.test', scimSyncJobTitle: '' } },
  })
  const { reply, types, facts } = decided(command, seen())
  expect(types).toEqual(['UserCreated'])
  expect(reply).toMatchObject({
    result: {
      id: 'minted',
      managed: false,
      fields: { userName: 'nora@acme.test', firstName: 'Nora' },
      fieldSources: { firstName: 'native' },
    },
  })
  expect(facts[0].user.scim).toEqual({
    userName: 'nora@acme.test',
    active: true,
    name: { givenName: 'Nora' },
    emails: [{ type: 'work', value: 'n@acme.test', primary: true }],
  })
})
