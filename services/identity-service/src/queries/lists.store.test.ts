import { newId } from '@user-provisioning/contracts/ids'
import type { Reply } from '@user-provisioning/contracts/reply'
import { startStores } from '@user-provisioning/devstack/stores'
import { connectMongo, type Mongo } from '@user-provisioning/mongo/connection'
import { remove } from '@user-provisioning/mongo/write'
import { createLogger } from '@user-provisioning/runtime/logging'
import { fold, searchTree } from '@user-provisioning/scim/fold'
import { isJsonObject, type JsonObject, type JsonValue, member } from '@user-provisioning/scim/json'
import { enterpriseUserSchema, groupType, userType } from '@user-provisioning/scim/schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blankGroup } from '../groups/group-change.ts'
import { type GroupDocument, groups } from '../groups/group-document.ts'
import { membershipId, memberships } from '../memberships/membership-document.ts'
import { queries } from '../queries.ts'
import { blankUser } from '../users/user-change.ts'
import { type UserDocument, users } from '../users/user-document.ts'
import { findResources } from './find-resources.ts'
import type { QueryOf } from './query.ts'
import { pointReads, type Reading } from './reading.ts'

const stack = new AsyncDisposableStack()
const database = `lists-${newId()}`
let mongo: Mongo
let reading: Reading

beforeAll(async () => {
  const stores = stack.use(await startStores({}))
  const log = createLogger({ service: 'identity-service', replica: 'test', level: 'fatal' })
  mongo = stack.use(await connectMongo({ uri: stores.mongodbUri, database, log }))
  stack.defer(async () => void (await mongo.native.dropDatabase()))
  await mongo.ensureIndexes([users, groups, memberships])
  reading = { ...pointReads(mongo), mappingSets: new Map(), inLane: (_, work) => work() }
})
afterAll(() => stack.disposeAsync())

type Find = 'FindUsers' | 'FindGroups' | 'FindResources'
type ListReply = Extract<Reply, { outcome: 'list' }>
type Asked = Partial<Pick<QueryOf<'FindUsers'>, 'filter' | 'startIndex' | 'count' | 'sortBy' | 'sortOrder' | 'walk'>>

async function find(type: Find, instanceId: string, asked: Asked = {}): Promise<ListReply> {
  const message = {
    type,
    instanceId,
    filter: null,
    startIndex: 1,
    count: 200,
    sortBy: null,
    sortOrder: 'ascending' as const,
    withGroups: false,
    withMembers: false,
    requestId: newId(),
    apiKeyId: 'k',
    at: '',
    deadlineAt: '',
    ...asked,
  }
  const reply = await queries[type](message as never, reading)
  if (reply.outcome !== 'list') throw new Error(JSON.stringify(reply))
  return reply
}

/** All ids of a list, page by page of 7, by index. */
async function byIndex(type: Find, instanceId: string, asked: Asked): Promise<string[]> {
  const ids: string[] = []
  for (;;) {
    const { total, resources } = await find(type, instanceId, { ...asked, startIndex: ids.length + 1, count: 7 })
    ids.push(...resources.map(({ id }) => id))
    if (ids.length >= total) return ids
  }
}

/** All ids of a list, page by page of 7, by cursor; `between` happens before each page but the first. */
async function byCursor(type: Find, instanceId: string, asked: Asked, between?: (ids: string[]) => Promise<void>) {
  const ids: string[] = []
  const pages: ListReply[] = []
  let walk: Asked['walk'] = null
  for (;;) {
    const page: ListReply = await find(type, instanceId, { ...asked, walk, count: 7 })
    pages.push(page)
    ids.push(...page.resources.map(({ id }) => id))
    if (!page.next) return { ids, pages }
    walk = { after: page.next, total: page.total }
    await between?.(ids)
  }
}

function userOf(instanceId: string, scim: JsonObject, more: Partial<UserDocument> = {}): UserDocument {
  const id = newId()
  const userName = String(scim.userName)
  const whole = { active: true, ...scim }
  const blank = blankUser(instanceId, id, new Date())
  return { ...blank, scimSyncId: id, userName, scim: whole, search: searchTree(whole, userType), ...more }
}

function groupOf(instanceId: string, scim: JsonObject): GroupDocument {
  const id = newId()
  const displayName = String(scim.displayName)
  return {
    ...blankGroup(instanceId, id, new Date()),
    scimSyncId: id,
    displayName,
    scim,
    search: searchTree(scim, groupType),
  }
}

