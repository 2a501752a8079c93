import { describe, expect, test } from 'vitest'
import { type Body, entraUser, http, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { changeSettings } from './settings-of.ts'

const lookup = (instance: TestInstance, filter: string, type = 'Users') =>
  instance.scim('GET', `/${type}?filter=${encodeURIComponent(filter)}`)

async function nativeUser(instance: TestInstance, name: string, fields: Record<string, string> = {}): Promise<Body> {
  const made = await instance.admin('POST', '/users', { userName: instance.unique(name), fields })
  expect(made.status).toBe(201)
  return made.body
}

const seenBy = async (instance: TestInstance, id: string): Promise<Body> =>
  (await instance.admin('GET', `/users/${id}?include=scim`)).body

describe('a native user is picked up by the first contact, whichever comes first (3.1)', () => {
  test.each([
    ['an exact lookup', (_: TestInstance, user: Body) => ['GET', lookupPath(user), undefined]],
    [
      'a .search',
      (_: TestInstance, user: Body) => [
        'POST',
        '/Users/.search',
        { filter: `userName eq "${user.userName}"`, count: 0 + 1 },
      ],
    ],
    ['a PUT', (_: TestInstance, user: Body) => ['PUT', `/Users/${user.id}`, entraUser(user.userName)]],
    [
      'a PATCH',
      (_: TestInstance, user: Body) => [
        'PATCH',
        `/Users/${user.id}`,
        patch({ op: 'Add', path: 'title', value: 'Lead' }),
      ],
    ],
    ['a POST of its name', (_: TestInstance, user: Body) => ['POST', '/Users', entraUser(user.userName)]],
  ] as const)('%s', async (_, request) => {
    const instance = await platform.instance()
    const native = await nativeUser(instance, 'nora@harbour.test', { firstName: 'Nora', nickname: 'N' })
    const [method, path, body] = request(instance, native) as [string, string, unknown]
    const answer = await instance.scim(method, path, body)
    expect(answer.status).toBeLessThan(300)
    await platform.settled()
    const user = await seenBy(instance, native.id)
    expect(user).toMatchObject({ managed: true, scimSyncId: native.id, fields: { nickname: 'N' } })
    const { items } = (await instance.admin('GET', '/pick-ups')).body
    expect(items).toEqual([expect.objectContaining({ id: native.id, type: 'user', undoneAt: null })])
    const history = (await instance.admin('GET', `/change-history?person=${native.id}&limit=200`)).body.items
    expect(history).toContainEqual(
      expect.objectContaining({ kind: 'state', path: 'scimSyncId', old: null, new: native.id }),
    )
  })

  test('a lookup changes nothing else; a list, or any other filter, picks up nobody', async () => {
    const instance = await platform.instance()
    const native = await nativeUser(instance, 'nora@harbour.test', { firstName: 'Nora', scimSyncJobTitle: 'Own' })
    await instance.scim('GET', '/Users')
    await lookup(instance, `userName sw "${native.userName}"`)
    await lookup(instance, `userName eq "${native.userName}" and active eq true`)
    await instance.scim('GET', `/Users/${native.id}`)
    expect((await seenBy(instance, native.id)).managed).toBe(false)
    const before = await seenBy(instance, native.id)
    await lookup(instance, `userName eq "${native.userName}"`)
    const { scimSyncId, managed, version, changedAt, ...after } = await seenBy(instance, native.id)
    expect({ scimSyncId, managed, version }).toEqual({ scimSyncId: native.id, managed: true, version: 2 })
    expect(before).toMatchObject(after)
  })

  test('two lookups at once pick up once', async () => {
    const instance = await platform.instance()
    const native = await nativeUser(instance, 'nora@harbour.test')
    await Promise.all([1, 2, 3, 4].map(() => lookup(instance, `userName eq "${native.userName}"`)))
    await platform.settled()
    const history = (await instance.admin('GET', `/change-history?person=${native.id}&limit=200`)).body.items
    expect(history.filter((entry: Body) => entry.path === 'scimSyncId')).toHaveLength(1)
  })

  test('by another matching attribute, where the instance says so', async () => {
    const instance = await platform.instance()
    await changeSettings(instance, { matchingAttribute: 'emails[type eq "work"].value' })
    const email = instance.unique('nora@mail.test')
    const native = await nativeUser(instance, 'nora', { email })
    await lookup(instance, `userName eq "${native.userName}"`)
    expect((await seenBy(instance, native.id)).managed).toBe(false)
    const found = await until('the setting to reach the ingress', async () => {
      const { body } = await lookup(instance, `emails[type eq "work"].value eq "${email}"`)
      return (await seenBy(instance, native.id)).managed ? body : undefined
    })
    expect(found).toMatchObject({ totalResults: 1, Resources: [{ id: native.id }] })
  })
})

test('a native group is picked up by its display name, with its members (3.1)', async () => {
  const instance = await platform.instance()
  const displayName = instance.unique('Crew')
  const native = (await instance.admin('POST', '/groups', { displayName })).body
  await lookup(instance, `displayName eq "${displayName.toUpperCase()}"`, 'Groups')
  expect((await instance.admin('GET', `/groups/${native.id}`)).body).toMatchObject({ managed: true })
  const other = instance.unique('Deck')
  const posted = (await instance.admin('POST', '/groups', { displayName: other })).body
  const created = await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName: other })
  expect(created).toMatchObject({ status: 201, body: { id: posted.id } })
  const { items } = (await instance.admin('GET', '/pick-ups')).body
  expect(items.map(({ id, type }: Body) => [id, type])).toEqual([
    [native.id, 'group'],
    [posted.id, 'group'],
  ])
})

