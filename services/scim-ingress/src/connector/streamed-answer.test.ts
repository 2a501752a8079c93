import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Fault } from '@user-provisioning/contracts/errors'
import { newId } from '@user-provisioning/contracts/ids'
import type { GroupSnapshot, Reply, Snapshot, UserSnapshot } from '@user-provisioning/contracts/reply'
import { type Listener, listen } from '@user-provisioning/http/listen'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cursors } from '../../fixtures/cursors.ts'
import type { BareQuery } from './identity.ts'
import { scimApp } from './scim-app.ts'

const acme = newId()
const at = '2026-11-02T09:30:00.000Z'
const dates = { scimVersion: 7, createdAt: at, modifiedAt: at }

/** What identity-service has: groups with this many members, of which an answer takes a page. */
const sizes = new Map<string, number>()
let pageSize: number
let nameLength: number
let asked: BareQuery[]
let failAfter: number
let listener: Listener

const memberId = (n: number) => `m${String(n).padStart(9, '0')}`

/** As many members as an answer takes, of the first groups first. */
function pagesOf(groups: readonly { id: string; after: string }[]) {
  let left = pageSize
  return groups.map(({ id, after }) => {
    const from = after === '' ? 0 : Number(after.slice(1)) + 1
    const count = Math.min(left, (sizes.get(id) ?? 0) - from)
    left -= count
    const members = Array.from({ length: count }, (_, n) => ({
      id: memberId(from + n),
      type: 'User' as const,
      name: `"${'é'.repeat(nameLength)}"`,
    }))
    const more = left === 0 ? { moreAfter: members.at(-1)?.id ?? after } : {}
    return { id, members, ...more }
  })
}

function groupsOf(ids: readonly string[]): GroupSnapshot[] {
  return pagesOf(ids.map((id) => ({ id, after: '' }))).map(({ id, ...page }) => ({
    kind: 'group',
    id,
    managed: true,
    scim: { displayName: `Team ${id}` },
    ...dates,
    ...page,
  }))
}

const nora = (groups: UserSnapshot['groups']): UserSnapshot => ({
  kind: 'user',
  id: '0199b0f2-7a3e-7c11-8f00-2d3c4b5a6978',
  managed: true,
  scim: { userName: 'nora@acme.test' },
  ...dates,
  groups,
})

function answer(message: BareQuery): Reply {
  asked.push(message)
  if (asked.length > failAfter) throw new Fault('deadline-exceeded')
  switch (message.type) {
    case 'ReadScimGroup': {
      const [resource] = groupsOf([message.groupId])
      return { outcome: 'read', resource: resource as Snapshot }
    }
    case 'FindGroups':
      return { outcome: 'list', total: sizes.size, resources: groupsOf([...sizes.keys()]) }
    case 'ReadMembers':
      return { outcome: 'members', groups: pagesOf(message.groups) }
    case 'FindUsers':
      return { outcome: 'list', total: 1, resources: [nora(null)] }
    default:
      return { outcome: 'read', resource: nora([{ id: 'g', name: 'Team', direct: false }]) }
  }
}

beforeAll(async () => {
  const app = scimApp({
    publicUrl: 'https://scim.example.test',
    log: createLogger({ service: 'test', replica: 'test', level: 'silent' }),
    cursors,
    onAnswered: () => {},
    credentials: {
      verify: () => ({ instanceId: acme, keyId: 'k', expiresAt: new Date(at) }),
      apiKey: () => undefined,
      instance: () => ({ state: 'active' }),
    },
    identity: {
      async command(_call, _key, message) {
        if (!('groupId' in message)) return { outcome: 'deleted' }
        const [group] = groupsOf([message.groupId]) as [GroupSnapshot]
        return { outcome: 'changed', resource: { ...group, members: null, membersUnderWay: true } }
      },
      query: async (_call, message) => answer(message),
      pickUp: async () => {},
    },
  })
  listener = await listen(app, { port: 0, host: '127.0.0.1' })
})
afterAll(() => listener.close())
beforeEach(() => {
  sizes.clear()
  asked = []
  pageSize = 1_000
  nameLength = 10
  failAfter = Number.POSITIVE_INFINITY
})

const path = `/instances/${acme}/scim/v2`
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
const jsonOf = async (res: Response): Promise<any> => res.json()
const get = (rest: string) =>
  fetch(`http://127.0.0.1:${listener.port}${path}${rest}`, { headers: { authorization: 'Bearer t' } })