async function store(docs: { users?: readonly UserDocument[]; groups?: readonly GroupDocument[] }): Promise<void> {
  await mongo.insertAbsent(users, docs.users ?? [])
  await mongo.insertAbsent(groups, docs.groups ?? [])
}

const pick = <Item>(items: readonly Item[], n: number): Item => items[n % items.length] as Item

/** Sixty users whose values clash, differ in case, and are missing now and then; in no order. */
function motley(instanceId: string): UserDocument[] {
  return Array.from({ length: 60 }, (_, n) => {
    const title = pick(['Bosun', 'bosun', 'Ångström', 'cook', undefined, 'Zed 🚢', 'Ａ'], n * 5 + (n >> 3))
    const value = `${pick('qwertzuiop'.split(''), n * 7)}${n % 4}@x.test`
    const emails = pick(
      [
        undefined,
        [
          { value, type: 'home' },
          { value: `primary-${value}`, type: 'work', primary: true },
        ],
        [{ value: value.toUpperCase(), primary: false }],
        [{ type: 'work' }, { value }],
      ],
      n,
    )
    const scim = {
      userName: `${pick('hgfedcba'.split(''), n)}.${n}@acme.test`,
      active: n % 3 !== 0,
      ...(title === undefined ? {} : { title }),
      ...(emails === undefined ? {} : { emails }),
      ...(n % 5 === 0 ? {} : { externalId: pick(['b', 'B', 'a', 'A'], n) }),
      ...(n % 2 === 0 ? {} : { [enterpriseUserSchema]: { department: pick(['Deck', 'engine', 'Bridge'], n) } }),
    } as JsonObject
    const at = new Date(Date.parse('2026-11-02T09:30:00Z') + ((n * 37) % 20) * 1000)
    return userOf(instanceId, scim, { meta: { created: at, lastModified: at } })
  })
}

/** What a user is sorted by, by RFC 7644 section 3.4.2.3, worked out anew. */
const sortValues: Record<string, (user: UserDocument) => JsonValue | undefined> = {
  userName: ({ scim }) => fold(String(scim.userName)),
  title: ({ scim }) => folded(scim.title),
  externalId: ({ scim }) => scim.externalId,
  active: ({ scim }) => scim.active,
  'emails.value': ({ scim }) => folded(member(chosen(scim.emails), 'value')),
  emails: ({ scim }) => folded(member(chosen(scim.emails), 'value')),
  'emails.type': ({ scim }) => folded(member(chosen(scim.emails), 'type')),
  [`${enterpriseUserSchema}:department`]: ({ scim }) => folded(member(scim[enterpriseUserSchema], 'department')),
  'meta.lastModified': ({ meta }) => meta.lastModified.toISOString(),
  id: ({ _id }) => _id,
  nickName: () => undefined,
}

const folded = (value: JsonValue | undefined) => (typeof value === 'string' ? fold(value) : value)
function chosen(values: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(values)) return undefined
  return values.find((value) => isJsonObject(value) && value.primary === true) ?? values[0]
}

function sorted<Doc extends { _id: string }>(docs: readonly Doc[], sortValue: (doc: Doc) => JsonValue | undefined) {
  const bytes = (value: JsonValue | undefined) => Buffer.from(String(value))
  return docs.toSorted((one, other) => {
    const [left, right] = [sortValue(one), sortValue(other)]
    if ((left === undefined) !== (right === undefined)) return left === undefined ? 1 : -1
    return Buffer.compare(bytes(left), bytes(right)) || (one._id < other._id ? -1 : 1)
  })
}

