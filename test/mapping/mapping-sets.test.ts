import { describe, expect, test } from 'vitest'
import type { Body, TestInstance } from '../harness/instance.ts'
import { entraUser, patch, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { save, withRow } from './saving.ts'

const codesOf = (answer: { body: Body }) =>
  answer.body.errors?.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)

async function provisioned(instance: TestInstance, more: Record<string, unknown> = {}): Promise<string> {
  const created = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test'), more))
  expect(created.status).toBe(201)
  return created.body.id
}

async function fieldsOf(instance: TestInstance, userId: string): Promise<Body> {
  await platform.settled()
  return (await instance.admin('GET', `/users/${userId}`)).body.fields
}

describe('a mapping set', () => {
  test('begins as the predefined rows, of which those that carry identity are fixed (4.1)', async () => {
    const instance = await platform.instance()
    const { body, headers } = await instance.admin('GET', '/mapping-set')
    expect(headers.get('etag')).toBe('"1"')
    expect(body).toMatchObject({ version: 1, changedAt: null, changedBy: null })
    expect(body.rows.map(({ id, readOnly }: Body) => [id, readOnly])).toEqual([
      ['user-name', true],
      ['active', true],
      ['direct-manager', true],
      ...['display-name', 'email', 'first-name', 'last-name', 'office-phone', 'mobile-phone', 'job-title'].map((id) => [
        id,
        false,
      ]),
    ])
    const [userName, ...others] = body.rows
    const changed = [{ ...userName, source: { path: 'displayName' } }, ...others]
    expect(codesOf(await save(instance, 1, { rows: changed }))).toEqual(['/rows/0 mapping-row-read-only'])
    expect(codesOf(await save(instance, 1, { rows: others }))).toEqual(['/rows mapping-row-read-only'])
    expect((await instance.admin('GET', '/mapping-set')).body.version).toBe(1)
  })

  test('writes standard and custom text fields, each once, and nothing else (4.2)', async () => {
    const instance = await platform.instance()
    const fields = (await instance.admin('GET', '/fields')).body.items
    expect(fields.find(({ name }: Body) => name === 'email')).toMatchObject({ mappable: true, mappedBy: 'email' })
    expect(fields.find(({ name }: Body) => name === 'directManager').mappable).toBe(false)

    const berth = await instance.admin('POST', '/custom-fields', { name: 'berth', label: 'Berth' })
    expect(berth.status).toBe(201)
    expect((await instance.admin('POST', '/custom-fields', { name: 'Berth', label: 'x' })).status).toBe(422)
    expect((await instance.admin('POST', '/custom-fields', { name: 'berTh', label: 'x' })).body.code).toBe('name-taken')
    await instance.admin('POST', '/custom-fields', { name: 'hiredOn', label: 'Hired on', type: 'date' })

    const harbour = 'urn:ietf:params:scim:schemas:extension:Harbour:2.0:User'
    const rows = await withRow(
      instance,
      { source: { path: `${harbour}:berth` }, target: 'berth' },
      { source: { path: `${schemas.enterprise}:department` }, target: 'department' },
    )
    const wrong = [
      ...rows,
      ...['hiredOn', 'berth', 'shoeSize'].map((target) => ({ source: { path: 'title' }, target })),
    ]
    expect(codesOf(await save(instance, 1, { rows: wrong }))).toEqual(
      [12, 13, 14].map((n) => `/rows/${n}/target mapping-target-refused`),
    )
    const saved = await save(instance, 1, { rows, comment: 'Berths' })
    expect([saved.status, saved.headers.get('etag'), saved.body.version]).toEqual([200, '"2"', 2])

    const userId = await provisioned(instance, { schemas: [schemas.user, harbour], [harbour]: { berth: 'B7' } })
    expect(await fieldsOf(instance, userId)).toMatchObject({ berth: 'B7', department: 'R&D' })

    const inUse = await instance.admin('DELETE', '/custom-fields/berth')
    expect([inUse.status, inUse.body.code]).toEqual([409, 'in-use'])
    expect((await instance.admin('PATCH', '/custom-fields/berth', { label: 'Quay' })).body.label).toBe('Quay')
    expect((await instance.admin('DELETE', '/custom-fields/hiredOn')).status).toBe(204)
  })

  test('has versions with author, time and difference; two admins cannot overwrite each other unseen (4.4)', async () => {
    const instance = await platform.instance()
    const rows = await withRow(instance, { id: 'nick', source: { path: 'nickName' }, target: 'nickname' })
    const unnamed = await instance.admin('PUT', '/mapping-set', { rows })
    expect([unnamed.status, unnamed.body.code]).toEqual([428, 'precondition-required'])

    const tried = await instance.admin('PUT', '/mapping-set?dryRun=true', { rows }, { 'if-match': '"1"' })
    expect(tried.body).toMatchObject({ dryRun: true, version: 2, diff: [{ path: 'rows/nick', old: null }] })
    expect((await save(instance, 1, { rows, comment: 'Nicknames' })).status).toBe(200)

    const second = await save(instance, 1, { rows: rows.slice(0, -1) })
    expect(second.status).toBe(412)
    expect(second.body).toMatchObject({ code: 'precondition-failed', currentVersion: 2, changedBy: { type: 'admin' } })
    expect((await save(instance, 2, { rows: rows.slice(0, -2) })).body.version).toBe(3)

    const versions = (await instance.admin('GET', '/mapping-set/versions?limit=2')).body
    expect(versions.items).toMatchObject([
      { version: 3, changedRows: 2, comment: null },
      { version: 2, changedRows: 1, comment: 'Nicknames', changedBy: { type: 'admin' } },
    ])
    const rest = (await instance.admin('GET', `/mapping-set/versions?limit=2&after=${versions.next}`)).body
    expect(rest).toMatchObject({ items: [{ version: 1, changedBy: null }], next: null })
    expect((await instance.admin('GET', '/mapping-set/versions/1/diff?to=2')).body).toMatchObject({
      from: 1,
      to: 2,
      changes: [{ path: 'rows/nick', old: null, new: { target: 'nickname' } }],
    })
    expect((await instance.admin('GET', '/mapping-set/versions/9')).status).toBe(404)

    const restored = await instance.admin('POST', '/mapping-set/versions/2/restore', undefined, { 'if-match': '"3"' })
    expect(restored.body).toMatchObject({
      version: 4,
      rows: expect.arrayContaining([expect.objectContaining({ id: 'nick' })]),
    })
    const defaults = await instance.admin('POST', '/mapping-set/restore-defaults', undefined, { 'if-match': '"4"' })
    expect(defaults.body).toMatchObject({ version: 5 })
    expect((await instance.admin('GET', '/mapping-set/versions/1/diff')).body.changes).toEqual([])

    await platform.settled()
    const history = (await instance.admin('GET', '/change-history?limit=200')).body.items
    const saves = history.filter(({ kind, path }: Body) => kind === 'mapping' && path === 'version')
    expect(saves.map((entry: Body) => entry.new.version)).toEqual([5, 4, 3, 2])
    expect(history).toContainEqual(
      expect.objectContaining({
        kind: 'mapping',
        path: 'rows/nick',
        actor: expect.objectContaining({ type: 'admin' }),
      }),
    )
  })

  test("keeps each admin's draft apart, right or wrong", async () => {
    const instance = await platform.instance()
    expect((await instance.admin('GET', '/mapping-set/draft')).status).toBe(404)
    const draft = { baseVersion: 1, rows: [{ source: { expression: 'user.(' }, target: 'nowhere' }], comment: 'Soon' }
    expect((await instance.admin('PUT', '/mapping-set/draft', draft)).status).toBe(200)
    expect((await instance.admin('GET', '/mapping-set/draft')).body).toMatchObject({ baseVersion: 1, comment: 'Soon' })
    expect((await instance.admin('DELETE', '/mapping-set/draft')).status).toBe(204)
    expect((await instance.admin('GET', '/mapping-set/draft')).status).toBe(404)
  })
})

