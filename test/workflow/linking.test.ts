import { describe, expect, test } from 'vitest'
import { entraUser, patch, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { addObject, addRule, addUsers, body, linksOf, ruleEntries } from './rules.ts'

describe('a rule (5.1)', () => {
  test('links by name or code, under its condition, to what the instance declares, and does as told where none matches', async () => {
    const instance = await platform.instance()
    body(await instance.admin('POST', '/object-types', { name: 'site', label: 'Site' }), 201)
    const oslo = await addObject(instance, 'site', 'Oslo Harbour', 'OSL')
    await addObject(instance, 'department', 'Sales')
    await addRule(instance, { field: 'site', objectType: 'site', matchBy: 'code', ifNone: 'create' })
    await addRule(instance, {
      field: 'department',
      objectType: 'department',
      condition: 'after.fields.country == "NO" && before.fields.department != after.fields.department',
      ifNone: 'report',
    })
    await addRule(instance, { field: 'exact', objectType: 'department', ignoreCase: false, ifNone: 'clear' })
    const [nora, elin, ola] = await addUsers(instance, [
      { site: 'osl', department: '  SALES ', country: 'NO', exact: 'sales' },
      { site: 'BGO', department: 'Sales', country: 'SE', exact: 'Sales' },
      { department: 'Diving', country: 'NO' },
    ])
    await platform.settled()
    expect(await linksOf(instance, nora.id)).toEqual({ site: ['Oslo Harbour'], department: ['Sales'] })
    expect(await linksOf(instance, elin.id)).toEqual({ site: ['BGO'], department: ['Sales'] })
    expect(await linksOf(instance, ola.id)).toEqual({})
    expect((await ruleEntries(instance, ola.id)).map(({ new: told }) => told.code)).toEqual(['object-not-found'])

    const sites = body(await instance.admin('GET', '/objects?type=site')).items
    expect(sites).toMatchObject([
      { id: oslo.id, code: 'OSL', linkedUsers: 1 },
      { name: 'BGO', code: 'BGO', linkedUsers: 1 },
    ])
  })

  test('of the IdP: department and job title follow a PATCH, and go with the attribute', async () => {
    const instance = await platform.instance()
    await addObject(instance, 'job-title', 'Engineer')
    await addObject(instance, 'job-title', 'Pilot')
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    await platform.settled()
    expect(await linksOf(instance, user.id)).toEqual({ 'job-title': ['Engineer'] })
    await instance.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Replace', path: 'title', value: 'pilot' }))
    await platform.settled()
    expect(await linksOf(instance, user.id)).toEqual({ 'job-title': ['Pilot'] })
    await instance.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Remove', path: 'title' }))
    await platform.settled()
    expect(await linksOf(instance, user.id)).toEqual({})
  })
})

describe('rules for user groups (5.2)', () => {
  test("make users members of native groups, take them out again, and leave an IdP's own groups alone", async () => {
    const instance = await platform.instance()
    const crew = body(await instance.admin('POST', '/groups', { displayName: 'Crew' }), 201)
    const office = body(await instance.admin('POST', '/groups', { displayName: 'Office' }), 201)
    const synced = await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName: 'Pilots' })
    expect(synced.status).toBe(201)
    // The default rule's field is what a SCIM title becomes: the same value names a group, too.
    await addRule(instance, { field: 'scimSyncJobTitle', objectType: 'user-group', ifNone: 'clear' })
    await platform.settled()
    const make = async (n: number, title: string) =>
      body(await instance.scim('POST', '/Users', entraUser(instance.unique(`p${n}@harbour.test`), { title })), 201)
    const users = await Promise.all([make(1, 'crew'), make(2, 'CREW'), make(3, 'Office'), make(4, 'Pilots')])
    await platform.settled()
    const count = async (id: string) => body(await instance.admin('GET', `/groups/${id}`)).memberCount
    expect([await count(crew.id), await count(office.id), await count(synced.body.id)]).toEqual([2, 1, 0])
    expect((await ruleEntries(instance, users[3]?.id)).map(({ new: told }) => told.code)).toContain('managed-by-idp')
    expect(await linksOf(instance, users[0].id)).toEqual({ 'user-group': ['Crew'] })

    await instance.scim('PATCH', `/Users/${users[0].id}`, patch({ op: 'Replace', path: 'title', value: 'Office' }))
    await platform.settled()
    expect([await count(crew.id), await count(office.id)]).toEqual([1, 2])
    const history = body(await instance.admin('GET', `/change-history?person=${users[0].id}&limit=200`)).items
    const memberships = history.filter((entry: { kind: string }) => entry.kind === 'membership')
    expect(memberships.map((entry: { actor: { type: string } }) => entry.actor.type)).toEqual(['rule', 'rule', 'rule'])
  })
})

