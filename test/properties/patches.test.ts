import { diff } from '@user-provisioning/scim/diff'
import { equalJson, type JsonObject, type JsonValue } from '@user-provisioning/scim/json'
import { memberChanges } from '@user-provisioning/scim/member-changes'
import { applyPatch, parsePatch } from '@user-provisioning/scim/patch'
import { presentUser } from '@user-provisioning/scim/present'
import { readResource } from '@user-provisioning/scim/resource'
import { groupType, type ResourceType, userType } from '@user-provisioning/scim/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dialects, wished, wishes } from './dialects.ts'
import { storedUser } from './resources.ts'
import { numRuns } from './runs.ts'

const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']
// Operations travel as JSON between being read and being done.
const read = (operations: JsonValue, type: ResourceType) =>
  structuredClone(parsePatch({ schemas, Operations: operations }, type).operations)
const patched = (user: JsonObject, operations: JsonValue) => applyPatch(user, read(operations, userType), userType)

function get(scim: JsonObject): JsonObject {
  const presented = presentUser({ id: 'u', scim, scimVersion: 1, created: 'c', lastModified: 'l', base: '' })
  // Its schemas are a set: an extension that goes and comes again is listed last.
  return { ...presented, schemas: (presented.schemas as string[]).toSorted() }
}

/** A user whose e-mail addresses have each another type, as identity providers keep them. */
const user = storedUser.map((scim) => {
  const emails = (scim.emails ?? []) as JsonObject[]
  const types = ['work', 'home', 'other']
  const own = emails.map((email, index) => ({ ...email, type: types[index] ?? 'none' }))
  return own.length === 0 ? scim : { ...scim, emails: own }
})

test.each(Object.entries(dialects))('a GET after PATCHes %s is what was wished for', (_, write) => {
  fc.assert(
    fc.property(user, wishes, (before, requests) => {
      let stored = before
      for (const request of requests) {
        const { resource, changed } = patched(stored, write(request))
        expect(changed).toBe(!equalJson(stored, resource))
        stored = resource
      }
      expect(get(stored)).toEqual(get(wished(before, requests)))
    }),
    { numRuns },
  )
})

test('a sequence of PATCHes has one outcome, whatever the dialect of each', () => {
  fc.assert(
    fc.property(
      user,
      wishes,
      fc.infiniteStream(fc.constantFrom(...Object.values(dialects))),
      (before, requests, mixed) => {
        const outcome = (dialectOf: () => (typeof dialects)[string]) =>
          requests.reduce((stored, request) => patched(stored, dialectOf()(request)).resource, before)
        const outcomes = [
          ...Object.values(dialects).map((write) => outcome(() => write)),
          outcome(() => mixed.next().value as (typeof dialects)[string]),
        ]
        for (const each of outcomes) expect(each).toEqual(outcomes[0])
      },
    ),
    { numRuns },
  )
})

test('what differs between two users, as a PATCH of one, gives the other', () => {
  fc.assert(
    fc.property(storedUser, storedUser, (before, after) => {
      const operations = diff(before, after).map((difference) =>
        difference.new === null
          ? { op: 'remove', path: difference.path }
          : { op: 'replace', path: difference.path, value: difference.new },
      )
      expect(patched(before, operations).resource).toEqual(after)
      expect(diff(after, after)).toEqual([])
    }),
    { numRuns },
  )
})

test('a user that was read is read again as it is, and a PATCH with all of it changes nothing', () => {
  fc.assert(
    fc.property(storedUser, (scim) => {
      expect(readResource(get(scim), userType, 'replace').resource).toEqual(scim)
      expect(patched(scim, [{ op: 'replace', value: get(scim) }])).toEqual({ resource: scim, changed: false })
    }),
    { numRuns },
  )
})

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const change = fc.record({
  kind: fc.constantFrom('add', 'remove'),
  ids: fc.uniqueArray(id, { minLength: 1, maxLength: 3 }),
})
const memberDialects: Readonly<Record<string, (kind: string, ids: readonly string[]) => JsonObject[]>> = {
  entra: (kind, ids) => [
    { op: kind === 'add' ? 'Add' : 'Remove', path: 'members', value: ids.map((value) => ({ $ref: null, value })) },
  ],
  byFilter: (kind, ids) =>
    ids.map((value) =>
      kind === 'add'
        ? { op: 'add', path: 'members', value: [{ value }] }
        : { op: 'remove', path: `members[value eq ${JSON.stringify(value)}]` },
    ),
  okta: (kind, ids) =>
    kind === 'add'
      ? [{ op: 'add', path: 'members', value: ids.map((value) => ({ value, display: 'x' })) }]
      : [{ op: 'remove', path: `members[${ids.map((value) => `value eq "${value}"`).join(' or ')}]` }],
  texts: (kind, ids) => [{ op: kind, path: 'Members', value: [...ids] }],
  noPath: (kind, ids) =>
    kind === 'add'
      ? [{ op: 'add', value: { members: ids.map((value) => ({ value })) } }]
      : ids.map((value) => ({ op: 'Remove', path: 'members', value: { value } })),
}

test('changes of members have one outcome, whatever the dialect of each', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(id),
      fc.array(fc.tuple(change, fc.constantFrom(...Object.values(memberDialects))), { maxLength: 6 }),
      (before, changes) => {
        const expected = new Set<string>(before)
        for (const [{ kind, ids }] of changes)
          for (const value of ids) expected[kind === 'add' ? 'add' : 'delete'](value)
        const written = changes.flatMap(([{ kind, ids }, write]) => write(kind, ids))
        const { replaceAll, add, remove, rest } = memberChanges(read(written, groupType), groupType)
        const members = new Set<string>(before)
        for (const value of remove) members.delete(value)
        for (const { value } of add) members.add(value)
        expect([members, replaceAll, rest]).toEqual([expected, null, []])
      },
    ),
    { numRuns },
  )
})
