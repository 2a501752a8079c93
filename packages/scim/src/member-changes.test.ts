import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from './json.ts'
import { type MemberChanges, memberChanges, takeMembers } from './member-changes.ts'
import { parsePatch } from './patch.ts'
import { groupType } from './schema.ts'

const changes = (...operations: JsonValue[]): MemberChanges =>
  memberChanges(JSON.parse(JSON.stringify(parsePatch({ Operations: operations }, groupType).operations)), groupType)
const none = { replaceAll: null, add: [], remove: [], rest: [] }
const members = (...ids: string[]) => ids.map((value) => ({ value }))

describe('what a PATCH does to members', () => {
  test.each<[string, JsonValue[], Partial<MemberChanges>]>([
    [
      'Add with $ref null',
      [{ op: 'Add', path: 'members', value: [{ $ref: null, value: 'a' }] }],
      { add: members('a') },
    ],
    [
      'add of many, twice the same',
      [{ op: 'add', path: 'members', value: members('a', 'b', 'a') }],
      { add: members('a', 'b') },
    ],
    ['add of a bare text', [{ op: 'Add', path: 'members', value: 'a' }], { add: members('a') }],
    [
      'add of one object',
      [{ op: 'Add', path: 'Members', value: { Value: 'a', displayName: 'A' } }],
      { add: members('a') },
    ],
    ['add without a path', [{ op: 'add', value: { members: members('a') } }], { add: members('a') }],
    [
      'add of a group',
      [{ op: 'add', path: 'members', value: [{ value: 'g', type: 'Group' }] }],
      { add: [{ value: 'g', type: 'Group' }] },
    ],
    [
      'Remove with a value list',
      [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: 'a' }] }],
      { remove: ['a'] },
    ],
    ['Remove with an empty value list', [{ op: 'Remove', path: 'members', value: [] }], {}],
    ['remove through a filter', [{ op: 'remove', path: 'members[value eq "a"]' }], { remove: ['a'] }],
    ['remove through an or', [{ op: 'remove', path: 'members[value eq "a" or value eq "b"]' }], { remove: ['a', 'b'] }],
    ['remove of all', [{ op: 'remove', path: 'members' }], { replaceAll: [] }],
    [
      'replace of all',
      [{ op: 'replace', path: 'members', value: members('a', 'a', 'b') }],
      { replaceAll: members('a', 'b') },
    ],
    ['replace by none', [{ op: 'replace', path: 'members', value: [] }], { replaceAll: [] }],
    ['replace by null', [{ op: 'replace', value: { members: null } }], { replaceAll: [] }],
    [
      'remove and add in one PATCH',
      [
        { op: 'remove', path: 'members[value eq "a"]' },
        { op: 'add', path: 'members', value: members('b') },
      ],
      { add: members('b'), remove: ['a'] },
    ],
    [
      'the last word on one member',
      [
        { op: 'add', path: 'members', value: members('a', 'b') },
        { op: 'remove', path: 'members[value eq "a"]' },
        { op: 'remove', path: 'members[value eq "c"]' },
        { op: 'add', path: 'members', value: members('c') },
      ],
      { add: members('b', 'c'), remove: ['a'] },
    ],
    [
      'changes after a replace',
      [
        { op: 'add', path: 'members', value: members('z') },
        { op: 'replace', path: 'members', value: members('a', 'b') },
        { op: 'remove', path: 'members', value: members('a') },
        { op: 'add', path: 'members', value: members('c') },
      ],
      { replaceAll: members('b', 'c') },
    ],
    [
      'a member exchanged',
      [{ op: 'replace', path: 'members[value eq "a"]', value: { value: 'b' } }],
      { add: members('b'), remove: ['a'] },
    ],
    ["a member's name", [{ op: 'replace', value: { 'members[value eq "a"].display': 'x' } }], {}],
  ])('%s', (_, operations, expected) => {
    expect(changes(...operations)).toEqual({ ...none, ...expected })
  })

  test('everything else is left over, in order', () => {
    expect(
      changes(
        { op: 'replace', value: { id: 'g', displayName: 'Crew', members: members('a') } },
        { op: 'Replace', path: 'externalId', value: 'x' },
      ),
    ).toEqual({
      ...none,
      replaceAll: members('a'),
      rest: [
        { op: 'replace', path: 'displayName', value: 'Crew' },
        { op: 'replace', path: 'externalId', value: 'x' },
      ],
    })
  })

  test.each<[JsonValue, string]>([
    [{ op: 'add', path: 'members', value: [1, null, []] }, 'value-invalid'],
    [{ op: 'add', path: 'members', value: [{ display: 'x', type: 'User' }] }, 'value-invalid'],
    [{ op: 'remove', path: 'members[type eq "User"]' }, 'path-invalid'],
    [{ op: 'remove', path: 'members[not (value eq "a")]' }, 'path-invalid'],
    [{ op: 'replace', path: 'members[value eq "a"].display', value: 'x' }, 'attribute-read-only'],
  ])('%j is refused: %s', (operation, code) => {
    expect(() => changes(operation)).toThrow(expect.objectContaining({ code }))
  })
})

