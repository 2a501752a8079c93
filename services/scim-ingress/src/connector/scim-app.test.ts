import { Fault } from '@user-provisioning/contracts/errors'
import { newId } from '@user-provisioning/contracts/ids'
import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import type { GroupSnapshot, Reply, UserSnapshot } from '@user-provisioning/contracts/reply'
import { type Listener, listen } from '@user-provisioning/http/listen'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cursors } from '../../fixtures/cursors.ts'
import { type BareCommand, type BareQuery, type Call, traceHeaders } from './identity.ts'
import { scimApp } from './scim-app.ts'

const publicUrl = 'https://scim.example.test'
const acme = newId()
const keyId = newId()
const userId = newId()
const groupId = newId()
const at = '2026-11-02T09:30:00.000Z'

const nora: UserSnapshot = {
  kind: 'user',
  id: userId,
  managed: true,
  scim: { userName: 'nora@acme.test', displayName: 'Nora', active: true, externalId: 'e1' },
  scimVersion: 3,
  createdAt: at,
  modifiedAt: at,
  groups: [{ id: groupId, name: 'Crew', direct: true }],
}
const crew: GroupSnapshot = {
  kind: 'group',
  id: groupId,
  managed: true,
  scim: { displayName: 'Crew' },
  scimVersion: 2,
  createdAt: at,
  modifiedAt: at,
  members: [{ id: userId, type: 'User', name: 'Nora' }],
}

interface Asked {
  readonly call: Call
  readonly key: string | null
  readonly message: BareCommand | BareQuery
}

let listener: Listener
let asked: Asked[]
let entries: RequestAnswered[]
let replies: (() => Reply)[]

const nextReply = (): Reply => replies.shift()?.() ?? { outcome: 'deleted' }

beforeAll(async () => {
  const app = scimApp({
    publicUrl,
    cursors,
    log: createLogger({ service: 'test', replica: 'test', level: 'silent' }),
    onAnswered: (entry) => void entries.push(entry),
    credentials: {
      verify(token) {
        if (token === 'expired') throw new Fault('token-expired', { at })
        if (token !== 'good' && token !== 'revoked') throw new Fault('token-invalid')
        return { instanceId: acme, keyId: token === 'good' ? keyId : 'revoked', expiresAt: new Date(at) }
      },
      apiKey: (id) => ({ instanceId: acme, revokedAt: id === 'revoked' ? at : null }),
      instance: () => ({ state: 'active' }),
    },
    identity: {
      async command(call, entityId, message) {
        asked.push({ call, key: entityId, message })
        return nextReply()
      },
      async query(call, message) {
        asked.push({ call, key: null, message })
        return nextReply()
      },
      async pickUp(call, entityId, message) {
        asked.push({ call, key: entityId, message })
      },
    },
  })
  listener = await listen(app, { port: 0, host: '127.0.0.1' })
})
afterAll(() => listener.close())
beforeEach(() => {
  asked = []
  entries = []
  replies = []
})