describe('RFC 7644 3.4.2.3: sorting, and 3.4.2.4 and RFC 9865: paging in that order', () => {
  const instanceId = newId()
  const all = motley(instanceId)
  const others = motley(newId())
  beforeAll(() =>
    store({ users: [...all, ...others].toSorted((one, other) => (one.userName < other.userName ? -1 : 1)) }),
  )

  test.each(Object.keys(sortValues))(
    'by %s: folded unless case exact, the primary value or the first, missing last',
    async (sortBy) => {
      const sortValue = sortValues[sortBy] as (user: UserDocument) => JsonValue | undefined
      const ascending = sorted(all, sortValue).map(({ _id }) => _id)
      const asked = { sortBy, sortOrder: 'ascending' } as const
      expect(await byIndex('FindUsers', instanceId, asked)).toEqual(ascending)
      expect((await byCursor('FindUsers', instanceId, asked)).ids).toEqual(ascending)
      const descending = { sortBy, sortOrder: 'descending' } as const
      expect(await byIndex('FindUsers', instanceId, descending)).toEqual(ascending.toReversed())
      expect((await byCursor('FindUsers', instanceId, descending)).ids).toEqual(ascending.toReversed())
    },
  )

  test('by id where nobody asks for an order, and with a filter', async () => {
    const ids = all.map(({ _id }) => _id).toSorted()
    expect(await byIndex('FindUsers', instanceId, {})).toEqual(ids)
    expect((await byCursor('FindUsers', instanceId, {})).ids).toEqual(ids)
    const active = all
      .filter(({ scim }) => scim.active)
      .map(({ _id }) => _id)
      .toSorted()
    expect((await byCursor('FindUsers', instanceId, { filter: 'active eq true' })).ids).toEqual(active)
  })

  test('says how many there are on every page, and the end by saying nothing more', async () => {
    const { pages } = await byCursor('FindUsers', instanceId, {})
    expect(pages.map(({ total }) => total)).toEqual(pages.map(() => 60))
    expect(pages.map(({ next }) => next !== undefined)).toEqual([...pages.slice(1).map(() => true), false])
    const whole = await find('FindUsers', instanceId, { walk: null, count: 60 })
    expect([whole.resources.length, whole.next]).toEqual([60, undefined])
    const none = await find('FindUsers', instanceId, { walk: null, count: 0 })
    expect([none.total, none.resources, none.next]).toEqual([60, [], undefined])
  })

  test('a lookup by name has one page', async () => {
    const filter = `userName eq "${all[7]?.userName.toUpperCase()}"`
    const page = await find('FindUsers', instanceId, { filter, walk: null })
    expect([page.total, page.resources.map(({ id }) => id), page.next]).toEqual([1, [all[7]?._id], undefined])
    expect((await find('FindUsers', instanceId, { filter, startIndex: 2 })).resources).toEqual([])
  })
})

describe('a walk by cursor', () => {
  test.each(['id', 'userName', 'title', 'emails'])(
    'by %s meets whoever stays once, whoever comes and goes meanwhile',
    async (sortBy) => {
      const instanceId = newId()
      const stay = motley(instanceId)
      const leave = motley(instanceId).map((user) => ({ ...user, userName: `x${user.userName}` }))
      await store({ users: [...stay, ...leave] })
      const going = leave.map(({ _id }) => _id)
      const { ids } = await byCursor('FindUsers', instanceId, { sortBy }, async (met) => {
        // The last one shown goes, and four others; four come.
        const gone = [met.at(-1), ...going.splice(0, 4)].filter(
          (id) => id !== undefined && leave.some(({ _id }) => _id === id),
        )
        await mongo.apply(gone.map((_id) => remove(users, instanceId, { _id }, { expect: 'any' })))
        await store({ users: motley(instanceId).slice(met.length % 50, (met.length % 50) + 4) })
      })
      expect(new Set(ids).size).toBe(ids.length)
      expect(new Set(ids)).toEqual(new Set([...ids, ...stay.map(({ _id }) => _id)]))
    },
  )
})

