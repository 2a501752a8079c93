import { describe, expect, it } from 'vitest'
import { namedIn, referredBulkId, replaceNamed, splitCreate } from './bulk-references.ts'
import { type BulkAction, readBulkAction, readBulkRequest } from './bulk-request.ts'
import type { JsonObject } from './json.ts'

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const own = 'urn:acme:params:scim:schemas:extension:desk:1.0:User'

function read(operation: JsonObject): BulkAction {
  const [sent] = readBulkRequest({ Operations: [operation] }, 1).operations
  if (sent === undefined) throw new Error('nothing was read')
  return readBulkAction(sent)
}

const post = (path: string, data: JsonObject) => read({ method: 'POST', path, bulkId: 'self', data }) as Create
type Create = Extract<BulkAction, { method: 'POST' }>
const patch = (path: string, ...Operations: JsonObject[]) => read({ method: 'PATCH', path, data: { Operations } })

const bulkIdsIn = (action: BulkAction) =>
  new Set([...namedIn(action, (named) => referredBulkId(named) !== undefined)].map(referredBulkId))
const resolved = (action: BulkAction) => replaceNamed(action, (named) => named.replace(/^bulkId:/i, 'id-of-'))

describe('a reference to a bulkId (RFC 7644 section 3.7.2)', () => {
  it.each([
    ['a member', post('/Groups', { displayName: 'Crew', members: [{ value: 'bulkId:a' }, { value: '7' }] })],
    ['a member in short', post('/Groups', { displayName: 'Crew', members: ['bulkId:a'] })],
    ['a manager', post('/Users', { userName: 'x', [enterprise]: { manager: { value: 'bulkId:a' } } })],
    ['a manager as text', post('/Users', { userName: 'x', [enterprise]: { manager: 'bulkId:a' } })],
    ['a manager by its whole name', post('/Users', { userName: 'x', [`${enterprise}:manager`]: 'bulkId:a' })],
    [
      'a manager as an object by its whole name',
      post('/Users', { userName: 'x', [`${enterprise}:manager`]: { value: 'bulkId:a' } }),
    ],
    ['an extension without a schema', post('/Users', { userName: 'x', [own]: { desk: [{ mate: 'bulkId:a' }] } })],
    ['the resource of a PUT', read({ method: 'PUT', path: '/Users/bulkId:a', data: { userName: 'x' } })],
    ['the resource of a DELETE', read({ method: 'DELETE', path: '/Groups/bulkId:a' })],
    ['the resource of a PATCH', patch('/Users/bulkId:a', { op: 'replace', path: 'title', value: 'Mate' })],
    ['a PATCH of members', patch('/Groups/1', { op: 'add', path: 'members', value: [{ value: 'bulkId:a' }] })],
    ['a PATCH without a path', patch('/Groups/1', { op: 'add', value: { members: [{ value: 'bulkId:a' }] } })],
    ['a member chosen by a filter', patch('/Groups/1', { op: 'remove', path: 'members[value eq "bulkId:a"]' })],
    ['a manager by PATCH', patch('/Users/1', { op: 'add', path: `${enterprise}:manager`, value: 'bulkId:a' })],
    ['a PATCH of another extension', patch('/Users/1', { op: 'add', path: `${own}:mate`, value: 'bulkId:a' })],
  ])('is found and replaced in %s', (_, action) => {
    expect(bulkIdsIn(action)).toEqual(new Set(['a']))
    const after = resolved(action)
    expect(bulkIdsIn(after)).toEqual(new Set())
    expect(namedIn(after, () => true)).toContain('id-of-a')
    expect(JSON.stringify(after)).not.toContain('bulkId:a')
  })

  it('is none where text is only text', () => {
    const action = post('/Users', {
      userName: 'bulkId:a',
      displayName: 'bulkId:a',
      externalId: 'bulkId:a',
      title: 'bulkId:a',
    })
    expect(bulkIdsIn(action)).toEqual(new Set())
    expect(resolved(action)).toEqual(action)
    const patched = patch('/Users/1', {
      op: 'replace',
      value: { displayName: 'bulkId:a', emails: [{ value: 'bulkId:a' }] },
    })
    expect(bulkIdsIn(patched)).toEqual(new Set())
  })

  it('may be to any name, and its prefix is read in any case', () => {
    const names = ['__proto__', 'constructor', 'a b', 'bulkId:nested', 'x\ny']
    const members = names.map((name) => `BULKID:${name}`)
    expect(bulkIdsIn(post('/Groups', { displayName: 'Crew', members }))).toEqual(new Set(names))
  })

  it('leaves the action that was read as it was', () => {
    const action = post('/Groups', { displayName: 'Crew', members: ['bulkId:a'] })
    const before = structuredClone(action.given)
    resolved(action)
    expect(action.given).toEqual(before)
  })

  it('keeps an empty list of members, which says something', () => {
    const action = read({ method: 'PUT', path: '/Groups/1', data: { displayName: 'Crew', members: [] } })
    expect(resolved(action)).toEqual(action)
  })
})

describe('a create that closes a circle (RFC 7644 section 3.7.1)', () => {
  it('is cut into one without the members that are not there yet, and the PATCH that adds them', () => {
    const create = post('/Groups', {
      displayName: 'Crew',
      members: ['bulkId:a', '7', { value: 'bulkId:b', type: 'Group' }],
    })
    const split = splitCreate(create, new Set(['b']), 'bulkId:self')
    expect(split.create.given.resource).toEqual({
      displayName: 'Crew',
      members: [{ value: 'bulkId:a' }, { value: '7' }],
    })
    expect(split.link).toMatchObject({
      method: 'PATCH',
      target: 'bulkId:self',
      given: { operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:b', type: 'Group' }] }] },
    })
  })

  it('has the manager added afterwards, and keeps the rest of the extension', () => {
    const create = post('/Users', { userName: 'x', [enterprise]: { manager: 'bulkId:a', department: 'Deck' } })
    const split = splitCreate(create, new Set(['a']), 'bulkId:self')
    expect(split.create.given.resource).toEqual({ userName: 'x', active: true, [enterprise]: { department: 'Deck' } })
    expect(split.link.given.quirks).toEqual([])
    expect(split.link.given.operations).toEqual([{ op: 'add', path: `${enterprise}:manager.value`, value: 'bulkId:a' }])
  })

  it('is created without an extension that has nothing else', () => {
    const create = post('/Users', { userName: 'x', [own]: { mates: ['bulkId:a', 'bulkId:b'] } })
    const split = splitCreate(create, new Set(['a']), 'bulkId:self')
    expect(split.create.given.resource).toEqual({ userName: 'x', active: true })
    expect(split.link.given.operations).toEqual([{ op: 'add', path: `${own}:mates`, value: ['bulkId:a', 'bulkId:b'] }])
  })
})