describe('a row', () => {
  test('may be an expression over the whole user; a wrong one is refused with its place (4.3)', async () => {
    const instance = await platform.instance()
    const wrong = await withRow(instance, { source: { expression: 'user.titel.trim()' }, target: 'office' })
    const refused = await save(instance, 1, { rows: wrong })
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ pointer: '/rows/10/source/expression', code: 'expression-invalid', position: 5 }),
    ])
    const rows = await withRow(instance, {
      source: { expression: 'user.name.familyName.upperAscii() + ", " + coalesce(user.nickName, user.name.givenName)' },
      target: 'office',
    })
    expect((await save(instance, 1, { rows })).status).toBe(200)
    const userId = await provisioned(instance)
    expect(await fieldsOf(instance, userId)).toMatchObject({ office: 'QUIST, Nora' })
  })

  test('whose attribute is cleared clears its field; one that is absent leaves it (3.8)', async () => {
    const instance = await platform.instance()
    const userId = await provisioned(instance)
    expect(await fieldsOf(instance, userId)).toMatchObject({ scimSyncJobTitle: 'Engineer', displayName: 'Nora Quist' })
    await instance.scim('PATCH', `/Users/${userId}`, patch({ op: 'Remove', path: 'title' }))
    expect(await fieldsOf(instance, userId)).toMatchObject({ scimSyncJobTitle: null, displayName: 'Nora Quist' })
    await instance.scim('PUT', `/Users/${userId}`, {
      ...entraUser(instance.unique('nora@harbour.test')),
      displayName: null,
    })
    expect(await fieldsOf(instance, userId)).toMatchObject({ scimSyncJobTitle: 'Engineer', displayName: null })
  })

  test('that is bad never blocks the user: it is stored, the rest is mapped, the error is told (4.6)', async () => {
    const instance = await platform.instance()
    const rows = await withRow(instance, {
      id: 'bad',
      source: { expression: 'user.title.substring(4, 99)' },
      target: 'office',
    })
    await save(instance, 1, { rows })
    const userId = await provisioned(instance, { emails: [{ value: 'a@x.test' }, { value: 'b@x.test' }] })
    expect(await fieldsOf(instance, userId)).toMatchObject({ firstName: 'Nora', email: 'a@x.test' })

    const errors = (await instance.admin('GET', '/mapping-set/row-errors')).body.items
    expect(errors).toEqual([
      expect.objectContaining({
        rowId: 'email',
        userId,
        code: 'source-many-values',
        detail: expect.stringContaining('2'),
      }),
      expect.objectContaining({ rowId: 'bad', userId, target: 'office', code: 'mapping-row-failed' }),
    ])
    const history = (await instance.admin('GET', `/change-history?person=${userId}&limit=200`)).body.items
    expect(history).toContainEqual(expect.objectContaining({ kind: 'mapping', path: 'office' }))

    const log = (await instance.admin('GET', '/provisioning-log')).body.items
    const warned = log.find(({ method }: Body) => method === 'POST').warnings
    expect(warned).toContainEqual(expect.objectContaining({ code: 'mapping-row-failed', path: 'office' }))
    expect(warned).toContainEqual(expect.objectContaining({ code: 'source-many-values', path: 'email' }))
    const { url, token } = platform.connection().admin
    const exported = await fetch(`${url}/admin/v1/instances/${instance.id}/mapping-set/row-errors?format=csv`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect((await exported.text()).split('\r\n').slice(0, 2)).toEqual([
      'rowId,target,userId,userName,code,detail,lastAt',
      expect.stringContaining(`email,email,${userId}`),
    ])

    await instance.scim('PATCH', `/Users/${userId}`, patch({ op: 'Replace', path: 'title', value: 'x'.repeat(120) }))
    expect(await fieldsOf(instance, userId)).toMatchObject({ office: 'x'.repeat(95) })
    const left = (await instance.admin('GET', `/mapping-set/row-errors?userId=${userId}`)).body.items
    expect(left.map(({ rowId }: Body) => rowId)).toEqual(['email'])
  })

  test('says what a native edit of its field comes to, and the user shows it (4.2)', async () => {
    const instance = await platform.instance()
    const rows = await withRow(instance, {
      id: 'nick',
      source: { path: 'nickName' },
      target: 'nickname',
      onNativeEdit: 'until-next-change',
    })
    await save(instance, 1, { rows })
    const userId = await provisioned(instance, { nickName: 'Nor' })
    await platform.settled()
    expect((await instance.admin('GET', `/users/${userId}`)).body.fieldSources).toMatchObject({
      nickname: { rowId: 'nick', setVersion: 2, onNativeEdit: 'until-next-change' },
      firstName: { rowId: 'first-name', setVersion: 2 },
    })
  })
})
