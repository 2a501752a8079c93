import { expect, test } from 'vitest'
import { attribute } from '../fixtures/attribute.ts'
import { requireImmutableKept } from './immutable.ts'
import type { JsonObject } from './json.ts'
import { type ResourceType, userType } from './schema.ts'

const part = {
  type: 'complex',
  subAttributes: [attribute('no', { mutability: 'immutable' }), attribute('key')],
} as const
const attributes = [
  attribute('once', { mutability: 'immutable' }),
  attribute('free'),
  attribute('cabin', part),
  attribute('cabins', { ...part, multiValued: true }),
]
const id = 'urn:acme:Ship:2.0:User'
const type: ResourceType = {
  ...userType,
  schema: { ...userType.schema, attributes },
  extensions: [{ id, name: '', description: '', attributes }],
}

test.each<[JsonObject, JsonObject, string | null]>([
  [{}, { once: 'a' }, null],
  [{ once: 'a', free: 'b' }, { once: 'a', free: 'c' }, null],
  [{ once: 'a' }, { once: 'b' }, 'once'],
  [{ once: 'a' }, {}, 'once'],
  [{ cabin: { no: 1, key: 'x' } }, { cabin: { no: 1, key: 'y' } }, null],
  [{ cabin: { key: 'x' } }, { cabin: { no: 1 } }, null],
  [{ cabin: { no: 1 } }, { cabin: { no: 2 } }, 'cabin.no'],
  [{ cabin: { no: 1 } }, {}, 'cabin.no'],
  [{ cabin: 'odd' }, { cabin: { no: 2 } }, null],
  [{ cabins: [{ no: 1 }] }, { cabins: [{ no: 2 }] }, null],
])('from %j to %j: %s', (before, after, refused) => {
  const change = (old: JsonObject, now: JsonObject) => () => requireImmutableKept(old, now, type)
  if (refused === null) {
    expect(change(before, after)).not.toThrow()
    expect(change({ [id]: before }, { [id]: after })).not.toThrow()
  } else {
    const fault = (name: string) => expect.objectContaining({ code: 'attribute-read-only', slots: { attribute: name } })
    expect(change(before, after)).toThrow(fault(refused))
    expect(change({ [id]: before }, { [id]: after })).toThrow(fault(`${id}:${refused}`))
  }
})
