import { describe, expect, test } from 'vitest'
import { entraUser, patch, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

describe('a hire', () => {
  test('from POST to fields, job title link and history', async () => {
    const instance = await platform.instance()
    const jobTitle = await instance.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
    expect(jobTitle.status).toBe(201)
    const userName = instance.unique('nora@harbour.test')

    const created = await instance.scim('POST', '/Users', entraUser(userName))
    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe(`${instance.tenantUrl}/Users/${created.body.id}`)
    await platform.settled()

    const user = (await instance.admin('GET', `/users/${created.body.id}`)).body
    expect(user).toMatchObject({ userName, state: 'active', managed: true, scimSyncId: created.body.id })
    expect(user.fields).toMatchObject({
      displayName: 'Nora Quist',
      email: userName,
      firstName: 'Nora',
      lastName: 'Quist',
      officePhone: '+47 22 00 00 01',
      mobilePhone: '+47 900 00 001',
      scimSyncJobTitle: 'Engineer',
    })
    expect(user.links).toEqual([
      expect.objectContaining({ objectType: 'job-title', objectId: jobTitle.body.id, objectName: 'Engineer' }),
    ])

    const log = (await instance.admin('GET', `/provisioning-log?person=${encodeURIComponent(userName)}`)).body.items
    expect(log).toHaveLength(1)
    expect(log[0]).toMatchObject({ method: 'POST', resource: 'Users', status: 201, outcome: 'success' })

    const history = (await instance.admin('GET', `/change-history?person=${created.body.id}&limit=200`)).body.items
    const changed = history.map((entry: { kind: string; path: string }) => `${entry.kind} ${entry.path}`)
    expect(new Set(changed).size).toBe(changed.length)
    expect(changed).toEqual(expect.arrayContaining(['field scimSyncJobTitle', 'field firstName', 'link job-title']))
    expect(new Set(history.map((entry: { correlationId: string }) => entry.correlationId))).toEqual(
      new Set([created.headers.get('correlation-id')]),
    )
  })

  test('a new job title is a new field value, a new link, and one history entry of each', async () => {
    const instance = await platform.instance()
    await instance.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
    const lead = (await instance.admin('POST', '/objects', { type: 'job-title', name: 'Team Lead' })).body
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    await platform.settled()

    const changed = await instance.scim(
      'PATCH',
      `/Users/${user.id}`,
      patch({ op: 'Replace', path: 'title', value: 'team lead' }),
    )
    expect(changed.status).toBe(200)
    expect(changed.body.title).toBe('team lead')
    await platform.settled()

    const after = (await instance.admin('GET', `/users/${user.id}`)).body
    expect(after.fields.scimSyncJobTitle).toBe('team lead')
    expect(after.links).toEqual([expect.objectContaining({ objectId: lead.id })])
    const history = (await instance.admin('GET', `/change-history?person=${user.id}&limit=200`)).body.items
    const entries = history.filter(
      (entry: { correlationId: string }) => entry.correlationId === changed.headers.get('correlation-id'),
    )
    expect(entries.map((entry: { kind: string; path: string }) => `${entry.kind} ${entry.path}`).sort()).toEqual([
      'attribute title',
      'field scimSyncJobTitle',
      'link job-title',
    ])
  })

  test('a job title that is no object is reported and links nothing', async () => {
    const instance = await platform.instance()
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    await platform.settled()
    const after = (await instance.admin('GET', `/users/${user.id}`)).body
    expect(after.fields.scimSyncJobTitle).toBe('Engineer')
    expect(after.links).toEqual([])
  })
})

describe('a leaver', () => {
  test('a suspended user keeps fields and links and is still found; active again is the same user', async () => {
    const instance = await platform.instance()
    await instance.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
    const userName = instance.unique('nora@harbour.test')
    const { body: user } = await instance.scim('POST', '/Users', entraUser(userName))
    await platform.settled()
    await instance.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Replace', path: 'active', value: 'False' }))
    await platform.settled()
    const suspended = (await instance.admin('GET', `/users/${user.id}`)).body
    expect(suspended).toMatchObject({ state: 'suspended' })
    expect(suspended.links).toHaveLength(1)
    const found = await instance.scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`)
    expect(found.body.Resources[0]).toMatchObject({ id: user.id, active: false })
    const again = await instance.scim(
      'PATCH',
      `/Users/${user.id}`,
      patch({ op: 'Replace', path: 'active', value: 'True' }),
    )
    expect(again.body.active).toBe(true)
  })

  test('a deleted user is gone, its history stays, its user name is free for a new one', async () => {
    const instance = await platform.instance()
    const userName = instance.unique('nora@harbour.test')
    const { body: user } = await instance.scim('POST', '/Users', entraUser(userName))
    expect((await instance.scim('DELETE', `/Users/${user.id}`)).status).toBe(204)
    expect((await instance.scim('GET', `/Users/${user.id}`)).status).toBe(404)
    expect((await instance.scim('DELETE', `/Users/${user.id}`)).status).toBe(404)
    const again = await instance.scim('POST', '/Users', entraUser(userName))
    expect(again.status).toBe(201)
    expect(again.body.id).not.toBe(user.id)
    await platform.settled()
    const history = (await instance.admin('GET', `/change-history?person=${user.id}&limit=200`)).body.items
    expect(
      history.some((entry: { kind: string; new: unknown }) => entry.kind === 'state' && entry.new === 'deleted'),
    ).toBe(true)
  })
})

describe('pick-up', () => {
  test('a native user looked up by user name is managed from then on, and never doubled', async () => {
    const instance = await platform.instance()
    const userName = instance.unique('Nora@Harbour.test')
    const native = (await instance.admin('POST', '/users', { userName, fields: { firstName: 'Nora' } })).body
    expect(native).toMatchObject({ managed: false, scimSyncId: null })
    const filter = encodeURIComponent(`userName eq "${userName.toLowerCase()}"`)
    const found = await instance.scim('GET', `/Users?filter=${filter}`)
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id: native.id }] })
    await platform.settled()
    expect((await instance.admin('GET', `/users/${native.id}`)).body).toMatchObject({
      managed: true,
      scimSyncId: native.id,
    })
    expect((await instance.scim('POST', '/Users', entraUser(userName))).status).toBe(409)
    expect((await instance.scim('GET', `/Users?filter=${filter}`)).body.totalResults).toBe(1)
  })

  test("a POST of a native's name picks it up and answers 201 with the native's id", async () => {
    const instance = await platform.instance()
    const userName = instance.unique('nora@harbour.test')
    const native = (await instance.admin('POST', '/users', { userName })).body
    const created = await instance.scim('POST', '/Users', entraUser(userName))
    expect(created.status).toBe(201)
    expect(created.body.id).toBe(native.id)
    await platform.settled()
    const user = (await instance.admin('GET', `/users/${native.id}`)).body
    expect(user).toMatchObject({ managed: true })
    expect(user.fields.scimSyncJobTitle).toBe('Engineer')
  })
})

describe('two instances', () => {
  test('never see each other', async () => {
    const [one, other] = await Promise.all([platform.instance(), platform.instance()])
    const { body: user } = await one.scim('POST', '/Users', entraUser(one.unique('nora@harbour.test')))
    expect((await other.scim('GET', `/Users/${user.id}`)).status).toBe(404)
    expect((await other.scim('DELETE', `/Users/${user.id}`)).status).toBe(404)
    expect(
      (await other.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Replace', path: 'title', value: 'x' }))).status,
    ).toBe(404)
    expect(
      (await other.scim('GET', '/Users')).body.Resources.map((resource: { id: string }) => resource.id),
    ).not.toContain(user.id)
    expect((await other.admin('GET', `/users/${user.id}`)).status).toBe(404)
  })

  test('a key on the URL of another instance is refused with 403, an unknown instance alike', async () => {
    const [one, other] = await Promise.all([platform.instance(), platform.instance()])
    const refused = async (tenantUrl: string) =>
      (await fetch(`${tenantUrl}/Users`, { headers: { authorization: `Bearer ${one.secretToken}` } })).json()
    const foreign = (await refused(other.tenantUrl)) as { detail: string; status: string }
    const unknown = (await refused(other.tenantUrl.replace(other.id, crypto.randomUUID()))) as {
      detail: string
      status: string
    }
    expect(foreign.status).toBe('403')
    expect(unknown.status).toBe('403')
    const sentence = (detail: string) => detail.replace(/\[.*\]$/, '')
    expect(sentence(unknown.detail)).toBe(sentence(foreign.detail))
  })

  test('the same user name in a second instance is 409, says so, and is in the provisioning log', async () => {
    const [one, other] = await Promise.all([platform.instance(), platform.instance()])
    const userName = one.unique('nora@harbour.test')
    await one.scim('POST', '/Users', entraUser(userName))
    const clash = await other.scim('POST', '/Users', entraUser(userName.toUpperCase()))
    expect(clash.status).toBe(409)
    expect(clash.body).toMatchObject({ schemas: [schemas.error], status: '409', scimType: 'uniqueness' })
    expect(clash.body.detail).toContain('another instance')
    expect(clash.body.detail).not.toContain(one.id)
    await platform.settled()
    const log = (await other.admin('GET', '/provisioning-log')).body.items
    expect(log[0]).toMatchObject({ status: 409, code: 'user-name-taken-elsewhere', outcome: 'refused' })
  })
})
