import { describe, expect, test } from 'vitest'
import { type Body, entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { changeSettings } from './settings-of.ts'

const active = (value: boolean) => patch({ op: 'Replace', path: 'active', value: value ? 'True' : 'False' })

/** A managed user with a job title that is linked, and a group that it is in. */
async function somebody(instance: TestInstance) {
  await instance.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
  const userName = instance.unique('nora@harbour.test')
  const { body: user } = await instance.scim('POST', '/Users', entraUser(userName))
  const crew = { schemas: [schemas.group], displayName: instance.unique('Crew'), members: [{ value: user.id }] }
  const { body: group } = await instance.scim('POST', '/Groups', crew)
  await platform.settled()
  return { userName, user, group }
}

const seenBy = async (instance: TestInstance, id: string): Promise<Body> =>
  (await instance.admin('GET', `/users/${id}?include=groups`)).body

describe('a leaver', () => {
  test('who is disabled or out of scope is suspended and keeps memberships, links and fields; restored it is the same user (3.4, 3.6)', async () => {
    const instance = await platform.instance()
    const { user, group } = await somebody(instance)
    const before = await seenBy(instance, user.id)
    expect((await instance.scim('PATCH', `/Users/${user.id}`, active(false))).body.active).toBe(false)
    await platform.settled()
    const { fields, links, groups } = before
    expect(await seenBy(instance, user.id)).toMatchObject({ state: 'suspended', fields, links, groups })
    const members = (await instance.scim('GET', `/Groups/${group.id}`)).body.members
    expect(members).toEqual([expect.objectContaining({ value: user.id })])
    await instance.scim('PATCH', `/Users/${user.id}`, active(true))
    await platform.settled()
    expect(await seenBy(instance, user.id)).toMatchObject({ state: 'active', fields, links, groups })
  })

  test('who is deleted is gone, with a name that is free, and a history that stays (3.5)', async () => {
    const instance = await platform.instance()
    const { user, userName, group } = await somebody(instance)
    // Entra: soft-deleted first, for good after 30 days.
    await instance.scim('PATCH', `/Users/${user.id}`, active(false))
    expect((await instance.scim('DELETE', `/Users/${user.id}`)).status).toBe(204)
    expect((await instance.scim('GET', `/Users/${user.id}`)).status).toBe(404)
    expect((await instance.admin('GET', `/users/${user.id}`)).status).toBe(404)
    expect((await instance.scim('GET', `/Groups/${group.id}`)).body.members ?? []).toEqual([])
    expect((await instance.admin('POST', '/users', { userName })).status).toBe(201)
    await platform.settled()
    const history = (await instance.admin('GET', `/change-history?person=${user.id}&limit=200`)).body.items
    expect(history).toContainEqual(expect.objectContaining({ kind: 'state', path: 'state', new: 'deleted' }))
  })
})

describe('a re-hire under the same user name (3.5)', () => {
  test('is a new user with a new id, which has nothing of the old one', async () => {
    const instance = await platform.instance()
    const { user, userName } = await somebody(instance)
    await instance.scim('DELETE', `/Users/${user.id}`)
    const again = await instance.scim('POST', '/Users', entraUser(userName, { title: null }))
    expect(again.status).toBe(201)
    expect(again.body.id).not.toBe(user.id)
    await platform.settled()
    expect(await seenBy(instance, again.body.id)).toMatchObject({ links: [], groups: [] })
  })

  test('revives the old one where the instance says so: its id, links, and the groups that still exist', async () => {
    const instance = await platform.instance()
    const { user, userName, group } = await somebody(instance)
    const gone = { schemas: [schemas.group], displayName: instance.unique('Gone'), members: [{ value: user.id }] }
    const { body: other } = await instance.scim('POST', '/Groups', gone)
    const before = await seenBy(instance, user.id)
    await instance.scim('DELETE', `/Users/${user.id}`)
    await instance.scim('DELETE', `/Groups/${other.id}`)
    await changeSettings(instance, { reHirePolicy: 'revive' })

    const again = await instance.scim('POST', '/Users', entraUser(userName, { displayName: 'Nora Quist-Berg' }))
    expect(again).toMatchObject({ status: 201, body: { id: user.id, active: true } })
    expect(again.headers.get('location')).toBe(`${instance.tenantUrl}/Users/${user.id}`)
    await platform.settled()
    const after = await seenBy(instance, user.id)
    expect(after).toMatchObject({ state: 'active', links: before.links, managed: true })
    expect(after.links).toHaveLength(1)
    expect(after.fields).toEqual({ ...before.fields, displayName: 'Nora Quist-Berg' })
    expect(after.groups).toEqual([{ id: group.id, displayName: group.displayName }])
    const members = (await instance.scim('GET', `/Groups/${group.id}`)).body.members
    expect(members).toEqual([expect.objectContaining({ value: user.id })])
    const history = (await instance.admin('GET', `/change-history?person=${user.id}&limit=200`)).body.items
    expect(history).toContainEqual(expect.objectContaining({ path: 'state', old: 'deleted', new: 'active' }))

    // The fields follow the IdP from here on.
    await instance.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Replace', path: 'displayName', value: 'Nora' }))
    await platform.settled()
    expect((await seenBy(instance, user.id)).fields.displayName).toBe('Nora')
    expect((await instance.scim('POST', '/Users', entraUser(userName))).status).toBe(409)
  })

  test('revives the last who had the name, and nobody while somebody holds it', async () => {
    const instance = await platform.instance()
    const userName = instance.unique('nora@harbour.test')
    const post = async () => (await instance.scim('POST', '/Users', entraUser(userName))).body.id
    const first = await post()
    await instance.scim('DELETE', `/Users/${first}`)
    const second = await post()
    await instance.scim('DELETE', `/Users/${second}`)
    await changeSettings(instance, { reHirePolicy: 'revive' })
    expect(new Set(await Promise.all([post(), post(), post()]))).toEqual(new Set([second, undefined]))
  })
})

test('a cleared attribute clears its field; one that is not sent is left alone, but by PUT (3.8)', async () => {
  const instance = await platform.instance()
  const { user, userName } = await somebody(instance)
  await instance.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Remove', path: 'title' }))
  await platform.settled()
  const cleared = await seenBy(instance, user.id)
  expect(cleared.fields.scimSyncJobTitle).toBeNull()
  expect(cleared.fields).toMatchObject({ firstName: 'Nora', displayName: 'Nora Quist' })
  const { displayName: _, ...body } = entraUser(userName)
  await instance.scim('PUT', `/Users/${user.id}`, body)
  await platform.settled()
  expect((await seenBy(instance, user.id)).fields).toMatchObject({ displayName: null, scimSyncJobTitle: 'Engineer' })
})
