import { expect, test } from 'vitest'
import { type Body, entraUser, patch, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'

test('a pick-up is undone: the account is native again, nothing else changes, and SCIM does not see it (3.1)', async () => {
  const instance = await platform.instance()
  const userName = instance.unique('nora@harbour.test')
  const native = (await instance.admin('POST', '/users', { userName })).body
  await instance.scim('POST', '/Users', entraUser(userName))
  await platform.settled()
  const managed = (await instance.admin('GET', `/users/${native.id}`)).body

  const dry = await instance.admin('POST', `/users/${native.id}/undo-pick-up?dryRun=true`)
  expect(dry.body).toMatchObject({ dryRun: true, diff: [{ path: 'scimSyncId', old: native.id, new: null }] })
  const undone = await instance.admin('POST', `/users/${native.id}/undo-pick-up`)
  expect(undone).toMatchObject({ status: 200, body: { managed: false, scimSyncId: null } })
  expect(undone.body.fields).toEqual(managed.fields)
  expect(undone.body.links).toEqual(managed.links)
  expect(new Set(Object.values(undone.body.fieldSources))).toEqual(new Set(['native']))

  const filter = encodeURIComponent(`userName eq "${userName}"`)
  expect((await instance.scim('GET', `/Users?filter=${filter}`)).body.totalResults).toBe(0)
  const change = patch({ op: 'Replace', path: 'title', value: 'Boss' })
  expect((await instance.scim('PATCH', `/Users/${native.id}`, change)).status).toBe(404)
  expect((await instance.scim('DELETE', `/Users/${native.id}`)).status).toBe(404)
  const refused = await instance.scim('POST', '/Users', entraUser(userName))
  expect(refused).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } })
  expect(refused.body.detail).toContain('undone')
  expect((await instance.admin('POST', `/users/${native.id}/undo-pick-up`)).body.code).toBe('state-conflict')

  await platform.settled()
  expect((await instance.admin('GET', `/users/${native.id}`)).body).toEqual(undone.body)
  const { items } = (await instance.admin('GET', '/pick-ups')).body
  expect(items).toEqual([
    expect.objectContaining({ id: native.id, undoneBy: expect.objectContaining({ type: 'admin' }) }),
  ])
  const history = (await instance.admin('GET', `/change-history?person=${native.id}&limit=200`)).body.items
  expect(history).toContainEqual(expect.objectContaining({ path: 'scimSyncId', old: native.id, new: null }))
})

test('who was made by the IdP has no pick-up to undo', async () => {
  const instance = await platform.instance()
  const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
  const refused = await instance.admin('POST', `/users/${user.id}/undo-pick-up`)
  expect(refused).toMatchObject({ status: 409, body: { code: 'state-conflict' } })
})

test('an undone group keeps its name and members', async () => {
  const instance = await platform.instance()
  const displayName = instance.unique('Crew')
  const native = (await instance.admin('POST', '/groups', { displayName })).body
  const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
  const members = [{ value: user.id }]
  await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName, members })
  expect((await instance.admin('POST', `/groups/${native.id}/undo-pick-up`)).body).toMatchObject({ managed: false })
  expect((await instance.admin('GET', `/groups/${native.id}`)).body).toMatchObject({ managed: false, memberCount: 1 })
  expect((await instance.scim('GET', `/Groups/${native.id}`)).status).toBe(404)
  expect((await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName })).status).toBe(409)
  expect((await instance.admin('POST', '/groups', { displayName })).body.code).toBe('group-name-taken')
})

test('the pick-ups of a time are undone by one job, which says beforehand whom it would undo', async () => {
  const instance = await platform.instance()
  const names = ['a', 'b', 'c'].map((name) => instance.unique(`${name}@harbour.test`))
  for (const userName of names) await instance.admin('POST', '/users', { userName })
  const pick = (userName: string | undefined) =>
    instance.scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)
  await pick(names[0])
  const { items } = (await instance.admin('GET', '/pick-ups')).body
  await pick(names[1])
  await pick(names[2])
  const range = { from: new Date(Date.parse(items[0].pickedUpAt) + 1).toISOString(), to: '2100-01-01T00:00:00.000Z' }

  const ended = async (path: string): Promise<Body> => {
    const begun = await instance.admin('POST', path, range)
    expect(begun.status).toBe(202)
    return until('the job', async () => {
      const { body } = await instance.admin('GET', `/jobs/${begun.body.id}`)
      return body.endedAt === null ? undefined : body
    })
  }
  const managed = async () => (await instance.admin('GET', '/users?managed=true')).body.items.length
  const dry = await ended('/pick-ups/undo?dryRun=true')
  expect((await instance.admin('GET', `/jobs/${dry.id}/result`)).body.items).toHaveLength(2)
  expect(await managed()).toBe(3)
  expect(await ended('/pick-ups/undo')).toMatchObject({ state: 'succeeded', result: { undone: 2, refused: 0 } })
  expect(await managed()).toBe(1)
})