interface SendOptions {
  readonly method?: string
  readonly token?: string | null
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

async function send(path: string, { method = 'GET', token = 'good', headers = {}, body }: SendOptions = {}) {
  const res = await fetch(`http://127.0.0.1:${listener.port}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await res.text()
  return { status: res.status, headers: res.headers, text, body: text === '' ? null : JSON.parse(text) }
}

const tenant = `/instances/${acme}/scim/v2`

describe('who comes in', () => {
  it.each([
    ['no token', null, 401, 'token-missing'],
    ['an unknown token', 'bad', 401, 'token-invalid'],
    ['an expired token', 'expired', 401, 'token-expired'],
    ['a revoked token', 'revoked', 401, 'token-revoked'],
  ])('answers %s with 401, a Bearer challenge and a SCIM error, and asks nobody', async (_, token, status, code) => {
    const res = await send(`${tenant}/Users`, { token })
    expect(res.status).toBe(status)
    expect(res.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(res.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' })
    expect(res.body.detail).toContain(`[${code} `)
    expect(asked).toEqual([])
  })

  it("refuses a key in another instance's URL with 403, whether that instance exists or not", async () => {
    const res = await send(`/instances/${newId()}/scim/v2/Users`)
    expect(res.status).toBe(403)
    expect(res.body.detail).toContain('instance-refused')
    expect(asked).toEqual([])
  })

  it.each(['/scim/v2/Users', `${tenant}/Users`, `${tenant}/Users/`, `${tenant}//Users?`, `${tenant}/Users?flag&`])(
    'serves %s',
    async (path) => {
      replies = [() => ({ outcome: 'list', total: 0, resources: [] })]
      const res = await send(path)
      expect(res.status).toBe(200)
      expect(res.body).toMatchObject({ totalResults: 0, Resources: [], startIndex: 1 })
    },
  )
})

describe('a create', () => {
  const body = { userName: 'nora@acme.test', password: 'Tide-9', active: 'True', shoeSize: 44 }

  it('mints the id, sends what the schema has and nothing secret, and answers 201 with address, tag and body', async () => {
    replies = [() => ({ outcome: 'created', resource: nora })]
    const res = await send(`${tenant}/Users`, { method: 'POST', body })
    expect(res.status).toBe(201)
    const location = `${publicUrl}${tenant}/Users/${userId}`
    expect(res.headers.get('location')).toBe(location)
    expect(res.headers.get('etag')).toBe('W/"3"')
    expect(res.headers.get('content-type')).toBe('application/scim+json')
    expect(res.body).toMatchObject({
      id: userId,
      userName: 'nora@acme.test',
      meta: { resourceType: 'User', location, version: 'W/"3"' },
      groups: [{ value: groupId, display: 'Crew', $ref: `${publicUrl}${tenant}/Groups/${groupId}` }],
    })
    const [sent] = asked
    expect(sent?.message).toEqual({
      type: 'ProvisionUser',
      userId: sent?.key,
      scim: { userName: 'nora@acme.test', active: true },
    })
    expect(sent?.call.requestId).toBe(res.headers.get('correlation-id'))
    expect((sent?.call.deadlineAt ?? 0) - (sent?.call.arrivedAt ?? 0)).toBe(20_000)
  })

  it("sends the same request to a native's key when the name is a native's", async () => {
    replies = [() => ({ outcome: 'native', entityId: userId }), () => ({ outcome: 'created', resource: nora })]
    const res = await send(`${tenant}/Users`, { method: 'POST', body })
    expect(res.status).toBe(201)
    expect(asked.map(({ key }) => key)[1]).toBe(userId)
    expect(new Set(asked.map(({ call }) => call.requestId)).size).toBe(1)
  })

  it('starts over once when the native is gone by then, and is 503 with Retry-After after that', async () => {
    const native = (): Reply => ({ outcome: 'native', entityId: userId })
    const gone = (): Reply => {
      throw new Fault('not-found', { type: 'user' })
    }
    replies = [native, gone, native, () => ({ outcome: 'created', resource: nora })]
    expect((await send(`${tenant}/Users`, { method: 'POST', body })).status).toBe(201)

    replies = [native, gone, native, native]
    const res = await send(`${tenant}/Users`, { method: 'POST', body })
    expect(res.status).toBe(503)
    expect(res.headers.get('retry-after')).toMatch(/^\d+$/)
  })

  it.each([
    ['a body that is an array', [1, 2], 'invalidSyntax'],
    ['a user without a name', { displayName: 'Nora' }, 'invalidValue'],
  ])('refuses %s with 400 and asks nobody', async (_, wrong, scimType) => {
    const res = await send(`${tenant}/Users`, { method: 'POST', body: wrong })
    expect(res.status).toBe(400)
    expect(res.body.scimType).toBe(scimType)
    expect(asked).toEqual([])
  })

  it("passes an owner's refusal on with its status and scimType", async () => {
    replies = [
      () => {
        throw new Fault('user-name-taken', { userName: 'nora@acme.test' })
      },
    ]
    const res = await send(`${tenant}/Users`, { method: 'POST', body })
    expect(res.status).toBe(409)
    expect(res.body).toMatchObject({ status: '409', scimType: 'uniqueness' })
  })
})

describe('a lookup', () => {
  const found = (resource: UserSnapshot): Reply => ({ outcome: 'list', total: 1, resources: [resource] })

  it('picks up the native that an exact lookup by user name hits, before it answers', async () => {
    replies = [() => found({ ...nora, managed: false })]
    const res = await send(`${tenant}/Users?filter=userName+eq+%22NORA@acme.test%22&attributes=id`)
    expect(res.body).toMatchObject({ totalResults: 1, Resources: [{ id: userId }] })
    expect(asked[1]).toMatchObject({ key: userId, message: { type: 'PickUpUser', userId } })
  })

  it.each([
    ['the hit is managed', 'userName eq "nora@acme.test"', true],
    ['the filter says more', 'userName eq "nora@acme.test" and active eq true', false],
    ['another attribute is looked up', 'externalId eq "e1"', false],
  ])('picks nobody up when %s', async (_, filter, managed) => {
    replies = [() => found({ ...nora, managed })]
    await send(`${tenant}/Users?filter=${encodeURIComponent(filter)}`)
    expect(asked).toHaveLength(1)
  })

  it('reads parameter names in any case and bounds the page', async () => {
    replies = [() => ({ outcome: 'list', total: 0, resources: [] })]
    const res = await send(`${tenant}/Users?startindex=-3&COUNT=100000&sortOrder=Descending&sortBy=username`)
    expect(res.body.startIndex).toBe(1)
    expect(asked[0]?.message).toMatchObject({ startIndex: 1, count: 200, sortOrder: 'descending', filter: null })
  })

  it.each([
    ['count=lots', 'invalidValue'],
    ['filter=userName', 'invalidFilter'],
    ['filter=%ZZ', 'invalidValue'],
    ['filter=userName+pr&Filter=userName+pr', 'invalidValue'],
  ])('refuses ?%s with 400', async (query, scimType) => {
    const res = await send(`${tenant}/Users?${query}`)
    expect(res.status).toBe(400)
    expect(res.body.scimType).toBe(scimType)
    expect(asked).toEqual([])
  })
})

describe('a list', () => {
  const list = (more: Partial<Extract<Reply, { outcome: 'list' }>> = {}): Reply => ({
    outcome: 'list',
    total: 2,
    resources: [nora],
    ...more,
  })

  it('walks by cursor: nextCursor while there is more, no startIndex, and the place and total come back', async () => {
    replies = [() => list({ next: { id: userId } }), () => list()]
    const first = await send(`${tenant}/Users?cursor&count=1`)
    expect(asked[0]?.message).toMatchObject({ type: 'FindUsers', walk: null, count: 1 })
    expect(first.body).toMatchObject({ totalResults: 2, itemsPerPage: 1, nextCursor: expect.any(String) })
    expect(first.body).not.toHaveProperty('startIndex')
    expect(first.body).not.toHaveProperty('previousCursor')

    const last = await send(`${tenant}/Users?count=1&cursor=${first.body.nextCursor}`)
    expect(asked[1]?.message).toMatchObject({ walk: { after: { id: userId }, total: 2 }, count: 1 })
    expect(last.body).not.toHaveProperty('nextCursor')
  })

  it.each([
    ['cursor=no-such-cursor', 'invalidCursor'],
    ['sortBy=shoeSize', 'invalidValue'],
  ])('refuses ?%s with 400 and asks nobody', async (query, scimType) => {
    const res = await send(`${tenant}/Users?${query}`)
    expect(res.body).toMatchObject({ status: '400', scimType })
    expect(asked).toEqual([])
  })

  it('by POST to .search is the same, picks up too, and projects by type', async () => {
    replies = [() => list({ total: 1, resources: [{ ...nora, managed: false }] })]
    const filter = 'userName eq "nora@acme.test"'
    const body = {
      Schemas: ['URN:ietf:params:scim:api:messages:2.0:SearchRequest'],
      filter,
      attributes: ['userName'],
      startIndex: 1,
      count: '10',
    }
    const res = await send(`${tenant}/Users/.search`, { method: 'POST', body })
    expect(res.body).toMatchObject({ totalResults: 1, startIndex: 1 })
    expect(Object.keys(res.body.Resources[0])).toEqual(['schemas', 'id', 'userName'])
    expect(asked[0]?.message).toMatchObject({ type: 'FindUsers', filter, count: 10, withGroups: false })
    expect(asked[1]?.message).toMatchObject({ type: 'PickUpUser', userId })
    expect(entries[0]?.target.name).toBe('nora@acme.test')
  })

  it('at the server root has both types, by GET and by .search', async () => {
    replies = [() => list({ resources: [nora, crew] }), () => list({ resources: [crew] })]
    const res = await send(`${tenant}?excludedAttributes=groups`)
    expect(res.body.Resources.map((item: { id: string }) => item.id)).toEqual([userId, groupId])
    expect(asked[0]?.message).toMatchObject({
      type: 'FindResources',
      filter: null,
      withGroups: false,
      withMembers: true,
    })
    const body = { filter: 'displayName eq "Crew"', sortBy: 'userName' }
    expect((await send(`${tenant}/.search`, { method: 'POST', body })).status).toBe(200)
    expect(asked[1]?.message).toMatchObject({ type: 'FindResources', sortBy: 'userName', withMembers: true })
  })

  it.each([
    ['the schemas of another message', { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] }, 'invalidValue'],
    ['a filter that is no text', { filter: 7 }, 'invalidValue'],
    ['attributes that are no names', { attributes: [{}] }, 'invalidValue'],
    ['a count that is no number', { count: true }, 'invalidValue'],
    ['half a count', { count: 1.5 }, 'invalidValue'],
    ['a cursor of nowhere', { cursor: 'x' }, 'invalidCursor'],
    ['a filter by password', { filter: 'password eq "Tide-9"' }, 'invalidFilter'],
    ['a body that is a list', [], 'invalidSyntax'],
  ])('refuses a search with %s', async (_, body, scimType) => {
    const res = await send(`${tenant}/Users/.search`, { method: 'POST', body })
    expect(res.body).toMatchObject({ status: '400', scimType })
    expect(res.text).not.toContain('Tide-9')
    expect(asked).toEqual([])
  })

  it('refuses a password in a URL as sensitive', async () => {
    const res = await send(`${tenant}/Users?filter=password+eq+%22Tide-9%22`)
    expect(res.body).toMatchObject({ status: '403', scimType: 'sensitive' })
    expect(res.text).not.toContain('Tide-9')
  })
})