describe('rules as a document (5.1)', () => {
  test('each save is a version with author, time and difference; two admins cannot overwrite each other unseen', async () => {
    const instance = await platform.instance()
    const first = await instance.admin('GET', '/workflow-rules')
    expect(first.body).toMatchObject({ version: 1, items: [{ id: 'job-title', ifNone: 'report', position: 1 }] })
    const rule = await addRule(instance, { field: 'team', objectType: 'department', position: 1 })
    expect(rule).toMatchObject({ position: 1, version: 2, state: 'active' })
    const path = `/workflow-rules/${rule.id}`
    const change = { field: 'team', objectType: 'department', ifNone: 'keep' }
    expect((await instance.admin('PUT', path, change)).status).toBe(428)
    const stale = await instance.admin('PUT', path, change, { 'if-match': '"1"' })
    expect(stale.status).toBe(412)
    expect(stale.body).toMatchObject({ currentVersion: 2, changedBy: { type: 'admin' } })
    const put = await instance.admin('PUT', path, change, { 'if-match': '"2"' })
    expect([put.status, put.headers.get('etag'), put.body.ifNone]).toEqual([200, '"3"', 'keep'])
    expect((await instance.admin('DELETE', path, undefined, { 'if-match': '"3"' })).status).toBe(204)

    const versions = body(await instance.admin('GET', '/workflow-rules/versions')).items
    expect(versions.map(({ version }: { version: number }) => version)).toEqual([4, 3, 2, 1])
    expect(versions[1]).toMatchObject({
      createdBy: { type: 'admin' },
      changes: [{ ruleId: rule.id, old: { ifNone: 'report' }, new: { ifNone: 'keep' } }],
    })
    const restored = await instance.admin('POST', '/workflow-rules/versions/3/restore', undefined, {
      'if-match': '"4"',
    })
    expect(body(restored)).toMatchObject({ version: 5, items: [{ id: rule.id, ifNone: 'keep' }, { id: 'job-title' }] })
    await platform.settled()
    const saved = (await ruleEntries(instance, instance.id)).filter((entry) => entry.path === 'team -> department')
    expect(saved.map(({ actor }) => actor.type)).toEqual(['admin', 'admin', 'admin', 'admin'])
  })

  test.each([
    ['an unknown type', { objectType: 'crew' }, '/objectType', 'not-allowed-value'],
    ['a condition that cannot be read', { condition: 'after.fields.country ==' }, '/condition', 'expression-invalid'],
    ['a condition over what is not there', { condition: 'user.title == "x"' }, '/condition', 'expression-invalid'],
    ['groups created', { objectType: 'user-group', ifNone: 'create' }, '/ifNone', 'not-allowed-value'],
    ['groups by code', { objectType: 'user-group', matchBy: 'code' }, '/matchBy', 'not-allowed-value'],
    ['its own links', { field: 'links.department' }, '/field', 'not-allowed-value'],
  ])('with %s is refused, and the place is told', async (_, more, pointer, code) => {
    const instance = await platform.instance()
    const rule = { field: 'team', objectType: 'department', ...more }
    const refused = await instance.admin('POST', '/workflow-rules', rule)
    expect(refused.status).toBe(422)
    expect(refused.body.errors).toEqual([expect.objectContaining({ pointer, code })])
  })

  test('a type of objects that is in use stays; one that is not goes', async () => {
    const instance = await platform.instance()
    body(await instance.admin('POST', '/object-types', { name: 'site', label: 'Site' }), 201)
    const site = await addObject(instance, 'site', 'Oslo')
    expect((await instance.admin('DELETE', '/object-types/site')).body.code).toBe('in-use')
    expect((await instance.admin('DELETE', '/object-types/job-title')).body.code).toBe('state-conflict')
    expect((await instance.admin('POST', '/objects', { type: 'berth', name: 'x' })).status).toBe(422)
    expect((await instance.admin('DELETE', `/objects/${site.id}`)).status).toBe(204)
    expect((await instance.admin('DELETE', '/object-types/site')).status).toBe(204)
  })
})