test('the changes lead to the same members as the operations one by one', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd')
  const ids = fc.array(id, { maxLength: 3 })
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), ids }),
    fc.record({ kind: fc.constant('remove' as const), ids }),
    fc.record({ kind: fc.constant('replace' as const), ids }),
  )
  fc.assert(
    fc.property(ids, fc.array(operation, { maxLength: 5 }), (before, operations) => {
      let expected = new Set(before)
      for (const { kind, ids } of operations) {
        if (kind === 'replace') expected = new Set(ids)
        else for (const value of ids) kind === 'add' ? expected.add(value) : expected.delete(value)
      }
      const written = operations.map(({ kind, ids }) => ({ op: kind, path: 'members', value: members(...ids) }))
      const { replaceAll, add, remove } = changes(...written)
      const result = new Set(replaceAll === null ? before : replaceAll.map(({ value }) => value))
      for (const value of remove) result.delete(value)
      for (const { value } of add) result.add(value)
      expect(result).toEqual(expected)
      expect(add.filter(({ value }) => remove.includes(value))).toEqual([])
    }),
  )
})

test('members are taken out of a group, each once', () => {
  expect(takeMembers({ displayName: 'Crew', members: [{ value: 'a' }, { value: 'a' }] })).toEqual({
    resource: { displayName: 'Crew' },
    members: members('a'),
  })
  expect(takeMembers({ displayName: 'Crew', members: [] }).members).toEqual([])
  expect(takeMembers({ displayName: 'Crew' }).members).toBeNull()
})

test('what is chosen by a filter goes, comes, or is replaced', () => {
  const chosen = 'members[value eq "a" or value eq "b"]'
  expect(changes({ op: 'remove', path: chosen })).toMatchObject({ replaceAll: null, add: [], remove: ['a', 'b'] })
  expect(changes({ op: 'replace', path: chosen, value: '' })).toMatchObject({ add: [], remove: ['a', 'b'] })
  expect(changes({ op: 'add', path: chosen, value: { type: 'User' } })).toMatchObject({
    add: members('a', 'b'),
    remove: [],
  })
  expect(changes({ op: 'replace', path: chosen, value: { value: 'c' } })).toMatchObject({
    add: members('c'),
    remove: ['a', 'b'],
  })
  expect(changes({ op: 'add', path: `${chosen}.type`, value: 'User' })).toMatchObject({ add: [], remove: [] })
})

test('members of other kinds keep their type; one that has no id, and a filter on another part, are refused', () => {
  const typed = [
    { value: 'u', type: 'User' },
    { value: 'g', type: 'Group' },
    { value: 'x', type: 'Robot' },
  ]
  expect(changes({ op: 'add', path: 'members', value: typed }).add).toEqual([
    { value: 'u', type: 'User' },
    { value: 'g', type: 'Group' },
    { value: 'x' },
  ])
  expect(() => takeMembers({ members: [{ value: '' }] })).toThrow('an object with the id of a member as its value')
  expect(() => takeMembers({ members: [{ value: 5 }] })).toThrow('an object with the id of a member as its value')
  const fault = { path: 'members[type eq "User"]', position: '8', why: 'members can only be chosen by value eq "<id>"' }
  expect(() => changes({ op: 'remove', path: 'members[type eq "User"]' })).toThrow(
    expect.objectContaining({ slots: fault }),
  )
  expect(() => changes({ op: 'remove', path: 'members[value pr]' })).toThrow(
    expect.objectContaining({ code: 'path-invalid' }),
  )
  expect(() => changes({ op: 'remove', path: 'members[value ne "a"]' })).toThrow(
    expect.objectContaining({ code: 'path-invalid' }),
  )
})
