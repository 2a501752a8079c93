import { describe, expect, test } from 'vitest'
import type { Body } from '../harness/instance.ts'
import { schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { addObject, addRule, addUsers, body, linksOf } from './rules.ts'

describe('an object that users are linked to (5.1)', () => {
  test('renamed: links follow, its old name still means it, and another may take that name', async () => {
    const instance = await platform.instance()
    const engineer = await addObject(instance, 'job-title', 'Engineer')
    const [nora] = await addUsers(instance, [{ scimSyncJobTitle: 'engineer' }])
    await platform.settled()
    const renamed = await instance.admin('PATCH', `/objects/${engineer.id}`, { name: 'Software Engineer' })
    expect(body(renamed)).toMatchObject({
      name: 'Software Engineer',
      aliases: ['Engineer'],
      linkedUsers: 1,
      version: 2,
    })
    const [elin] = await addUsers(instance, [{ scimSyncJobTitle: 'Engineer' }])
    await platform.settled()
    expect(await linksOf(instance, nora.id)).toEqual({ 'job-title': ['Software Engineer'] })
    expect(await linksOf(instance, elin.id)).toEqual({ 'job-title': ['Software Engineer'] })
    const taken = await instance.admin('POST', '/objects', { type: 'job-title', name: 'software  engineer' })
    expect([taken.status, taken.body.code]).toEqual([409, 'name-taken'])
    await addObject(instance, 'job-title', 'Engineer')
    expect(body(await instance.admin('GET', `/objects/${engineer.id}`))).toMatchObject({ aliases: [], linkedUsers: 2 })
  })

  test('merged into another: a dry run says what would be, then links move and its names mean the other', async () => {
    const instance = await platform.instance()
    const senior = await addObject(instance, 'job-title', 'Senior Engineer', 'SE')
    const sr = await addObject(instance, 'job-title', 'Sr Engineer')
    const users = await addUsers(
      instance,
      Array.from({ length: 12 }, (_, n) => ({ scimSyncJobTitle: n % 3 ? 'Sr Engineer' : 'Senior Engineer' })),
    )
    await platform.settled()
    const merge = (query: string, from: string[]) =>
      instance.admin('POST', `/objects/${senior.id}/merge${query}`, { from })
    expect(body(await merge('?dryRun=true', [sr.id]))).toMatchObject({
      dryRun: true,
      linkedUsers: 12,
      diff: [{ path: 'aliases', old: [], new: ['Sr Engineer'] }],
    })
    expect((await instance.admin('GET', `/objects/${sr.id}`)).status).toBe(200)
    expect((await merge('', [senior.id])).status).toBe(422)
    expect(body(await merge('', [sr.id]))).toMatchObject({ id: senior.id, aliases: ['Sr Engineer'] })
    await platform.settled()
    expect((await instance.admin('GET', `/objects/${sr.id}`)).status).toBe(404)
    const links = await Promise.all(users.map(({ id }) => linksOf(instance, id)))
    expect(links).toEqual(users.map(() => ({ 'job-title': ['Senior Engineer'] })))
    expect(body(await instance.admin('GET', `/objects/${senior.id}`)).linkedUsers).toBe(12)
  })

  test('deleted: refused while users are linked to it; then their links go, and their rules look for another', async () => {
    const instance = await platform.instance()
    await addRule(instance, { field: 'department', objectType: 'department', ifNone: 'create' })
    const pilot = await addObject(instance, 'job-title', 'Pilot')
    const [nora] = await addUsers(instance, [{ scimSyncJobTitle: 'Pilot', department: 'Sales' }])
    await platform.settled()
    const [sales] = body(await instance.admin('GET', '/objects?type=department')).items
    const refused = await instance.admin('DELETE', `/objects/${pilot.id}`)
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      409,
      'in-use',
      expect.stringContaining('Job title Pilot is used by 1 user.'),
    ])
    for (const { id } of [pilot, sales]) {
      expect((await instance.admin('DELETE', `/objects/${id}?unlink=true`)).status).toBe(204)
    }
    await platform.settled()
    // The rule for departments creates what it does not find.
    expect(await linksOf(instance, nora.id)).toEqual({ department: ['Sales'] })
    const [again] = body(await instance.admin('GET', '/objects?type=department')).items
    expect(again.id).not.toBe(sales.id)
  })
})

describe('a native group that rules fill', () => {
  test("picked up by the IdP: members stay, and it is no longer the rules' to change", async () => {
    const instance = await platform.instance()
    const crew = body(await instance.admin('POST', '/groups', { displayName: 'Crew' }), 201)
    await addRule(instance, { field: 'team', objectType: 'user-group' })
    await platform.settled()
    const [nora] = await addUsers(instance, [{ team: 'crew' }])
    await platform.settled()
    expect(await linksOf(instance, nora.id)).toEqual({ 'user-group': ['Crew'] })
    const filter = encodeURIComponent('displayName eq "Crew"')
    expect((await instance.scim('GET', `/Groups?filter=${filter}`)).body.totalResults).toBe(1)
    const path = { schemas: [schemas.patch], Operations: [{ op: 'add', path: 'externalId', value: 'crew' }] }
    expect((await instance.scim('PATCH', `/Groups/${crew.id}`, path)).status).toBeLessThan(300)
    await platform.settled()
    expect(await linksOf(instance, nora.id)).toEqual({})
    const group: Body = body(await instance.admin('GET', `/groups/${crew.id}`))
    expect(group).toMatchObject({ managed: true, memberCount: 1 })
  })
})