describe('one resource', () => {
  it('is 304 without a body to who knows its tag', async () => {
    replies = [() => ({ outcome: 'read', resource: nora })]
    const res = await send(`${tenant}/Users/${userId}`, { headers: { 'If-None-Match': '"no-1", W/"3"' } })
    expect(res.status).toBe(304)
    expect(res.text).toBe('')
    expect(res.headers.get('etag')).toBe('W/"3"')
    expect(entries).toMatchObject([{ status: 304, outcome: 'success' }])
  })

  it('does not read memberships that are excluded', async () => {
    replies = [() => ({ outcome: 'read', resource: { ...crew, members: null } })]
    const res = await send(`${tenant}/Groups/${groupId}?excludedAttributes=members`)
    expect(asked[0]?.message).toEqual({ type: 'ReadScimGroup', groupId, withMembers: false })
    expect(res.body).not.toHaveProperty('members')
  })

  it.each(['constructor', '%00', 'a%0d%0aX-Evil:%201', 'A'.repeat(2_000)])(
    'is 404 under an id that was never made: %s',
    async (id) => {
      const res = await send(`${tenant}/Users/${id}`)
      expect(res.status).toBe(404)
      expect(res.headers.get('x-evil')).toBeNull()
      expect(asked).toEqual([])
    },
  )

  it("answers a user's PATCH with the user, a group's with 204, a DELETE with 204, and hands If-Match on", async () => {
    const body = { Operations: [{ op: 'Replace', path: 'displayName', value: 'Nora Quist' }] }
    replies = [
      () => ({ outcome: 'changed', resource: nora }),
      () => ({ outcome: 'changed', resource: crew }),
      () => ({ outcome: 'deleted' }),
    ]
    const user = await send(`${tenant}/Users/${userId}`, { method: 'PATCH', body, headers: { 'If-Match': 'W/"2"' } })
    expect(user.status).toBe(200)
    expect(asked[0]?.message).toMatchObject({
      type: 'PatchUser',
      operations: [{ op: 'replace', path: 'displayName', value: 'Nora Quist' }],
      ifMatch: ['W/"2"'],
    })
    expect((await send(`${tenant}/Groups/${groupId}`, { method: 'PATCH', body })).status).toBe(204)
    expect((await send(`${tenant}/Users/${userId}`, { method: 'DELETE' })).status).toBe(204)
  })

  it('is 412 to who would read only what it knows, or change only what it does not', async () => {
    replies = [() => ({ outcome: 'read', resource: nora }), () => ({ outcome: 'changed', resource: nora })]
    const path = `${tenant}/Users/${userId}`
    const res = await send(path, { headers: { 'If-Match': 'W/"2"' } })
    expect([res.status, res.body.status]).toEqual([412, '412'])
    const body = { userName: 'nora@acme.test' }
    await send(path, { method: 'PUT', body, headers: { 'If-None-Match': '"2", W/"3"' } })
    expect(asked[1]?.message).toMatchObject({ type: 'ReplaceUser', ifNoneMatch: ['"2"', 'W/"3"'] })
    expect(asked[1]?.message).not.toHaveProperty('ifMatch')
  })

  it('is application/json to who accepts nothing else of ours', async () => {
    replies = [() => ({ outcome: 'read', resource: nora }), () => ({ outcome: 'read', resource: nora })]
    const path = `${tenant}/Users/${userId}`
    const json = await send(path, { headers: { Accept: 'application/json' } })
    expect(json.headers.get('content-type')).toBe('application/json')
    const browser = await send(path, { headers: { Accept: 'text/html,*/*;q=0.8' } })
    expect(browser.headers.get('content-type')).toBe('application/scim+json')
    expect(browser.headers.get('vary')).toBe('Accept, Accept-Encoding')
  })

  it('so are errors', async () => {
    const res = await send(`${tenant}/Users/none`, { headers: { Accept: 'application/json;charset=utf-8' } })
    expect([res.status, res.headers.get('content-type')]).toEqual([404, 'application/json'])
  })

  it('is 406 to who takes nothing of ours, before anything is done', async () => {
    const res = await send(`${tenant}/Users`, { method: 'POST', body: {}, headers: { Accept: 'text/html' } })
    expect(res.body).toMatchObject({ status: '406', detail: expect.stringContaining('text/html') })
    expect(asked).toEqual([])
    const removed = await send(`${tenant}/Users/${userId}`, { method: 'DELETE', headers: { Accept: 'text/html' } })
    expect(removed.status).toBe(204)
  })
})

