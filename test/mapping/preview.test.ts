import { describe, expect, test } from 'vitest'
import type { Body } from '../harness/instance.ts'
import { entraUser, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { jobEnded, save, withRow } from './saving.ts'

const twin = (target: string, source: Body) => ({ id: target.toLowerCase(), target, source })

describe('a preview', () => {
  test('of rows or of the draft says before, after and error for real users, and saves nothing (4.3)', async () => {
    const instance = await platform.instance()
    const nora = (await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))).body.id
    const native = (await instance.admin('POST', '/users', { userName: instance.unique('ole@harbour.test') })).body.id
    await platform.settled()

    const rows = [
      twin('scimSyncJobTitle', { expression: 'user.title.upperAscii()' }),
      twin('office', { path: 'nickName' }),
      twin('company', { path: 'active' }),
      twin('nickname', { path: 'phoneNumbers.value' }),
    ]
    const preview = await instance.admin('POST', '/mapping-set/preview', { rows, users: [nora, native] })
    expect(preview.body).toMatchObject({ baseVersion: 1, notManaged: [native] })
    expect(preview.body.items).toHaveLength(1)
    const [title, office, company, nickname] = preview.body.items[0].rows
    expect(title).toMatchObject({ target: 'scimSyncJobTitle', before: 'Engineer', after: 'ENGINEER', error: null })
    expect(office).toMatchObject({ before: null, after: null, error: null, warning: null })
    expect(company).toMatchObject({ before: null, after: null, error: { code: 'mapping-row-failed' } })
    expect(nickname).toMatchObject({ after: '+47 22 00 00 01', warning: { code: 'source-many-values' } })

    await instance.admin('PUT', '/mapping-set/draft', { rows: rows.slice(0, 1), baseVersion: 1 })
    const ofDraft = await instance.admin('POST', '/mapping-set/preview', { sample: 5 })
    expect(ofDraft.body.items).toMatchObject([{ userId: nora, rows: [{ after: 'ENGINEER' }] }])

    const wrong = { rows: [twin('hiredOn', { path: 'title' })], sample: 5 }
    const refused = await instance.admin('POST', '/mapping-set/preview', wrong)
    expect([refused.status, refused.body.errors[0].code]).toEqual([422, 'mapping-target-refused'])

    await platform.settled()
    expect((await instance.admin('GET', '/mapping-set')).body.version).toBe(1)
    expect((await instance.admin('GET', `/users/${nora}`)).body.fields.scimSyncJobTitle).toBe('Engineer')
  })

  test('for everyone is counted by a job: whose fields would change, be cleared, or fail (4.3)', async () => {
    const instance = await platform.instance()
    const users = ['a', 'b', 'c'].map((name) => entraUser(instance.unique(`${name}@harbour.test`)))
    await instance.scim('POST', '/Users', { ...users[0], nickName: 'Ann' })
    await instance.scim('POST', '/Users', { ...users[1], title: 'Lead' })
    await instance.scim('POST', '/Users', { ...users[2], title: null })
    await platform.settled()
    const rows = [
      twin('scimSyncJobTitle', { expression: 'user.title == "Engineer" ? "Engineer" : ""' }),
      twin('nickname', { expression: 'user.title.substring(5)' }),
    ]
    const started = await instance.admin('POST', '/mapping-set/count', { rows })
    expect([started.status, started.body.kind]).toEqual([202, 'mapping-count'])
    const job = await jobEnded(instance, started.body.id)
    expect(job).toMatchObject({
      state: 'succeeded',
      result: { users: 3, changed: 2, losing: 1, failing: 1 },
    })
    expect((await instance.admin('GET', '/mapping-set')).body.version).toBe(1)
  })
})

test('attributes seen on the wire are listed with count, last seen and a masked example; mapped ones say by what (4.5)', async () => {
  const instance = await platform.instance()
  const harbour = 'urn:ietf:params:scim:schemas:extension:Harbour:2.0:User'
  for (const name of ['nora', 'ole']) {
    const user = entraUser(instance.unique(`${name}@harbour.test`), {
      schemas: [schemas.user, schemas.enterprise, harbour],
      nickName: 'Sailor',
      shoeSize: 42,
      [harbour]: { berth: 'B7-North' },
    })
    expect((await instance.scim('POST', '/Users', user)).status).toBe(201)
  }
  const attributes = async (query: string): Promise<Body[]> =>
    (await instance.admin('GET', `/attributes?limit=200${query}`)).body.items
  const listed = await until('both users are counted, and what was dropped', async () => {
    const items = await attributes('&mapped=false')
    const paths = items.filter(({ sampleCount }) => sampleCount === 2).map(({ path }) => path)
    return paths.includes('nickName') && paths.includes('shoeSize') ? items : undefined
  })
  const named = (path: string) => listed.find((item) => item.path === path)
  expect(named('nickName')).toMatchObject({ kind: 'text', sampleCount: 2, example: 'Sxxxxx', mappedBy: null })
  expect(named(`${harbour}:berth`)).toMatchObject({ kind: 'text', example: 'B0-xxxxx' })
  expect(named('shoeSize')).toMatchObject({ kind: 'unknown', example: null })
  expect(named('title')).toBeUndefined()
  expect(await attributes('&mapped=true')).toContainEqual(
    expect.objectContaining({ path: 'title', mappedBy: 'job-title' }),
  )

  await save(instance, 1, {
    rows: await withRow(instance, { id: 'nick', source: { path: 'nickName' }, target: 'nickname' }),
  })
  expect(await attributes('&mapped=true')).toContainEqual(
    expect.objectContaining({ path: 'nickName', mappedBy: 'nick' }),
  )
})
