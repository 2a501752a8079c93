import { beforeAll, describe, expect, test } from 'vitest'
import { copyUser } from '../harness/copied-users.ts'
import { type Body, entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

const size = 5_000
const values = (ids: readonly string[]) => ids.map((value) => ({ value }))
const idsIn = (members: Body): string[] => (members ?? []).map(({ value }: { value: string }) => value)

async function newGroup(instance: TestInstance, more: Record<string, unknown> = {}): Promise<string> {
  const displayName = instance.unique(`Team ${Math.random()}`)
  const created = await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName, ...more })
  expect(created.status).toBe(201)
  return created.body.id
}

/** An instance with as many users as a large group has members. */
async function populated() {
  const instance = await platform.instance()
  const { body } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
  await platform.settled()
  return { instance, ids: await copyUser(platform.connection().stores.mongodbUri, body.id, size) }
}

/** The membership entries of a group's history, by what became of whom. */
async function membershipEntries(instance: TestInstance, groupId: string): Promise<string[]> {
  const entries: string[] = []
  let next: string | null = null
  do {
    const more: string = next === null ? '' : `&after=${next}`
    const { body } = await instance.admin('GET', `/change-history?person=${groupId}&limit=200${more}`)
    for (const { kind, subject, old, new: now, actor, cause } of body.items) {
      if (kind !== 'membership' || subject.id !== groupId) continue
      expect([actor.type, cause.type]).toEqual(['idp', 'request'])
      entries.push(now === null ? `- ${old.id}` : `+ ${now.id}`)
    }
    next = body.next
  } while (next !== null)
  return entries
}

describe(`a group of ${size} members`, () => {
  let instance: TestInstance
  let ids: string[]
  beforeAll(async () => {
    ;({ instance, ids } = await populated())
  })

  test('gets them in one PATCH, shows them all, and each is in the history once, with who and why', async () => {
    const path = `/Groups/${await newGroup(instance)}`
    const before = (await instance.scim('GET', path)).headers.get('etag')
    const add = patch({ op: 'Add', path: 'members', value: values(ids) })
    expect((await instance.scim('PATCH', path, add)).status).toBe(204)
    const read = await instance.scim('GET', path)
    expect(read.headers.get('etag')).not.toBe(before)
    expect(idsIn(read.body.members).toSorted()).toEqual(ids.toSorted())
    expect(read.body.members[0]).toMatchObject({ type: 'User', $ref: expect.stringContaining('/Users/') })
    expect((await instance.scim('GET', `${path}?excludedAttributes=members`)).body).not.toHaveProperty('members')
    // What changes nothing raises nothing and is told to nobody.
    expect((await instance.scim('PATCH', path, add)).status).toBe(204)
    expect((await instance.scim('GET', path)).headers.get('etag')).toBe(read.headers.get('etag'))
    await platform.settled()
    const entries = await membershipEntries(instance, read.body.id)
    expect(entries.toSorted()).toEqual(ids.map((id) => `+ ${id}`).toSorted())
  })

  test('may come in a body of 16 MB; a larger one is refused', async () => {
    const path = `/Groups/${await newGroup(instance)}`
    const display = 'x'.repeat(16_500)
    const few = ids.slice(0, 1_000).map((value) => ({ value, display }))
    const body = JSON.stringify(patch({ op: 'add', path: 'members', value: few }))
    expect(body.length).toBeGreaterThan(15.5 * 1024 ** 2)
    const padded = (bytes: number) => body + ' '.repeat(bytes - Buffer.byteLength(body))
    expect((await instance.scim('PATCH', path, padded(16 * 1024 ** 2))).status).toBe(204)
    expect(idsIn((await instance.scim('GET', path)).body.members)).toHaveLength(1_000)
    expect((await instance.scim('PATCH', path, padded(16 * 1024 ** 2 + 1))).status).toBe(413)
  })

  test('is created, replaced and emptied by whole lists, of which only the difference is written', async () => {
    const groupId = await newGroup(instance, { members: values(ids) })
    const path = `/Groups/${groupId}`
    const displayName = instance.unique(`Whole ${groupId}`)
    const put = await instance.scim('PUT', path, {
      schemas: [schemas.group],
      displayName,
      members: values(ids.slice(1)),
    })
    expect(put.status).toBe(200)
    expect(put.body.displayName).toBe(displayName)
    expect(idsIn(put.body.members)).toHaveLength(size - 1)
    const half = patch({ op: 'replace', path: 'members', value: values(ids.slice(0, size / 2)) })
    expect((await instance.scim('PATCH', path, half)).status).toBe(204)
    const { body: list } = await instance.scim('GET', `/Groups?filter=id eq "${groupId}"`)
    expect(idsIn(list.Resources[0].members).toSorted()).toEqual(ids.slice(0, size / 2).toSorted())
    expect((await instance.scim('PATCH', path, patch({ op: 'remove', path: 'members' }))).status).toBe(204)
    expect((await instance.scim('GET', path)).body).not.toHaveProperty('members')
    await platform.settled()
    const entries = await membershipEntries(instance, groupId)
    const removed = entries.filter((entry) => entry.startsWith('-'))
    // One by the PUT, half of the others by the PATCH which brought that one back, the rest in the end.
    expect(removed).toHaveLength(1 + size / 2 + size / 2)
    expect(entries).toHaveLength(size + removed.length + 1)
  })

  test('that is deleted is no longer in the groups of any of them, and each is told', async () => {
    const groupId = await newGroup(instance, { members: values(ids) })
    const shown = async () => idsIn((await instance.scim('GET', `/Users/${ids[0]}`)).body.groups)
    expect(await shown()).toContain(groupId)
    expect((await instance.scim('DELETE', `/Groups/${groupId}`)).status).toBe(204)
    expect((await instance.scim('GET', `/Groups/${groupId}`)).status).toBe(404)
    expect(await shown()).not.toContain(groupId)
    await platform.settled()
    const entries = await membershipEntries(instance, groupId)
    expect(entries.filter((entry) => entry.startsWith('-'))).toHaveLength(size)
  })
})

describe('groups in groups', () => {
  test('are shown as members and as indirect groups of users, by their names of today, also in a circle', async () => {
    const instance = await platform.instance()
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    const inner = await newGroup(instance, { members: values([user.id]) })
    const outer = await newGroup(instance, { members: [{ value: inner, type: 'Group' }] })
    const addOuter = patch({ op: 'add', path: 'members', value: [{ value: outer, type: 'Group' }] })
    expect((await instance.scim('PATCH', `/Groups/${inner}`, addOuter)).status).toBe(204)
    const renamed = instance.unique('Renamed')
    await instance.scim('PATCH', `/Groups/${inner}`, patch({ op: 'replace', path: 'displayName', value: renamed }))
    expect((await instance.scim('GET', `/Groups/${outer}`)).body.members).toEqual([
      { value: inner, $ref: `${instance.tenantUrl}/Groups/${inner}`, type: 'Group', display: renamed },
    ])
    const groups = [
      { value: inner, $ref: `${instance.tenantUrl}/Groups/${inner}`, display: renamed, type: 'direct' },
      expect.objectContaining({ value: outer, type: 'indirect' }),
    ]
    expect((await instance.scim('GET', `/Users/${user.id}`)).body.groups).toEqual(groups)
    const patched = await instance.scim(
      'PATCH',
      `/Users/${user.id}`,
      patch({ op: 'replace', path: 'title', value: 'x' }),
    )
    expect(patched.body.groups).toEqual(groups)
    expect((await instance.scim('GET', `/Users?filter=id eq "${user.id}"`)).body.Resources[0].groups).toEqual(groups)
  })
})