describe('where nothing is picked up, native ones are not there for SCIM, and say why on POST (3.1)', () => {
  test.each(['off', 'report-only'])('mode %s', async (pickUpMode) => {
    const instance = await platform.instance()
    const native = await nativeUser(instance, 'nora@harbour.test')
    const group = (await instance.admin('POST', '/groups', { displayName: instance.unique('Crew') })).body
    await changeSettings(instance, { pickUpMode })

    expect((await lookup(instance, `userName eq "${native.userName}"`)).body.totalResults).toBe(0)
    expect((await lookup(instance, `userName sw "${native.userName}"`)).body.totalResults).toBe(0)
    expect((await lookup(instance, `displayName eq "${group.displayName}"`, 'Groups')).body.totalResults).toBe(0)
    expect((await instance.scim('GET', '/Users')).body.totalResults).toBe(0)
    expect((await instance.scim('GET', `/Groups/${group.id}`)).status).toBe(404)
    const change = patch({ op: 'Add', path: 'title', value: 'Lead' })
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const body = method === 'PATCH' ? change : undefined
      expect((await instance.scim(method, `/Users/${native.id}`, body)).status).toBe(404)
    }
    const refused = await instance.scim('POST', '/Users', entraUser(native.userName))
    expect(refused).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } })
    expect(refused.body.detail).toContain(pickUpMode === 'off' ? 'switched off' : 'report-only')
    const groupBody = { schemas: [schemas.group], displayName: group.displayName }
    expect((await instance.scim('POST', '/Groups', groupBody)).status).toBe(409)
    expect(await seenBy(instance, native.id)).toMatchObject({ managed: false, version: 1 })
    expect((await instance.admin('GET', '/groups')).body.items).toHaveLength(1)

    await platform.settled()
    const log = (await instance.admin('GET', '/provisioning-log?limit=200')).body.items
    const reported = log.filter((entry: Body) => entry.wouldPickUp === native.id)
    expect(reported.map(({ method }: Body) => method)).toEqual(pickUpMode === 'off' ? [] : ['POST', 'GET'])
  })
})

test('a protected account is invisible, and 409 with the reason on POST (3.1)', async () => {
  const instance = await platform.instance()
  const { items } = (await instance.admin('GET', '/integration-users')).body
  const { userName } = items[0]
  expect((await lookup(instance, `userName eq "${userName}"`)).body.totalResults).toBe(0)
  const refused = await instance.scim('POST', '/Users', entraUser(userName))
  expect(refused).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } })
  expect(refused.body.detail).toContain('protected')
})

test('a readiness report says who would be picked up, created, or clash, and changes nothing (3.1)', async () => {
  const [instance, elsewhere] = await Promise.all([platform.instance(), platform.instance()])
  const native = await nativeUser(instance, 'Nora@harbour.test')
  const moved = await nativeUser(instance, 'ola@old.test')
  const managed = instance.unique('kim@harbour.test')
  await instance.scim('POST', '/Users', entraUser(managed))
  const taken = elsewhere.unique('eli@harbour.test')
  await elsewhere.scim('POST', '/Users', entraUser(taken))
  const crew = (await instance.admin('POST', '/groups', { displayName: instance.unique('Crew') })).body
  const { userName: integration } = (await instance.admin('GET', '/integration-users')).body.items[0]
  const coming = [
    ['user', native.userName.toLowerCase(), 'picked-up'],
    ['user', moved.userName.replace('old.test', 'harbour.test'), 'near-match'],
    ['user', managed, 'clash-here'],
    ['user', taken, 'clash-elsewhere'],
    ['user', integration, 'protected'],
    ['user', instance.unique('new@harbour.test'), 'created'],
    ['group', crew.displayName, 'picked-up'],
    ['group', instance.unique('Deck'), 'created'],
  ]
  const csv = ['type,name', ...coming.map(([type, name]) => `${type},${name}`), 'robot,x'].join('\n')
  const { url, token } = platform.connection().admin
  const begun = await http(`${url}/admin/v1/instances/${instance.id}/pick-up-reports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    body: csv,
  })
  expect(begun).toMatchObject({ status: 202, body: { kind: 'pick-up-report' } })
  const job = await until('the report', async () => {
    const { body } = await instance.admin('GET', `/jobs/${begun.body.id}`)
    return body.endedAt === null ? undefined : body
  })
  expect(job).toMatchObject({ state: 'succeeded', progress: { done: 9, failed: 1 }, result: { reported: 8 } })
  const rows = (await instance.admin('GET', `/jobs/${job.id}/result?limit=200`)).body.items
  expect(rows.map(({ type, name, outcome }: Body) => [type, name, outcome])).toEqual(coming)
  expect(rows[0]).toMatchObject({ accountId: native.id, differsIn: 'case', changedFields: null })
  expect(rows[1]).toMatchObject({ accountId: moved.id, differsIn: 'domain' })
  expect((await seenBy(instance, native.id)).version).toBe(1)
})

function lookupPath(user: Body): string {
  return `/Users?filter=${encodeURIComponent(`userName eq "${user.userName}"`)}&attributes=id`
}
