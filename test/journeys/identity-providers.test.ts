import { makeDirectory, type Person } from '@user-provisioning/idp-simulator/directory'
import { type IdentityProviderName, identityProviders, simulate } from '@user-provisioning/idp-simulator/simulate'
import { describe, expect, test } from 'vitest'
import { type Body, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { startSpoilingProxy } from '../harness/spoiling-proxy.ts'

const names = Object.keys(identityProviders) as IdentityProviderName[]

/** A product with four defects that real ones have: it drops, normalises, retypes and makes up. */
function spoil({ addresses: _, ...resource }: Body): Body {
  if (resource.userName === undefined) return resource
  return {
    ...resource,
    userName: resource.userName.toLowerCase(),
    active: String(resource.active),
    profileUrl: 'https://harbour.test',
  }
}

describe.for(names)('two cycles as %s, and one before which nothing changed', (as) => {
  test('end without a failure, read back as sent, nothing sent again, everything found by a new connection', async () => {
    const { tenantUrl, secretToken } = await platform.instance()
    const options = { as, tenantUrl, secretToken, users: 30, groups: 4, concurrency: 8, connectAnew: true }
    const report = await simulate(options)
    expect(report.failures).toEqual([])
    expect(report.differences).toEqual([])
    expect(report.repeatedWrites).toBe(0)
    expect(report.compared).toBeGreaterThan(25)
    expect(report.cycles.find(({ name }) => name === '4 connected anew')?.requests.POST).toBeUndefined()
  })

  test('pick up who is there already, and double nobody', async () => {
    const { tenantUrl, secretToken, admin } = await platform.instance()
    const run = crypto.randomUUID().slice(0, 8)
    const { people, teams } = makeDirectory({ users: 10, groups: 2, seed: 1, run })
    const { userName, surname } = people[0] as Person
    const native = await admin('POST', '/users', { userName: userName.toUpperCase(), fields: { lastName: surname } })
    expect(native.status).toBe(201)
    expect((await admin('POST', '/groups', { displayName: teams[0]?.displayName })).status).toBe(201)
    const report = await simulate({ as, tenantUrl, secretToken, users: 10, groups: 2, concurrency: 4, run })
    expect(report.failures).toEqual([])
    expect(report.differences).toEqual([])
    expect(report.userIds[userName]).toBe(native.body.id)
  })

  test('tell what a product drops, normalises, retypes and makes up', async () => {
    const { tenantUrl, secretToken } = await platform.instance()
    await using proxy = await startSpoilingProxy(tenantUrl, spoil)
    const report = await simulate({ as, tenantUrl: proxy.tenantUrl, secretToken, users: 8, groups: 1, concurrency: 4 })
    const told = new Set(report.differences.map(({ attribute }) => attribute))
    expect([...told]).toEqual(expect.arrayContaining(['addresses', 'userName', 'active', 'profileUrl']))
  })
})

test('Entra sends an attribute again in every cycle when it comes back in another shape', async () => {
  const { tenantUrl, secretToken } = await platform.instance()
  const managerAsText = (resource: Body) => {
    const { manager, ...rest } = resource[schemas.enterprise] ?? {}
    return {
      ...resource,
      title: resource.title?.toUpperCase(),
      [schemas.enterprise]: { ...rest, manager: manager?.value },
    }
  }
  await using proxy = await startSpoilingProxy(tenantUrl, managerAsText)
  const report = await simulate({ tenantUrl: proxy.tenantUrl, secretToken, users: 8, groups: 1, concurrency: 4 })
  expect(report.repeatedWrites).toBeGreaterThan(0)
})