describe('a group of more members than fit into one answer', () => {
  test('is shown without any while some are still being written, and nobody is asked for them', async () => {
    const id = newId()
    sizes.set(id, 100_000)
    const res = await fetch(`http://127.0.0.1:${listener.port}${path}/Groups/${id}`, {
      method: 'PUT',
      headers: { authorization: 'Bearer t', 'content-type': 'application/scim+json' },
      body: JSON.stringify({ displayName: 'Team', members: [{ value: 'm' }] }),
    })
    expect(res.status).toBe(200)
    expect(await jsonOf(res)).not.toHaveProperty('members')
    expect(asked).toEqual([])
  })

  test('is read page by page into one valid answer that has each member once', async () => {
    const id = newId()
    sizes.set(id, 100_000)
    const res = await get(`/Groups/${id}`)
    expect(res.headers.get('content-type')).toBe('application/scim+json')
    expect(res.headers.get('etag')).toBe('W/"7"')
    const body = await jsonOf(res)
    expect(body).toMatchObject({ id, displayName: `Team ${id}`, meta: { resourceType: 'Group' } })
    expect(body.members).toHaveLength(100_000)
    expect(new Set(body.members.map(({ value }: { value: string }) => value)).size).toBe(100_000)
    expect(body.members[99_999]).toEqual({
      value: memberId(99_999),
      $ref: `https://scim.example.test${path}/Users/${memberId(99_999)}`,
      type: 'User',
      display: `"${'é'.repeat(10)}"`,
    })
  })

  test('has of its members what is asked for, and none are read where they are excluded', async () => {
    const id = newId()
    sizes.set(id, 2_500)
    const body = await jsonOf(await get(`/Groups/${id}?attributes=members.value`))
    expect(Object.keys(body).toSorted()).toEqual(['id', 'members', 'schemas'])
    expect(body.members).toHaveLength(2_500)
    expect(body.members[2_499]).toEqual({ value: memberId(2_499) })
    asked = []
    await get(`/Groups/${id}?excludedAttributes=members`)
    expect(asked).toMatchObject([{ type: 'ReadScimGroup', withMembers: false }])
  })

  test('that ends with a full page is whole', async () => {
    const id = newId()
    sizes.set(id, 2_000)
    expect((await jsonOf(await get(`/Groups/${id}`))).members).toHaveLength(2_000)
  })

  test('breaks the connection off when a page does not come: half of it is never an answer', async () => {
    const id = newId()
    sizes.set(id, 10_000)
    failAfter = 4
    const res = await get(`/Groups/${id}`)
    expect(res.status).toBe(200)
    await expect(res.text()).rejects.toThrow()
  })

  test('is asked for no faster than the client takes it', async () => {
    const id = newId()
    nameLength = 400
    sizes.set(id, 300_000)
    const socket = connect(listener.port, '127.0.0.1')
    socket.write(`GET ${path}/Groups/${id} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer t\r\n\r\n`)
    await once(socket, 'readable')
    // The socket is not read: the kernel takes some pages, then nothing more is asked for.
    let before = -1
    for (let quiet = 0; quiet < 200; quiet = asked.length === before ? quiet + 1 : 0) {
      before = asked.length
      await turn()
    }
    expect(asked.length).toBeLessThan(100)
    socket.destroy()
  })
})

describe('a list', () => {
  test('of groups that do not fit into one answer has them all whole; one page goes on into the next groups', async () => {
    for (const size of [1_500, 0, 300, 200, 2_600, 5]) sizes.set(newId(), size)
    const body = await jsonOf(await get('/Groups'))
    expect(body).toMatchObject({ totalResults: 6, startIndex: 1, itemsPerPage: 6 })
    expect(body.Resources.map(({ members = [] }) => members.length)).toEqual([1_500, 0, 300, 200, 2_600, 5])
    expect(body.Resources.map(({ id }: { id: string }) => id)).toEqual([...sizes.keys()])
    expect(asked).toHaveLength(5)
  })

  test('of users in too many groups reads each of them alone, and says which groups are indirect', async () => {
    const body = await jsonOf(await get('/Users'))
    expect(body.Resources[0].groups).toMatchObject([{ value: 'g', display: 'Team', type: 'indirect' }])
    expect(asked.map(({ type }) => type)).toEqual(['FindUsers', 'ReadScimUser'])
    asked = []
    expect((await jsonOf(await get('/Users?excludedAttributes=groups'))).Resources[0]).not.toHaveProperty('groups')
    expect(asked.map(({ type }) => type)).toEqual(['FindUsers'])
  })
})
