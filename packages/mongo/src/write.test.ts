import { describe, expect, test } from 'vitest'
import { defineCollection } from './collection-definition.ts'
import { bindQuery, insert, remove, update } from './write.ts'

interface User {
  _id: string
  instanceId: string
  userName: string
  version: number
  scim: object
  meta?: { created: Date }
}

const users = defineCollection<User>({
  name: 'users',
  scope: 'instance',
  schema: {
    userName: { type: String, required: true },
    version: { type: Number, required: true },
    scim: Object,
    meta: { created: Date },
  },
})
const names = defineCollection<{ _id: string; userId: string }>({
  name: 'userNames',
  scope: 'global',
  schema: { userId: String },
})
const anna = { _id: 'u1', userName: 'anna', version: 1, scim: {} }

describe('a write', () => {
  test('carries its instance, whatever the document says', () => {
    expect(insert(users, 'i1', anna)).toMatchObject({ doc: { instanceId: 'i1' } })
    expect(() => insert(users, 'i1', { ...anna, instanceId: 'i2' })).toThrow('another instance')
  })

  test.each([
    ['$set', { $set: { instanceId: 'i2' } }],
    ['$unset', { $unset: { instanceId: 1 } }],
    ['$setOnInsert', { $setOnInsert: { 'instanceId.x': 1 } }],
    ['$inc', { $inc: { instanceId: 1 } }],
  ])('never moves a document to another instance by %s', (_, change) => {
    expect(() => update(users, 'i1', { _id: 'u1' }, change)).toThrow('instanceId never changes')
  })

  test.each([
    ['nothing', null],
    ['an empty name', ''],
  ])('to a collection bound to instances is refused for %s', (_, instanceId) => {
    expect(() => insert(users, instanceId, anna)).toThrow('name one')
    expect(() => update(users, instanceId, {}, { $set: { version: 2 } })).toThrow('name one')
    expect(() => remove(users, instanceId, {})).toThrow('name one')
  })

  test('of a member that is not declared is refused', () => {
    expect(() => insert(users, 'i1', { ...anna, admin: true } as never)).toThrow('users: admin is not declared')
    expect(() => update(users, 'i1', {}, { $set: { 'admin.x': true } })).toThrow('admin.x is not declared')
    expect(() => update(users, 'i1', {}, { $push: { roles: { $each: ['admin'] } } })).toThrow('roles is not declared')
  })

  test('of a value of another type is refused', () => {
    expect(() => insert(users, 'i1', { ...anna, version: '1' } as never)).toThrow('version is not of type Number')
    expect(() => insert(users, 'i1', { ...anna, meta: { created: 'now' } } as never)).toThrow('meta.created')
    expect(() => update(users, 'i1', {}, { $set: { userName: { $ne: '' } } })).toThrow('userName is not of type String')
  })

  test('of a document that lacks a required member is refused', () => {
    expect(() => insert(users, 'i1', { _id: 'u1', version: 1, scim: {} } as never)).toThrow('userName is missing')
  })

  test('may be global where the collection is', () => {
    expect(insert(names, null, { _id: 'anna', userId: 'u1' })).toMatchObject({ doc: { _id: 'anna' } })
  })

  test('that may insert says under which id', () => {
    const change = { $set: { version: 1 } }
    expect(() => update(users, 'i1', { userName: 'anna' }, change, { upsert: true })).toThrow('_id')
    expect(() => update(users, 'i1', { _id: 'u1' }, change, { upsert: true })).not.toThrow()
  })

  test('escapes names in values and leaves paths to the caller', () => {
    const written = update(users, 'i1', { _id: 'u1' }, { $set: { 'scim.x%2Ey': { 'a.b': [{ $ref: 1 }] } } })
    expect(written).toMatchObject({ change: { $set: { 'scim.x%2Ey': { 'a%2Eb': [{ '%24ref': 1 }] } } } })
  })
})

describe('a filter', () => {
  test('is AND-ed under its instance, also when it names another', () => {
    expect(bindQuery(users, 'i1', { instanceId: 'i2' })).toEqual({
      $and: [{ instanceId: { $eq: 'i1' } }, { instanceId: 'i2' }],
    })
  })

  test.each([
    [{ _id: undefined }],
    [{ $or: [{ _id: 'a' }, { userName: undefined }] }],
    [{ version: { $gt: undefined } }],
  ])('with an undefined value is refused, since it would match what lacks the member: %j', (filter) => {
    expect(() => bindQuery(users, 'i1', filter)).toThrow('undefined')
  })
})

test('a unique index that does not begin with the instance is refused, since instances would see each other by it', () => {
  const options = { name: 'users', scope: 'instance', schema: { userName: String } } as const
  const index = (keys: Record<string, 1>) => [{ keys, options: { unique: true } }]
  expect(() => defineCollection({ ...options, indexes: index({ userName: 1 }) })).toThrow('begins with instanceId')
  expect(() => defineCollection({ ...options, indexes: index({ instanceId: 1, userName: 1 }) })).not.toThrow()
})
