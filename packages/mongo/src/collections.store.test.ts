import { newId } from '@user-provisioning/contracts/ids'
import { startStores } from '@user-provisioning/devstack/stores'
import { createLogger } from '@user-provisioning/runtime/logging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineCollection } from './collection-definition.ts'
import { connectMongo, type Mongo } from './connection.ts'
import { escapePath } from './key-escaping.ts'
import { duplicateKeyOf, isTimeLimitExceeded, isTransient, UnmetExpectation } from './store-errors.ts'
import { insert, remove, update } from './write.ts'

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const log = createLogger({ service: 'mongo', replica: 'test', level: 'fatal' })

interface User {
  _id: string
  instanceId: string
  userName: string
  version: number
  scim: Record<string, unknown>
}

const users = defineCollection<User>({
  name: 'users',
  scope: 'instance',
  schema: { userName: String, version: Number, scim: Object },
  indexes: [
    { keys: { instanceId: 1, userName: 1 }, options: { unique: true, name: 'userName' } },
    { keys: { instanceId: 1, [escapePath(['scim', enterprise, 'department'])]: 1 }, options: { name: 'department' } },
  ],
})
const claims = defineCollection<{ _id: string; userId: string; instanceId?: string }>({
  name: 'claims',
  scope: 'global',
  schema: { userId: String, instanceId: String },
})

const stack = new AsyncDisposableStack()
let mongo: Mongo
beforeAll(async () => {
  const stores = stack.use(await startStores())
  mongo = stack.use(await connectMongo({ uri: stores.mongodbUri, database: `mongo-${newId()}`, log }))
  stack.defer(async () => void (await mongo.native.dropDatabase()))
  await mongo.ensureIndexes([users, claims])
})
afterAll(() => stack.disposeAsync())

/** Two instances of one test's own, each with a user `anna`. */
async function twoInstances() {
  const [mine, theirs] = [newId(), newId()]
  const anna = { userName: 'anna', version: 1, scim: { active: true } }
  const [myAnna, theirAnna] = [newId(), newId()]
  await mongo.apply([insert(users, mine, { ...anna, _id: myAnna }), insert(users, theirs, { ...anna, _id: theirAnna })])
  return { mine, theirs, myAnna, theirAnna }
}

