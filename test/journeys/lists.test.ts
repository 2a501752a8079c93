import { randomUUID } from 'node:crypto'
import { request } from 'undici'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type Body, entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

const searchRequest = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'
const bulkRequest = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

const idsOf = (list: Body): string[] => list.Resources.map(({ id }: { id: string }) => id)
const inUrl = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`

/** Creates users named `<n>@…` in one request. */
async function manyUsers(instance: TestInstance, count: number): Promise<string[]> {
  const Operations = Array.from({ length: count }, (_, n) => ({
    method: 'POST',
    path: '/Users',
    bulkId: `u${n}`,
    data: entraUser(instance.unique(`${String(n).padStart(3, '0')}@harbour.test`)),
  }))
  const answer = await instance.scim('POST', '/Bulk', { schemas: [bulkRequest], Operations })
  const made: { status: string; location: string }[] = answer.body.Operations
  expect(new Set(made.map(({ status }) => status))).toEqual(new Set(['201']))
  return made.map(({ location }) => location.split('/').at(-1) ?? '')
}

/** All ids of a list, page by page, as `ask` asks for the page behind a cursor. */
async function walk(ask: (cursor: string) => Promise<Answer>, between?: (ids: string[]) => Promise<void>) {
  const ids: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { status, body }: Answer = await ask(cursor)
    expect([status, body.startIndex, body.itemsPerPage]).toEqual([200, undefined, body.Resources.length])
    ids.push(...idsOf(body))
    cursor = body.nextCursor
    if (cursor !== undefined) await between?.(ids)
  }
  return ids
}

describe('a walk by cursor', () => {
  test('over users, groups and both meets everybody once, by GET and by .search, in any order', async () => {
    const instance = await platform.instance()
    const people = await manyUsers(instance, 25)
    const crews: string[] = []
    for (const name of ['Deck', 'Bridge', 'Engine']) {
      crews.push((await instance.scim('POST', '/Groups', { displayName: instance.unique(name) })).body.id)
    }
    const everybody = [...people, ...crews]
    for (const [path, ids] of [
      ['/Users', people],
      ['/Groups', crews],
      ['', everybody],
    ] as const) {
      for (const order of [{}, { sortBy: 'displayName' }, { sortBy: 'userName', sortOrder: 'descending' }]) {
        if (path === '/Groups' && order.sortBy === 'userName') continue
        const byGet = await walk((cursor) => instance.scim('GET', path + inUrl({ ...order, count: '10', cursor })))
        const byPost = await walk((cursor) =>
          instance.scim('POST', `${path}/.search`, { schemas: [searchRequest], ...order, count: 10, cursor }),
        )
        expect(byPost).toEqual(byGet)
        expect(byGet.toSorted()).toEqual(ids.toSorted())
        const byIndex = (await instance.scim('GET', path + inUrl(order))).body
        expect([idsOf(byIndex), byIndex.totalResults, byIndex.startIndex]).toEqual([byGet, ids.length, 1])
      }
    }
  })

  test('misses nobody who stays and doubles nobody, while others come and go', async () => {
    const instance = await platform.instance()
    const [staying, leaving] = [await manyUsers(instance, 15), [] as string[]]
    const create = async () =>
      (await instance.scim('POST', '/Users', entraUser(instance.unique(`x${leaving.length}@harbour.test`)))).body.id
    for (let n = 0; n < 6; n++) leaving.push(await create())
    const ids = await walk(
      (cursor) => instance.scim('GET', `/Users${inUrl({ count: '4', sortBy: 'userName', cursor })}`),
      async () => {
        const id = leaving.shift()
        if (id) expect((await instance.scim('DELETE', `/Users/${id}`)).status).toBe(204)
        await instance.scim('POST', '/Users', entraUser(instance.unique(`a${leaving.length}@harbour.test`)))
      },
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(staying.filter((id) => !ids.includes(id))).toEqual([])
  })

  test("refuses what it did not make, and another instance's", async () => {
    const [mine, theirs] = [await platform.instance(), await platform.instance()]
    await manyUsers(mine, 3)
    const { nextCursor } = (await mine.scim('GET', '/Users?cursor&count=2')).body
    for (const [instance, query] of [
      [mine, `cursor=A${nextCursor}&count=2`],
      [mine, `cursor=${nextCursor}&count=2&filter=active+eq+true`],
      [theirs, `cursor=${nextCursor}&count=2`],
    ] as const) {
      const { status, body } = await instance.scim('GET', `/Users?${query}`)
      expect([status, body.scimType]).toEqual([400, 'invalidCursor'])
    }
    const { status, body } = await mine.scim('GET', `/Users?cursor=${nextCursor}&count=3`)
    expect([status, body.scimType]).toEqual([400, 'invalidCount'])
    expect((await mine.scim('GET', `/Users?cursor=${nextCursor}&count=2`)).body.Resources).toHaveLength(1)
  })

  test("of the admin API's lists is signed too", async () => {
    const instance = await platform.instance()
    const people = await manyUsers(instance, 7)
    const met: string[] = []
    for (let query = '?limit=3'; query !== ''; ) {
      const { body } = await instance.admin('GET', `/users${query}`)
      met.push(...body.items.map(({ id }: { id: string }) => id))
      query = body.next === null ? '' : `?limit=3&after=${body.next}`
    }
    expect(met.toSorted()).toEqual([...people, instance.integrationUserId].toSorted())
    const { next } = (await instance.admin('GET', '/users?limit=3')).body
    for (const after of [`${next}A`, 'WyJ4Il0']) {
      expect((await instance.admin('GET', `/users?limit=3&after=${after}`)).body.code).toBe('cursor-invalid')
    }
  })
})

test('a native user is picked up by a lookup through .search', async () => {
  const instance = await platform.instance()
  const userName = instance.unique('nora@harbour.test')
  const native = (await instance.admin('POST', '/users', { userName })).body
  const filter = `userName eq "${userName.toUpperCase()}"`
  const found = await instance.scim('POST', '/Users/.search', { schemas: [searchRequest], filter, attributes: ['id'] })
  expect(idsOf(found.body)).toEqual([native.id])
  expect((await instance.admin('GET', `/users/${native.id}`)).body.scimSyncId).toBe(native.id)
})

describe('RFC 7643 5: ServiceProviderConfig promises nothing that is not so', () => {
  let instance: TestInstance
  let config: Body
  let ids: string[]
  beforeAll(async () => {
    instance = await platform.instance()
    config = (await instance.scim('GET', '/ServiceProviderConfig')).body
    ids = await manyUsers(instance, config.filter.maxResults + 1)
  })

  test('filter.maxResults, pagination.maxPageSize and defaultPageSize: a page has no more, and as many', async () => {
    const { maxResults } = config.filter
    expect(config.pagination).toMatchObject({ maxPageSize: maxResults, defaultPageSize: maxResults })
    for (const query of ['', '?count=100000', '?filter=active+eq+true', '?cursor', '?cursor&count=100000']) {
      const { body } = await instance.scim('GET', `/Users${query}`)
      expect([body.Resources.length, body.totalResults]).toEqual([maxResults, ids.length])
    }
  })

  test('pagination: by cursor and by index, by index where nobody says', async () => {
    expect(config.pagination).toMatchObject({ cursor: true, index: true, defaultPaginationMethod: 'index' })
    expect(config.pagination.cursorTimeout).toBe(3_600)
    const silent = (await instance.scim('GET', '/Users?count=1')).body
    expect([silent.startIndex, silent.nextCursor]).toEqual([1, undefined])
    expect((await instance.scim('GET', '/Users?count=1&startIndex=2')).body.startIndex).toBe(2)
    const byCursor = (await instance.scim('GET', '/Users?count=1&cursor')).body
    expect([byCursor.startIndex, typeof byCursor.nextCursor]).toEqual([undefined, 'string'])
  })

  test('sort and patch are supported', async () => {
    expect([config.sort.supported, config.patch.supported]).toEqual([true, true])
    const path = `/Users/${ids[7]}`
    expect((await instance.scim('PATCH', path, patch({ op: 'replace', path: 'title', value: 'Aft' }))).status).toBe(200)
    const first = (await instance.scim('GET', '/Users?sortBy=title&count=1')).body
    expect(idsOf(first)).toEqual([ids[7]])
  })

  test('etag: tags come with resources, and conditions on them are honoured', async () => {
    expect(config.etag.supported).toBe(true)
    const path = `/Users/${ids[8]}`
    const etag = (await instance.scim('GET', path)).headers.get('etag') ?? ''
    const change = patch({ op: 'replace', path: 'title', value: 'Bosun' })
    expect((await instance.scim('GET', path, undefined, { 'if-none-match': etag })).status).toBe(304)
    expect((await instance.scim('PATCH', path, change, { 'if-match': etag })).status).toBe(200)
    expect((await instance.scim('PATCH', path, change, { 'if-match': etag })).status).toBe(412)
    expect((await instance.scim('GET', path, undefined, { 'if-match': etag })).status).toBe(412)
    expect((await instance.scim('DELETE', path, undefined, { 'if-none-match': '*' })).status).toBe(412)
  })

  test('bulk: as many operations and bytes as it says, and no more', async () => {
    const { supported, maxOperations, maxPayloadSize } = config.bulk
    expect(supported).toBe(true)
    const bulk = (Operations: unknown[]) => instance.scim('POST', '/Bulk', { schemas: [bulkRequest], Operations })
    const gone = () => ({ method: 'DELETE', path: `/Users/${randomUUID()}` })
    const most = await bulk(Array.from({ length: maxOperations }, gone))
    expect([most.status, most.body.Operations.length]).toEqual([200, maxOperations])
    expect((await bulk(Array.from({ length: maxOperations + 1 }, gone))).status).toBe(413)
    expect((await bulk([{ ...gone(), version: 'x'.repeat(maxPayloadSize) }])).status).toBe(413)
  })

  test('changePassword is not: a password is taken and thrown away', async () => {
    expect(config.changePassword.supported).toBe(false)
    const path = `/Users/${ids[9]}`
    const changed = await instance.scim('PATCH', path, patch({ op: 'replace', path: 'password', value: 'Tide-9' }))
    expect(changed.status).toBeLessThan(300)
    expect(JSON.stringify((await instance.scim('GET', `${path}?attributes=password`)).body)).not.toContain('Tide-9')
  })

  test('authenticationSchemes: bearer tokens, and nothing else', async () => {
    expect(config.authenticationSchemes.map(({ type }: { type: string }) => type)).toEqual(['oauthbearertoken'])
    const basic = { authorization: `Basic ${btoa(`x:${instance.secretToken}`)}` }
    expect((await instance.scim('GET', '/Users?count=1', undefined, basic)).status).toBe(401)
  })

  test('what it describes is described: schemas and resource types, one by one and all together', async () => {
    const types = (await instance.scim('GET', '/ResourceTypes?count=1&startIndex=2')).body
    expect([types.totalResults, types.Resources.length]).toEqual([2, 2])
    for (const { id, meta, endpoint, schema } of types.Resources) {
      expect((await instance.scim('GET', `/ResourceTypes/${id}`)).body.meta.location).toBe(meta.location)
      expect((await instance.scim('GET', `${endpoint}?count=0`)).status).toBe(200)
      expect((await instance.scim('GET', `/Schemas/${schema}`)).body.id).toBe(schema)
    }
    for (const path of ['/Schemas', '/ResourceTypes', '/ServiceProviderConfig']) {
      expect((await instance.scim('GET', `${path}?filter=id+pr`)).status).toBe(403)
    }
    for (const path of ['/Schemas/urn:none', '/ResourceTypes/Boat']) {
      expect((await instance.scim('GET', path)).status).toBe(404)
    }
  })
})

describe('over HTTP', () => {
  test('HEAD says of a resource and of a list what GET says, without a body', async () => {
    const instance = await platform.instance()
    const [id] = await manyUsers(instance, 2)
    for (const path of [`/Users/${id}`, '/Users', '/Schemas', '/Users/none']) {
      const [get, head] = [await instance.scim('GET', path), await instance.scim('HEAD', path)]
      expect([head.status, head.body]).toEqual([get.status, undefined])
      for (const name of ['content-type', 'etag', 'vary', 'content-encoding']) {
        expect(head.headers.get(name)).toBe(get.headers.get(name))
      }
    }
  })

  test('a list goes out as gzip to who takes it', async () => {
    const instance = await platform.instance()
    const ids = await manyUsers(instance, 30)
    const ask = (encoding: string) =>
      request(`${instance.tenantUrl}/Users`, {
        headers: { authorization: `Bearer ${instance.secretToken}`, 'accept-encoding': encoding },
      })
    const [small, plain] = [await ask('gzip'), await ask('identity')]
    expect([small.headers['content-encoding'], plain.headers['content-encoding']]).toEqual(['gzip', undefined])
    expect(idsOf(await plain.body.json())).toHaveLength(ids.length)
    expect((await small.body.arrayBuffer()).byteLength).toBeLessThan(Number(plain.headers['content-length']) / 5)
  })

  test('attributes are chosen by dotted and URN names on every method, and names that nobody knows choose nothing', async () => {
    const instance = await platform.instance()
    const title = `${schemas.user}:title`
    const department = `${schemas.enterprise}:department`
    const choice = inUrl({ attributes: `NAME.familyName, ${title},${department},shoeSize` })
    const user = entraUser(instance.unique('nora@harbour.test'))
    const created = await instance.scim('POST', `/Users${choice}`, user)
    const { id } = created.body
    const expected = {
      schemas: expect.any(Array),
      id,
      name: { familyName: 'Quist' },
      title: 'Engineer',
      [schemas.enterprise]: { department: 'R&D' },
    }
    const search = {
      schemas: [searchRequest],
      attributes: ['name.familyName', title, department],
      filter: `id eq "${id}"`,
    }
    const answers = [
      created.body,
      (await instance.scim('GET', `/Users/${id}${choice}`)).body,
      (await instance.scim('PUT', `/Users/${id}${choice}`, user)).body,
      (await instance.scim('PATCH', `/Users/${id}${choice}`, patch({ op: 'add', path: 'nickName', value: 'N' }))).body,
      (await instance.scim('GET', `/Users${choice}`)).body.Resources[0],
      (await instance.scim('POST', '/Users/.search', search)).body.Resources[0],
      (await instance.scim('POST', '/.search', search)).body.Resources[0],
    ]
    for (const answer of answers) expect(answer).toEqual(expected)
    const both = inUrl({ attributes: 'name,title', excludedAttributes: 'name.formatted,title,id' })
    expect((await instance.scim('GET', `/Users/${id}${both}`)).body).toEqual({
      schemas: expect.any(Array),
      id,
      name: { givenName: 'Nora', familyName: 'Quist' },
    })
  })
})