describe('addresses and methods', () => {
  it.each([
    ['GET', '/Boats', 404],
    ['DELETE', '/Users', 405],
    ['POST', '/ServiceProviderConfig', 405],
    ['GET', '/Me', 501],
    ['GET', '/Schemas/urn:none', 404],
    ['GET', '/Schemas?filter=id+pr', 403],
    ['GET', '/ServiceProviderConfig', 200],
    ['HEAD', '/ResourceTypes', 200],
    ['GET', '/Users/.search', 405],
    ['DELETE', '/Groups/.search', 405],
    ['GET', '/.search', 405],
    ['PATCH', '/Me', 501],
    ['OPTIONS', '/Me', 501],
    ['OPTIONS', '/Boats', 404],
  ])('answers %s %s with %i', async (method, path, status) => {
    const res = await send(`${tenant}${path}`, { method })
    expect(res.status).toBe(status)
    if (status === 405) expect(res.headers.get('allow')).toMatch(path.endsWith('.search') ? /^OPTIONS, POST$/ : /GET/)
    if (status >= 400) expect(res.body).toMatchObject({ status: String(status) })
  })

  it.each([
    ['/Users', 'GET, HEAD, OPTIONS, POST'],
    [`/Users/${userId}`, 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['/Groups/.search', 'OPTIONS, POST'],
    ['/.search', 'OPTIONS, POST'],
    ['/Bulk', 'OPTIONS, POST'],
    ['/Schemas', 'GET, HEAD, OPTIONS'],
    ['', 'GET, HEAD, OPTIONS'],
  ])('says what can be done at %s by OPTIONS', async (path, allow) => {
    const res = await send(`${tenant}${path}`, { method: 'OPTIONS' })
    expect([res.status, res.headers.get('allow'), res.text]).toEqual([204, allow, ''])
    expect(asked).toEqual([])
  })

  it('is 404 beside the Tenant URL and 400 for another SCIM version', async () => {
    expect((await send('/elsewhere')).status).toBe(404)
    expect((await send('/scim/v1/Users')).body).toMatchObject({ status: '400', scimType: 'invalidVers' })
  })
})

it('hands the trace of the request on, and nothing that only looks like one', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await send(`${tenant}/Users/${userId}`, { method: 'DELETE', headers: { traceparent } })
  expect(asked.map(({ call }) => traceHeaders(call.traceParent))).toEqual([{ traceparent }])
  expect(traceHeaders('00-nonsense')).toEqual({})
  expect(traceHeaders(undefined)).toEqual({})
})

