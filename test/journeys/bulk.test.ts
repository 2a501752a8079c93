import { describe, expect, test } from 'vitest'
import { type Body, entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

const bulkRequest = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

async function bulk(instance: TestInstance, Operations: object[], more: object = {}): Promise<Body> {
  const answer = await instance.scim('POST', '/Bulk', { schemas: [bulkRequest], Operations, ...more })
  expect(answer.status).toBe(200)
  return answer.body.Operations
}

const createUser = (bulkId: string, userName: string, more: object = {}) => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { ...entraUser(userName), ...more },
})
const createGroup = (bulkId: string, displayName: string, ...members: string[]) => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { schemas: [schemas.group], displayName, members: members.map((value) => ({ value })) },
})
const reportsTo = (value: string) => ({ [schemas.enterprise]: { manager: { value } } })

const statuses = (results: Body): string[] => results.map((result: Body) => result.status)
const idIn = (result: Body): string => result.location.split('/').at(-1)
const memberIds = async (instance: TestInstance, result: Body): Promise<string[]> =>
  ((await instance.scim('GET', `/Groups/${idIn(result)}`)).body.members ?? []).map(({ value }: Body) => value).sort()

describe('a Bulk', () => {
  test('brings in a ship: people, their managers, crews in crews and a circle of them, in any order', async () => {
    const instance = await platform.instance()
    const name = instance.unique
    const results = await bulk(instance, [
      createGroup('ship', name('ship'), 'bulkId:deck', 'bulkId:engine', 'bulkId:master'),
      createGroup('deck', name('deck'), 'bulkId:mate', 'bulkId:engine'),
      createGroup('engine', name('engine'), 'bulkId:chief', 'bulkId:deck'),
      createUser('mate', name('mate@harbour.test'), reportsTo('bulkId:master')),
      createUser('chief', name('chief@harbour.test'), reportsTo('bulkId:master')),
      createUser('master', name('master@harbour.test')),
      { method: 'PATCH', path: '/Users/bulkId:chief', data: patch({ op: 'replace', path: 'title', value: 'Chief' }) },
    ])
    expect(statuses(results)).toEqual(['201', '201', '201', '201', '201', '201', '200'])
    const [ship, deck, engine, mate, chief, master, promoted] = results
    expect(await memberIds(instance, ship)).toEqual([deck, engine, master].map(idIn).sort())
    expect(await memberIds(instance, deck)).toEqual([mate, engine].map(idIn).sort())
    expect(await memberIds(instance, engine)).toEqual([chief, deck].map(idIn).sort())
    expect(promoted.location).toBe(chief.location)
    const read = (await instance.scim('GET', `/Users/${idIn(chief)}`)).body
    expect(read).toMatchObject({ title: 'Chief', meta: { version: promoted.version, location: chief.location } })
    expect((await instance.admin('GET', `/users/${idIn(mate)}`)).body.directManager).toEqual({
      userId: idIn(master),
      pending: null,
    })
    // What closed the circle was linked after it was created: the result has the version that it has now.
    for (const group of [deck, engine]) {
      expect((await instance.scim('GET', `/Groups/${idIn(group)}`)).body.meta.version).toBe(group.version)
    }

    await platform.settled()
    const log: Body[] = (await instance.admin('GET', '/provisioning-log?limit=200')).body.items
    const whole = log.find(({ resource }) => resource === 'Bulk')
    expect(whole).toMatchObject({ method: 'POST', status: 200, outcome: 'success' })
    const parts = log.filter(({ id }) => id.startsWith(`${whole.id}/`))
    expect(parts.map(({ method, resource, status }) => `${method} ${resource} ${status}`).sort()).toEqual([
      'PATCH Groups 204',
      'PATCH Users 200',
      ...Array(3).fill('POST Groups 201'),
      ...Array(3).fill('POST Users 201'),
    ])
    for (const { target, durationMs } of parts) expect([target.id, durationMs]).not.toContain(null)
    // Whatever changed has the request that asked for it: nothing is left for a stand-in.
    const history: Body[] = (await instance.admin('GET', '/change-history?limit=200')).body.items
    const asked = new Set(log.map(({ id }) => id))
    const byIdp = history.filter(({ actor }) => actor.type === 'idp')
    expect(byIdp.length).toBeGreaterThan(20)
    expect(byIdp.filter(({ correlationId }) => !asked.has(correlationId))).toEqual([])
  })

  test('picks up natives, and a reference to one leads to who was picked up', async () => {
    const instance = await platform.instance()
    const userName = instance.unique('nora@harbour.test')
    const { body: native } = await instance.admin('POST', '/users', { userName })
    const { body: team } = await instance.admin('POST', '/groups', { displayName: instance.unique('Team') })
    const results = await bulk(instance, [
      createGroup('team', instance.unique('TEAM'), 'bulkId:nora'),
      createUser('nora', userName),
    ])
    expect(statuses(results)).toEqual(['201', '201'])
    expect(results.map(idIn)).toEqual([team.id, native.id])
    expect(await memberIds(instance, results[0])).toEqual([native.id])
  })

  test('repeated is new requests: creates clash, the rest has the same outcome', async () => {
    const instance = await platform.instance()
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('ann@harbour.test')))
    const operations = [
      createUser('ben', instance.unique('ben@harbour.test')),
      createGroup('crew', instance.unique('crew'), 'bulkId:ben', user.id),
      { method: 'PATCH', path: `/Users/${user.id}`, data: patch({ op: 'replace', path: 'title', value: 'Pilot' }) },
    ]
    expect(statuses(await bulk(instance, operations))).toEqual(['201', '201', '200'])
    const repeated = await bulk(instance, operations)
    expect(statuses(repeated)).toEqual(['409', '409', '200'])
    expect(repeated[0].response).toMatchObject({ schemas: [schemas.error], status: '409', scimType: 'uniqueness' })
    expect(repeated[0]).not.toHaveProperty('location')
    expect(repeated[1].response.detail).toMatch(/bulkId ben failed.*\[bulk-reference-failed [0-9a-f-]+\/1\]$/)
  })

  test('has the limits of the same request by itself for each operation', async () => {
    const instance = await platform.instance()
    const results = await bulk(instance, [
      createUser('fat', instance.unique('fat@harbour.test'), { title: 'x'.repeat(1024 * 1024) }),
      createUser('thin', instance.unique('thin@harbour.test')),
      { method: 'PUT', path: '/Users/not-an-id', data: entraUser(instance.unique('x@harbour.test')) },
      { method: 'GET', path: '/Users' },
    ])
    expect(statuses(results)).toEqual(['413', '201', '404', '400'])
    expect(results[2].location).toBe(`${instance.tenantUrl}/Users/not-an-id`)
  })

  test('of as many operations as are announced is answered whole', async () => {
    const instance = await platform.instance()
    const { maxOperations } = (await instance.scim('GET', '/ServiceProviderConfig')).body.bulk
    const crew = Array.from({ length: maxOperations - 1 }, (_, n) => `u${n}`)
    const results = await bulk(instance, [
      createGroup('all', instance.unique('all'), ...crew.map((bulkId) => `bulkId:${bulkId}`)),
      ...crew.map((bulkId) => createUser(bulkId, instance.unique(`${bulkId}@harbour.test`))),
    ])
    expect(new Set(statuses(results))).toEqual(new Set(['201']))
    expect(await memberIds(instance, results[0])).toEqual(results.slice(1).map(idIn).sort())
  })
})