describe('RFC 7644 3.4.2.1: users and groups in one list', () => {
  const instanceId = newId()
  const people = motley(instanceId)
  const crews = Array.from({ length: 20 }, (_, n) =>
    groupOf(instanceId, {
      displayName: `${pick(['deck', 'Engine', 'Bridge'], n)} ${n}`,
      ...(n % 2 ? { externalId: 'a' } : {}),
    }),
  )
  beforeAll(() => store({ users: people, groups: crews }))

  test.each<[string, string, (doc: UserDocument | GroupDocument) => JsonValue | undefined]>([
    ['by id', 'id', ({ _id }) => _id],
    ['by what both have', 'externalId', ({ externalId, scim }) => scim.externalId ?? externalId ?? undefined],
    ['by what groups have', 'displayName', ({ scim }) => folded(scim.displayName)],
    ['by what users have, groups last', 'userName', ({ scim }) => folded(scim.userName)],
    ['by time', 'meta.lastModified', ({ meta }) => meta.lastModified.toISOString()],
  ])('%s', async (_, sortBy, sortValue) => {
    const ascending = sorted([...people, ...crews], sortValue).map(({ _id }) => _id)
    for (const sortOrder of ['ascending', 'descending'] as const) {
      const wanted = sortOrder === 'ascending' ? ascending : ascending.toReversed()
      const asked = { sortBy, sortOrder }
      expect(await byIndex('FindResources', instanceId, asked)).toEqual(wanted)
      const { ids, pages } = await byCursor('FindResources', instanceId, asked)
      expect(ids).toEqual(wanted)
      expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([80]))
    }
  })

  test('in the order of ids where nobody asks for another', async () => {
    const ids = [...people, ...crews].map(({ _id }) => _id).toSorted()
    expect(await byIndex('FindResources', instanceId, {})).toEqual(ids)
  })

  test.each([
    ['userName sw "a."', people.filter(({ userName }) => userName.startsWith('a.')).length],
    ['displayName co "e"', 20],
    ['externalId pr', 10 + people.filter(({ scim }) => scim.externalId !== undefined).length],
    ['not (userName pr)', 20],
    ['meta.resourceType eq "User"', 60],
    ['userName eq "nobody"', 0],
  ])('%s: an attribute that a type lacks has no value there', async (filter, total) => {
    const page = await find('FindResources', instanceId, { filter })
    expect([page.total, page.resources.length]).toEqual([total, total])
  })
})