describe('the dialect', () => {
  it('is noticed request by request: what was bent for is in the entry, in body, filter and address alike', async () => {
    replies = [
      () => ({ outcome: 'created', resource: nora }),
      () => ({ outcome: 'list', total: 0, resources: [] }),
      () => ({ outcome: 'changed', resource: nora }),
    ]
    const headers = { 'User-Agent': 'OneLogin SCIM' }
    const body = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'nora@acme.test', active: 'True' }
    await send('/scim/v2/Users', { method: 'POST', body, headers })
    await send(`${tenant}/Users?filter=externalId+eq+jyoung&startindex=0&`, { headers })
    const patch = { Operations: [{ op: 'Replace', path: 'displayName', value: 'Nora' }] }
    await send(`${tenant}/Users/${userId}`, { method: 'PATCH', body: patch, headers })
    expect(entries.map(({ clientProfile, quirks }) => ({ clientProfile, quirks: quirks?.toSorted() }))).toEqual([
      { clientProfile: 'onelogin', quirks: ['instance-not-in-url', 'string-boolean'] },
      {
        clientProfile: 'onelogin',
        quirks: ['open-query', 'parameter-name-case', 'start-index-below-one', 'unquoted-filter-value'],
      },
      { clientProfile: 'onelogin', quirks: ['op-name-case', 'schemas-missing'] },
    ])
  })
})