describe('a handle bound to an instance', () => {
  test.each([
    ['the other instance', (theirs: string) => ({ instanceId: theirs })],
    ['any of both', (theirs: string) => ({ $or: [{ instanceId: theirs }, { userName: 'anna' }] })],
    ['every instance', () => ({ instanceId: { $exists: true } })],
    ['not its own', () => ({ $nor: [{ instanceId: 'none' }] })],
    ['everything', () => ({})],
  ])('reads nothing of another with a filter for %s', async (_, filterOf) => {
    const { mine, theirs } = await twoInstances()
    const bound = mongo.bound(users, mine)
    const filter = filterOf(theirs)
    const read: (User | undefined)[] = [...(await bound.find(filter)), await bound.findOne(filter)]
    for await (const user of bound.each(filter)) read.push(user)
    expect(read.filter((user) => user?.instanceId === theirs)).toEqual([])
    expect(await bound.count(filter)).toBe((await bound.find(filter)).length)
  })

  test('changes and removes nothing of another, even by its id', async () => {
    const { mine, theirs, theirAnna } = await twoInstances()
    const bound = mongo.bound(users, mine)
    await mongo.apply([
      bound.update({ _id: theirAnna }, { $set: { version: 9 } }, { expect: 'any' }),
      bound.update({ instanceId: theirs }, { $set: { version: 9 } }, { expect: 'any' }),
      bound.remove({ _id: theirAnna }, { expect: 'any' }),
      bound.remove({ instanceId: theirs }, { expect: 'any' }),
    ])
    expect(await mongo.bound(users, theirs).find({})).toMatchObject([{ _id: theirAnna, version: 1 }])
    const takeOver = bound.update({ _id: theirAnna }, { $set: { version: 9 } }, { upsert: true })
    await expect(mongo.apply([takeOver])).rejects.toThrow()
    expect(await mongo.bound(users, theirs).findOne({ _id: theirAnna })).toMatchObject({ version: 1 })
  })

  test('inserts by upsert into its own instance', async () => {
    const { mine } = await twoInstances()
    const id = newId()
    const change = { $set: { userName: 'ben' }, $setOnInsert: { version: 1 } }
    await mongo.apply([mongo.bound(users, mine).update({ _id: id }, change, { upsert: true })])
    expect(await mongo.bound(users, mine).findOne({ _id: id })).toEqual({
      _id: id,
      instanceId: mine,
      userName: 'ben',
      version: 1,
    })
  })

  test('reads several instances at once, each document only under the instance named with it', async () => {
    const { mine, theirs, myAnna, theirAnna } = await twoInstances()
    const own = await mongo.readByIds(users, [
      { instanceId: mine, id: myAnna },
      { instanceId: theirs, id: theirAnna },
    ])
    expect(own.map(({ _id }) => _id).toSorted()).toEqual([myAnna, theirAnna].toSorted())
    expect(await mongo.readByIds(users, [{ instanceId: mine, id: theirAnna }])).toEqual([])
    await mongo.apply([insert(claims, null, { _id: theirAnna, userId: 'a', instanceId: theirs })])
    const together = await mongo.readTogether({
      own: { definition: users, keys: [{ instanceId: mine, id: myAnna }] },
      foreign: { definition: users, keys: [{ instanceId: mine, id: theirAnna }] },
      claims: { definition: claims, keys: [{ instanceId: null, id: theirAnna }] },
      none: { definition: claims, keys: [] },
    })
    expect(together).toMatchObject({ own: [{ _id: myAnna }], foreign: [], claims: [{ _id: theirAnna }], none: [] })
    const byName = await mongo.findInEach(users, [
      { instanceId: mine, filter: { userName: 'anna' } },
      { instanceId: theirs, filter: { userName: 'nobody' } },
    ])
    expect(byName).toMatchObject([{ _id: myAnna }])
  })

  test('is not to be had for a collection of the other scope', () => {
    expect(() => mongo.bound(claims as never, 'i')).toThrow('not bound to instances')
    expect(() => mongo.global(users)).toThrow('bound to instances')
    expect(() => mongo.bound(users, '')).toThrow('name one')
  })
})

describe('names with dots and dollars', () => {
  const scim = {
    [enterprise]: { department: 'Tax', manager: { $ref: '../Users/1', value: '1' } },
    list: [{ 'a.b': { $c: [{ '%': 1, '': 2 }] } }],
  }

  test('come back from the store as they were written, within lists too', async () => {
    const { mine } = await twoInstances()
    const id = newId()
    await mongo.apply([insert(users, mine, { _id: id, userName: id, version: 1, scim })])
    expect((await mongo.bound(users, mine).findOne({ _id: id }))?.scim).toEqual(scim)
  })

  test('are found, changed and removed by paths made of the same names', async () => {
    const { mine } = await twoInstances()
    const bound = mongo.bound(users, mine)
    const id = newId()
    await mongo.apply([bound.insert({ _id: id, userName: id, version: 1, scim })])
    const department = escapePath(['scim', enterprise, 'department'])
    const reference = escapePath(['scim', enterprise, 'manager', '$ref'])
    expect(await bound.find({ [department]: 'Tax' })).toHaveLength(1)
    await mongo.apply([
      bound.update({ [department]: 'Tax' }, { $set: { [department]: 'Law' }, $unset: { [reference]: 1 } }),
    ])
    expect((await bound.findOne({ _id: id }))?.scim).toMatchObject({
      [enterprise]: { department: 'Law', manager: { value: '1' } },
    })
    expect((await bound.findOne({ _id: id }, { projection: { [department]: 1 } }))?.scim).toEqual({
      [enterprise]: { department: 'Law' },
    })
  })
})