describe('what an IdP asks all day is answered by an index', () => {
  const instanceId = newId()
  const probed = { group: '', user: '' }
  beforeAll(async () => {
    const many = Array.from({ length: 3_000 }, (_, n) =>
      userOf(
        instanceId,
        {
          userName: `user.${n}@acme.test`,
          externalId: `e${n}`,
          active: n % 100 !== 0,
          emails: [{ type: 'work', value: `mail.${n}@acme.test` }],
          [enterpriseUserSchema]: { manager: { value: 'boss' } },
        },
        { meta: { created: new Date(n), lastModified: new Date(Date.UTC(2026, 0, 1) + n * 1000) } },
      ),
    )
    await store({
      users: many,
      groups: [groupOf(instanceId, { displayName: 'Crew' }), groupOf(instanceId, { displayName: 'Deck' })],
    })
    const [crew, deck] = await mongo.bound(groups, instanceId).find({})
    if (!crew || !deck) throw new Error('there are two groups')
    const addedAt = new Date()
    await mongo.insertAbsent(
      memberships,
      many.map(({ _id: memberId }) => ({
        _id: membershipId(crew._id, memberId),
        instanceId,
        groupId: crew._id,
        memberId,
        memberType: 'User' as const,
        pending: false,
        addedAt,
      })),
    )
    probed.group = crew._id
    probed.user = many[1_500]?._id ?? ''
    // Other instances, with ids before, between and after.
    await store({
      users: Array.from({ length: 3_000 }, (_, n) => userOf(newId(), { userName: `other.${n}@acme.test` })),
    })
  })

  /** Documents and index keys that MongoDB looked at for one page. */
  async function looked(
    type: Find,
    asked: Asked,
  ): Promise<{ total: number; docs: number; keys: number; plans: string[] }> {
    const profiled = mongo.native.collection('system.profile')
    await mongo.native.setProfilingLevel('off')
    await profiled.drop()
    await mongo.native.setProfilingLevel('all')
    const { total } = await find(type, instanceId, asked)
    await mongo.native.setProfilingLevel('off')
    const namespaces = [users, groups, memberships].map(({ name }) => `${database}.${name}`)
    const profile = await profiled.find({ ns: { $in: namespaces } }).toArray()
    const sum = (name: string) => profile.reduce((so, entry) => so + (entry[name] ?? 0), 0)
    return {
      total,
      docs: sum('docsExamined'),
      keys: sum('keysExamined'),
      plans: profile.map(({ planSummary }) => planSummary),
    }
  }

  test.each<[string, Find, Asked, number]>([
    ['a lookup by userName', 'FindUsers', { filter: 'userName eq "USER.17@acme.test"' }, 1],
    ['a lookup by externalId', 'FindUsers', { filter: 'externalId eq "e17"' }, 1],
    ['a lookup by e-mail', 'FindUsers', { filter: 'emails.value eq "mail.17@acme.test"' }, 1],
    ['a lookup by work e-mail', 'FindUsers', { filter: 'emails[type eq "work"].value eq "mail.17@acme.test"' }, 1],
    ['a group by name', 'FindGroups', { filter: 'displayName eq "crew"' }, 1],
    ['the suspended', 'FindUsers', { filter: 'active eq false' }, 30],
    ['the changed of the last minute', 'FindUsers', { filter: 'meta.lastModified ge "2026-01-01T00:49:00Z"' }, 60],
    [
      'the active that changed in a minute',
      'FindUsers',
      {
        filter:
          'active eq true and (meta.lastModified ge "2026-01-01T00:10:00Z" and meta.lastModified lt "2026-01-01T00:11:00Z")',
      },
      59,
    ],
    ['two names', 'FindUsers', { filter: 'userName eq "user.1@acme.test" or userName eq "user.2@acme.test"' }, 2],
    ['a beginning of names', 'FindUsers', { filter: 'userName sw "user.29"' }, 111],
  ])('%s: what is looked at is what is found', async (_, type, asked, total) => {
    const seen = await looked(type, asked)
    expect(seen.total).toBe(total)
    // Counted and read.
    expect(seen.docs).toBeLessThanOrEqual(2 * total + 2)
    expect(seen.keys).toBeLessThanOrEqual(2.2 * total + 6)
  })

  test('an id, and the probes of references before they are changed', async () => {
    const { group, user } = probed
    for (const [type, filter] of [
      ['FindUsers', `id eq "${user}"`],
      ['FindUsers', `id eq "${user}" and manager eq "boss"`],
      ['FindUsers', `id eq "${user}" and groups eq "${group}"`],
      ['FindGroups', `id eq "${group}" and members eq "${user}"`],
      ['FindGroups', `members[value eq "${user}"]`],
    ] as const) {
      const seen = await looked(type, { filter })
      expect.soft(seen.total, filter).toBe(1)
      expect.soft(seen.docs, filter).toBeLessThanOrEqual(4)
      expect.soft(seen.keys, filter).toBeLessThanOrEqual(8)
    }
  })

  test('a page near the end by cursor looks at its own users, by index at keys alone; no other instance in the way', async () => {
    const { resources } = await find('FindUsers', instanceId, { startIndex: 2_900, count: 1 })
    const after = { id: resources[0]?.id ?? '' }
    const walked = await looked('FindUsers', { count: 50, walk: { after, total: 3_000 } })
    expect([walked.docs, walked.keys]).toEqual([51, 51])
    expect(walked.plans).toEqual(['IXSCAN { instanceId: 1, visible: 1, _id: 1 }'])
    const paged = await looked('FindUsers', { startIndex: 2_901, count: 50 })
    expect(paged.docs).toBe(50)
  })

  test('a page by name is in the order of the index of names', async () => {
    const seen = await looked('FindUsers', {
      sortBy: 'userName',
      count: 50,
      walk: { after: { id: 'x', value: 'user.2' }, total: 0 },
    })
    expect(seen.docs).toBeLessThanOrEqual(52)
    expect(seen.plans).toEqual(['IXSCAN { instanceId: 1, search.userName: 1 }'])
  })

  test('how many there are is counted in the index', async () => {
    for (const filter of [null, 'active eq true', 'active eq false']) {
      expect((await looked('FindUsers', { filter, count: 0 })).docs).toBe(0)
    }
  })
})

test('what takes too long is refused with what to use instead, whatever the order', async () => {
  const instanceId = newId()
  await store({ users: [userOf(instanceId, { userName: `slow.${instanceId}@acme.test` })] })
  const slow = { $expr: { $function: { body: 'function () { sleep(6000); return true }', args: [], lang: 'js' } } }
  const page = { startIndex: 1, count: 10, sortOrder: 'ascending', walk: { after: { id: '' }, total: 1 } } as const
  const lists = [null, 'title'].map((sortBy) =>
    findResources(mongo.bound(users, instanceId), slow, { ...page, sortBy }, userType),
  )
  const tooCostly = { code: 'filter-too-costly', slots: { attributes: expect.stringContaining('externalId') } }
  for (const outcome of await Promise.allSettled(lists)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: tooCostly })
  }
})
