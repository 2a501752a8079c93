import { beforeAll, expect, test } from 'vitest'
import { type Body, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

let instance: TestInstance
beforeAll(async () => {
  instance = await platform.instance()
})

async function made(path: string, body: unknown): Promise<Body> {
  const answer = await instance.admin('POST', path, body)
  expect(answer.status).toBe(201)
  return answer.body
}

test('a native group is renamed, filled, listed by page and deleted by an admin (3.1)', async () => {
  const group = await made('/groups', { displayName: instance.unique('Crew') })
  const path = `/groups/${group.id}`
  const users = await Promise.all(
    ['a', 'b', 'c'].map((name) => made('/users', { userName: instance.unique(`${name}@harbour.test`) })),
  )
  for (const { id, userName } of users) {
    const added = await instance.admin('PUT', `${path}/members/${id}`)
    expect([added.status, added.body]).toEqual([200, { id, type: 'User', name: userName }])
    expect((await instance.admin('PUT', `${path}/members/${id}`)).status).toBe(200)
  }
  expect((await instance.admin('PUT', `${path}/members/${group.id.replace(/^./, 'f')}`)).status).toBe(404)

  const first = (await instance.admin('GET', `${path}/members?limit=2`)).body
  const second = (await instance.admin('GET', `${path}/members?limit=2&after=${first.next}`)).body
  const listed = [...first.items, ...second.items].map(({ id }: Body) => id)
  expect([listed, second.next]).toEqual([users.map(({ id }) => id).toSorted(), null])
  const csv = await fetch(`${platform.connection().admin.url}/admin/v1/instances/${instance.id}${path}/members`, {
    headers: { authorization: `Bearer ${platform.connection().admin.token}`, accept: 'text/csv' },
  })
  expect((await csv.text()).split('\r\n')[0]).toBe('id,type,name')

  expect((await instance.admin('DELETE', `${path}/members/${users[0].id}`)).status).toBe(204)
  const displayName = instance.unique('Deck crew')
  const read = await instance.admin('GET', path)
  const stale = await instance.admin('PATCH', path, { displayName }, { 'if-match': '"1"' })
  expect([stale.status, stale.body.currentVersion]).toEqual([412, read.body.version])
  const renamed = await instance.admin('PATCH', path, { displayName }, { 'if-match': `"${read.body.version}"` })
  expect(renamed.body).toMatchObject({ displayName, memberCount: 2, managed: false })
  expect((await instance.admin('DELETE', path)).status).toBe(204)
  expect((await instance.admin('GET', path)).status).toBe(404)
  expect((await instance.admin('GET', `/users/${users[1].id}`)).status).toBe(200)
})

test('a managed group and its members are the IdP’s to change, and say so', async () => {
  const user = await made('/users', { userName: instance.unique('d@harbour.test') })
  const group = await instance.scim('POST', '/Groups', {
    schemas: [schemas.group],
    displayName: instance.unique('Everybody'),
  })
  const path = `/groups/${group.body.id}`
  const refused = await Promise.all([
    instance.admin('PATCH', path, { displayName: 'x' }),
    instance.admin('DELETE', path),
    instance.admin('PUT', `${path}/members/${user.id}`),
    instance.admin('DELETE', `${path}/members/${user.id}`),
  ])
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(refused.map(() => [409, 'managed-by-idp']))
})
