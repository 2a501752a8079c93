import { newId } from '@user-provisioning/contracts/ids'
import { startStores } from '@user-provisioning/devstack/stores'
import { escapeKey, escapeKeys } from '@user-provisioning/mongo/key-escaping'
import { matcher } from '@user-provisioning/scim/filter-match'
import { toMongoQuery } from '@user-provisioning/scim/filter-mongo'
import { parseFilter } from '@user-provisioning/scim/filter-parser'
import { printFilter } from '@user-provisioning/scim/filter-print'
import { searchTree } from '@user-provisioning/scim/fold'
import type { JsonObject } from '@user-provisioning/scim/json'
import { presentUser } from '@user-provisioning/scim/present'
import { userType } from '@user-provisioning/scim/schema'
import fc from 'fast-check'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filterText } from './filters.ts'
import { storedUser } from './resources.ts'
import { numRuns } from './runs.ts'

const stack = new AsyncDisposableStack()
let documents: mongoose.mongo.Db

beforeAll(async () => {
  const stores = stack.use(await startStores())
  const connection = await mongoose.createConnection(stores.mongodbUri, { dbName: `properties-${newId()}` }).asPromise()
  stack.defer(() => connection.close())
  if (connection.db === undefined) throw new Error('not connected')
  documents = connection.db
}, 180_000)
afterAll(() => stack.disposeAsync(), 60_000)

const ms = fc.integer({ min: 0, max: 3 })
const user = fc.record({ scim: storedUser, created: ms, lastModified: ms })
type User = typeof user extends fc.Arbitrary<infer Value> ? Value : never
const instant = (after: number) => new Date(Date.UTC(2026, 0, 1) + after)

function presented({ scim, created, lastModified }: User, id: string): JsonObject {
  const dates = { created: instant(created).toISOString(), lastModified: instant(lastModified).toISOString() }
  return presentUser({ id, scim, scimVersion: 1, base: '', ...dates })
}

function stored({ scim, created, lastModified }: User, id: string) {
  const meta = { created: instant(created), lastModified: instant(lastModified) }
  return { _id: id, scim: escapeKeys(scim), search: escapeKeys(searchTree(scim, userType)), meta }
}

test('MongoDB finds the users that a filter matches in memory, and no other', async () => {
  const found = { some: 0, none: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(user, { minLength: 1, maxLength: 6 }), filterText, async (users, text) => {
      const filter = parseFilter(text, userType)
      const { query } = toMongoQuery(filter, {
        type: userType,
        escapeKey,
        resolveReference: ({ attribute }) => expect.unreachable(`${attribute} is not in the document`),
      })
      const isMatch = matcher(filter)
      const ids = users.map((_, index) => `U${index}`)
      const expected = ids.filter((id, index) => users[index] && isMatch(presented(users[index], id)))
      const rows = ids.map((id, index) => users[index] && stored(users[index], id))
      const answer = await documents
        .aggregate([{ $documents: { $literal: rows } }, { $match: query }, { $project: { _id: 1 } }])
        .toArray()
      expect(answer.map(({ _id }) => String(_id))).toEqual(expected)
      found[expected.length === 0 ? 'none' : 'some'] += 1
    }),
    { numRuns },
  )
  // A test that never finds anybody, or always everybody, proves nothing.
  expect(found.some).toBeGreaterThan(numRuns / 10)
  expect(found.none).toBeGreaterThan(numRuns / 10)
})

test('a printed filter is parsed to the same filter', () => {
  fc.assert(
    fc.property(filterText, (text) => {
      const filter = parseFilter(text, userType)
      const printed = printFilter(filter)
      expect(parseFilter(printed, userType)).toEqual(filter)
      expect(printFilter(parseFilter(printed, userType))).toBe(printed)
    }),
    { numRuns },
  )
})
