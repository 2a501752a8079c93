import { describe, expect, test } from 'vitest'
import { type Body, entraUser, patch } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

describe("a native user is the product's own (3.1)", () => {
  test('its name and fields are edited, and SCIM sees it in step', async () => {
    const instance = await platform.instance()
    const [old, renamed] = [instance.unique('nora@old.test'), instance.unique('nora@harbour.test')]
    const fields = { firstName: 'Nora', scimSyncJobTitle: 'Engineer' }
    const native = (await instance.admin('POST', '/users', { userName: old, fields })).body
    const edited = await instance.admin('PATCH', `/users/${native.id}`, {
      userName: renamed,
      fields: { firstName: 'Eleonora', scimSyncJobTitle: null },
    })
    expect(edited).toMatchObject({ status: 200, body: { userName: renamed, managed: false, version: 2 } })
    const seen = (await instance.scim('GET', `/Users/${native.id}`)).body
    expect(seen).toMatchObject({ userName: renamed, name: { givenName: 'Eleonora' } })
    expect(seen).not.toHaveProperty('title')
    expect((await instance.admin('POST', '/users', { userName: old })).status).toBe(201)

    const unknown = await instance.admin('PATCH', `/users/${native.id}`, { fields: { shoeSize: '42' } })
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ pointer: '/fields/shoeSize' }] } })
    const stale = await instance.admin('PATCH', `/users/${native.id}`, { fields: {} }, { 'if-match': '"1"' })
    expect(stale.status).toBe(412)
    const taken = await instance.admin('PATCH', `/users/${native.id}`, { userName: old.toUpperCase() })
    expect(taken.body.code).toBe('user-name-taken')
  })

  test('it is suspended, reactivated and deleted', async () => {
    const instance = await platform.instance()
    const userName = instance.unique('nora@harbour.test')
    const native = (await instance.admin('POST', '/users', { userName })).body
    const path = `/users/${native.id}`
    expect((await instance.admin('POST', `${path}/suspend`)).body.state).toBe('suspended')
    expect((await instance.scim('GET', `/Users/${native.id}`)).body.active).toBe(false)
    expect((await instance.admin('POST', `${path}/suspend`)).body.code).toBe('state-conflict')
    expect((await instance.admin('POST', `${path}/reactivate`)).body.state).toBe('active')
    expect((await instance.scim('DELETE', `/Users/${native.id}`)).status).toBe(403)
    expect((await instance.admin('DELETE', path)).status).toBe(204)
    expect((await instance.admin('GET', path)).status).toBe(404)
    expect((await instance.admin('POST', '/users', { userName })).status).toBe(201)
  })

  test('an integration user is not edited as if it were one', async () => {
    const instance = await platform.instance()
    const path = `/users/${instance.integrationUserId}`
    for (const [method, verb] of [
      ['DELETE', ''],
      ['POST', '/suspend'],
    ] as const) {
      expect((await instance.admin(method, path + verb)).body.code).toBe('state-conflict')
    }
  })
})

describe("a managed user is the IdP's (4.2)", () => {
  test('what comes from the IdP is refused, what the product alone has is not', async () => {
    const instance = await platform.instance()
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    await platform.settled()
    const path = `/users/${user.id}`
    const refused = await Promise.all([
      instance.admin('PATCH', path, { fields: { firstName: 'Eli' } }),
      instance.admin('PATCH', path, { userName: 'other' }),
      instance.admin('POST', `${path}/suspend`),
      instance.admin('DELETE', path),
    ])
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(refused.map(() => [409, 'managed-by-idp']))
    expect((await instance.admin('PATCH', path, { fields: { nickname: 'N' } })).body.fields.nickname).toBe('N')
    const seen = (await instance.scim('GET', `/Users/${user.id}`)).headers.get('etag')
    expect(seen).toBe('W/"1"')
  })

  test("a field whose row allows it is edited until the IdP's next change, both in the history", async () => {
    const instance = await platform.instance()
    const set = await instance.admin('GET', '/mapping-set')
    const rows = set.body.rows.map((row: Body) =>
      row.target === 'firstName' ? { ...row, onNativeEdit: 'until-next-change' } : row,
    )
    const saved = await instance.admin('PUT', '/mapping-set', { rows }, { 'if-match': set.headers.get('etag') ?? '' })
    expect(saved.status).toBe(200)
    await platform.settled()
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    await platform.settled()
    const edited = await instance.admin('PATCH', `/users/${user.id}`, { fields: { firstName: 'Eli' } })
    expect(edited).toMatchObject({ status: 200, body: { fields: { firstName: 'Eli' } } })
    await platform.settled()
    expect((await instance.admin('GET', `/users/${user.id}`)).body.fields.firstName).toBe('Eli')
    await instance.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Replace', path: 'title', value: 'Lead' }))
    await platform.settled()
    expect((await instance.admin('GET', `/users/${user.id}`)).body.fields.firstName).toBe('Nora')
    const history = (await instance.admin('GET', `/change-history?person=${user.id}&limit=200`)).body.items
    const told = history.filter(({ kind, path }: Body) => kind === 'field' && path === 'firstName')
    expect(told.map(({ old, new: now, actor }: Body) => [old, now, actor.type])).toEqual([
      ['Eli', 'Nora', 'system'],
      ['Nora', 'Eli', 'admin'],
      [null, 'Nora', 'system'],
    ])
  })
})