describe('the provisioning log', () => {
  it('has one entry a request, with who, what and how it ended', async () => {
    replies = [() => ({ outcome: 'created', resource: nora })]
    const created = await send('/scim/v2/Users', {
      method: 'POST',
      body: { userName: 'nora@acme.test', shoeSize: 44 },
      headers: { 'User-Agent': 'Okta SCIM Client 1.0.0', 'X-Request-Id': 'abc-1' },
    })
    await send(`${tenant}/Users`, { token: 'bad' })
    await send(`${tenant}/Users?filter=x`)
    expect(entries).toMatchObject([
      {
        id: created.headers.get('correlation-id'),
        instanceId: acme,
        apiKeyId: keyId,
        clientProfile: 'okta',
        method: 'POST',
        resource: 'Users',
        target: { id: userId, name: 'nora@acme.test' },
        outcome: 'success',
        status: 201,
        code: null,
        idpRequestId: 'abc-1',
        droppedAttributes: ['shoeSize'],
      },
      { instanceId: null, apiKeyId: null, outcome: 'refused', status: 401, code: 'token-invalid' },
      { instanceId: acme, outcome: 'refused', status: 400, scimType: 'invalidFilter', code: 'filter-invalid' },
    ])
    expect(JSON.stringify(entries)).not.toContain('good')
  })
})