describe('a transaction', () => {
  test('writes all or nothing, and says which unique value was there already', async () => {
    const { mine } = await twoInstances()
    const bound = mongo.bound(users, mine)
    const failing = mongo.apply([
      bound.insert({ _id: newId(), userName: 'carl', version: 1, scim: {} }),
      bound.insert({ _id: newId(), userName: 'anna', version: 1, scim: {} }),
    ])
    const err = await failing.catch((caught: unknown) => caught)
    expect(duplicateKeyOf(err)).toEqual({
      collection: 'users',
      index: 'userName',
      keyValue: { instanceId: mine, userName: 'anna' },
    })
    expect(isTransient(err)).toBe(false)
    expect(await bound.count({ userName: 'carl' })).toBe(0)
  })

  test.each(['update', 'remove'] as const)('with an unmet %s writes nothing', async (kind) => {
    const { mine, myAnna } = await twoInstances()
    const bound = mongo.bound(users, mine)
    const stale = { _id: myAnna, version: 7 }
    const unmet = kind === 'update' ? bound.update(stale, { $inc: { version: 1 } }) : bound.remove(stale)
    const writes = [
      bound.insert({ _id: newId(), userName: 'dora', version: 1, scim: {} }),
      bound.update({ _id: myAnna }, { $set: { 'scim.title': 'x' } }, { expect: 'any' }),
      unmet,
    ]
    await expect(mongo.apply(writes)).rejects.toThrow(UnmetExpectation)
    expect(await bound.find({})).toMatchObject([{ userName: 'anna', scim: { active: true } }])
  })

  test('keeps the order of the writes of one collection: a name is freed before it is taken', async () => {
    const name = newId()
    await mongo.apply([insert(claims, null, { _id: name, userId: 'a' })])
    await mongo.apply([
      remove(claims, null, { _id: name, userId: 'a' }),
      insert(claims, null, { _id: name, userId: 'b' }),
      update(claims, null, { _id: name, userId: 'b' }, { $set: { userId: 'c' } }),
    ])
    expect(await mongo.global(claims).findOne({ _id: name })).toEqual({ _id: name, userId: 'c' })
  })

  test('counts each expectation by itself: many matches of one write do not make up for the lack of another', async () => {
    const { mine, myAnna } = await twoInstances()
    const bound = mongo.bound(users, mine)
    await mongo.apply([bound.insert({ _id: newId(), userName: 'ben', version: 1, scim: {} })])
    const writes = [
      bound.update({}, { $inc: { version: 1 } }, { expect: 'any' }),
      bound.update({ _id: myAnna, version: 99 }, { $inc: { version: 1 } }),
    ]
    await expect(mongo.apply(writes)).rejects.toThrow(UnmetExpectation)
  })
})

test('what is there already is not inserted again, and what is new is', async () => {
  const { mine } = await twoInstances()
  const docs = ['a', 'b'].map((name) => ({
    _id: `${mine}/${name}`,
    instanceId: mine,
    userName: name,
    version: 1,
    scim: {},
  }))
  expect(await mongo.insertAbsent(users, docs.slice(0, 1))).toEqual(new Set([`${mine}/a`]))
  expect(await mongo.insertAbsent(users, docs)).toEqual(new Set([`${mine}/b`]))
  expect(await mongo.bound(users, mine).count({})).toBe(3)
})

test('indexes are made by several processes at once, and again, without harm', async () => {
  await Promise.all(Array.from({ length: 4 }, () => mongo.ensureIndexes([users, claims])))
  expect((await mongo.native.collection('users').indexes()).map(({ name }) => name).toSorted()).toEqual([
    '_id_',
    'department',
    'userName',
  ])
})

test('a read past its time limit is told from one to be repeated', async () => {
  const { mine } = await twoInstances()
  const slow = mongo.bound(users, mine).find({ $where: 'sleep(200) || true' }, { maxTimeMs: 20 })
  const err = await slow.catch((caught: unknown) => caught)
  expect(isTimeLimitExceeded(err)).toBe(true)
  expect(isTransient(err)).toBe(false)
})

test('connecting goes on while nobody answers, until it is given up', async () => {
  const giveUp = AbortSignal.timeout(400)
  const options = { uri: 'mongodb://127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=50', database: 'none', log }
  await expect(connectMongo({ ...options, signal: giveUp })).rejects.toThrow()
  expect(giveUp.aborted).toBe(true)
  await expect(connectMongo({ ...options, uri: 'not an address' })).rejects.toThrow()
})
