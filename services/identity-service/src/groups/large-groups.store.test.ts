import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import { newId } from '@user-provisioning/contracts/ids'
import type { Reply } from '@user-provisioning/contracts/reply'
import { startStores } from '@user-provisioning/devstack/stores'
import { openCommitter } from '@user-provisioning/mongo/committer'
import { connectMongo, type Mongo } from '@user-provisioning/mongo/connection'
import { type Journal, type JournalRecord, openJournal } from '@user-provisioning/mongo/journal'
import { insert, type Write } from '@user-provisioning/mongo/write'
import { createLogger } from '@user-provisioning/runtime/logging'
import { searchTree } from '@user-provisioning/scim/fold'
import { groupType } from '@user-provisioning/scim/schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeys } from '../api-keys/api-key-document.ts'
import type { Command } from '../commands/command.ts'
import { decideCommand, type Input, needsOfAll } from '../commands/decide-command.ts'
import { partReader } from '../commands/part-reader.ts'
import { viewReader } from '../commands/read-view.ts'
import {
  acme,
  apiKey,
  group,
  instance,
  integrationUser,
  managed,
  membership,
  native,
  scimCommand,
} from '../commands/sample-instance.ts'
import type { View } from '../commands/view.ts'
import { instances } from '../instances/instance-document.ts'
import { memberships } from '../memberships/membership-document.ts'
import { readMembersOf } from '../memberships/read-memberships.ts'
import { userNames, users } from '../users/user-document.ts'
import { groups } from './group-document.ts'

const log = createLogger({ service: 'identity-service', replica: 'test', level: 'fatal' })
const stack = new AsyncDisposableStack()
const everyone = Array.from({ length: 1_300 }, () => newId())
const half = everyone.slice(650)
let mongo: Mongo
let journal: Journal

beforeAll(async () => {
  const stores = stack.use(await startStores({}))
  mongo = stack.use(await connectMongo({ uri: stores.mongodbUri, database: `identity-${newId()}`, log }))
  await mongo.ensureIndexes([users, userNames, groups, memberships, instances, apiKeys])
  journal = await openJournal(mongo)
  await mongo.apply([insert(instances, null, instance), insert(apiKeys, acme, apiKey)])
  await mongo.apply([integrationUser, ...everyone.map((id) => managed(id))].map((user) => insert(users, acme, user)))
}, 180_000)
afterAll(() => stack.disposeAsync(), 60_000)

/** A replica as far as commands go; what it announces counts once, as it does for audit. */
function replica(apply: Mongo['apply'] = mongo.apply) {
  const facts = new Map<string, IdentityFact>()
  const partition = Math.floor(Math.random() * 2 ** 31)
  const sizes: number[] = []
  const hear = (records: readonly JournalRecord[]) => {
    for (const { facts: told = [] } of records) for (const { id, value } of told) facts.set(id, value as IdentityFact)
  }
  const read = viewReader(mongo, new Map())
  const committer = openCommitter<Input, View>({
    mongo: {
      closing: mongo.closing,
      apply(writes) {
        sizes.push(writes.filter(({ collection }) => collection === 'memberships').length)
        return apply(writes)
      },
    },
    journal,
    log,
    read: (inputs) => read((want) => needsOfAll(inputs, want)),
    decide: decideCommand,
    part: partReader({ mongo, read }),
    onCommitted: hear,
  })
  const submit = async (requestId: string, command: Command, deadlineAt = Date.now() + 20_000): Promise<Reply> => {
    const input = { command, id: requestId, now: new Date(), mintedId: newId() }
    const key = 'groupId' in command ? command.groupId : 'any'
    const { reply, rest } = await committer.submit({ requestId, partition, deadlineAt, key, input })
    rests.push(rest)
    return reply as Reply
  }
  /** Until what was answered early is done. */
  const rests: (Promise<void> | undefined)[] = []
  const done = () => Promise.all(rests)
  return { submit, done, facts, hear, partition, sizes }
}

const bound = () => ({
  groups: mongo.bound(groups, acme),
  memberships: mongo.bound(memberships, acme),
})
const membersOf = async (groupId: string) =>
  (await bound().memberships.find({ groupId })).map(({ memberId }) => memberId).toSorted()

const stored = (id: string) => group(id, { search: searchTree({ displayName: `Team ${id}` }, groupType) })

async function seedGroup(members: readonly string[]): Promise<string> {
  const groupId = newId()
  const writes: Write[] = [insert(groups, acme, stored(groupId))]
  for (const id of members) writes.push(insert(memberships, acme, membership(groupId, id)))
  await mongo.apply(writes)
  return groupId
}

const values = (ids: readonly string[]) => ids.map((value) => ({ value }))
const patch = (groupId: string, op: 'add' | 'remove' | 'replace', value?: readonly string[]): Command =>
  scimCommand({
    type: 'PatchGroup',
    groupId,
    operations: [{ op, path: 'members', ...(value === undefined ? {} : { value: values(value) }) }],
  })
const put = (groupId: string, members: readonly string[]): Command =>
  scimCommand({ type: 'ReplaceGroup', groupId, scim: { displayName: `New ${groupId}`, members: values(members) } })

/** What each member was told to have become: `+` and `-` in the order of the facts. */
function toldOf(facts: ReadonlyMap<string, IdentityFact>): string[] {
  return [...facts.values()].flatMap((fact) =>
    fact.type === 'MembersChanged'
      ? [...fact.added.map(({ id }) => `+ ${id}`), ...fact.removed.map(({ id }) => `- ${id}`)]
      : [],
  )
}

interface Case {
  readonly before: readonly string[]
  readonly command: (groupId: string) => Command
  readonly after: readonly string[]
}

const cases: Record<string, Case> = {
  'a PATCH that adds all of them': { before: half, command: (id) => patch(id, 'add', everyone), after: everyone },
  'a PATCH that replaces them': {
    before: half,
    command: (id) => patch(id, 'replace', everyone.slice(1)),
    after: everyone.slice(1),
  },
  'a PATCH that removes many by name': {
    before: everyone,
    command: (id) => patch(id, 'remove', everyone.slice(100)),
    after: everyone.slice(0, 100),
  },
  'a PATCH that removes all': { before: everyone, command: (id) => patch(id, 'remove'), after: [] },
  'a PUT of another list': { before: everyone, command: (id) => put(id, half), after: half },
  'a DELETE of the group': {
    before: everyone,
    command: (groupId) => scimCommand({ type: 'DeleteGroup', groupId }),
    after: [],
  },
}

/** The difference between two lists, as facts tell of it. */
function difference({ before, after }: Case): string[] {
  const was = new Set(before)
  const is = new Set(after)
  return [
    ...after.filter((id) => !was.has(id)).map((id) => `+ ${id}`),
    ...before.filter((id) => !is.has(id)).map((id) => `- ${id}`),
  ].toSorted()
}

describe.each(Object.entries(cases))('%s', (_, one) => {
  test('is committed in transactions of at most 1,000 memberships, each change told once, the version raised', async () => {
    const groupId = await seedGroup(one.before)
    const { submit, done, facts, sizes } = replica()
    const reply = await submit(newId(), one.command(groupId))
    await done()
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000)
    expect(await membersOf(groupId)).toEqual(one.after.toSorted())
    expect(toldOf(facts).toSorted()).toEqual(difference(one))
    const now = await bound().groups.findOne({ _id: groupId })
    expect(now?.scimVersion).toBeGreaterThan(1)
    expect([...facts.values()].at(-1)).toMatchObject({ group: { scimVersion: now?.scimVersion } })
    if (reply.outcome === 'changed') {
      expect(reply.resource).toMatchObject({ scimVersion: now?.scimVersion, members: null })
    }
  })

  test('is brought to the same end by another replica, whatever its deadline, if this one dies at any transaction', async () => {
    for (let n = 1; ; n++) {
      const groupId = await seedGroup(one.before)
      const requestId = newId()
      const died = Promise.withResolvers<'died'>()
      let calls = 0
      const dying = replica(async (writes) => {
        const isLast = ++calls === n
        // Odd ones die before their transaction took place, even ones before they hear of it.
        if (!isLast || n % 2 === 0) await mongo.apply(writes)
        if (!isLast) return
        died.resolve('died')
        await new Promise(() => {})
      })
      const done = dying.submit(requestId, one.command(groupId)).then(() => dying.done())
      if ((await Promise.race([done, died.promise])) !== 'died') return
      const other = replica()
      const reply = await other.submit(requestId, one.command(groupId), n === 1 ? Date.now() + 20_000 : 1)
      await other.done()
      expect(['changed', 'deleted']).toContain(reply.outcome)
      expect(await membersOf(groupId)).toEqual(one.after.toSorted())
      // What the dead one did not tell, its successor does when it takes the partition over.
      other.hear(await journal.unannounced([dying.partition], 100))
      for (const [id, fact] of dying.facts) other.facts.set(id, fact)
      expect(toldOf(other.facts).toSorted()).toEqual(difference(one))
    }
  })
})

test('what comes of the same 1,300 members again changes nothing, tells nothing, and raises nothing', async () => {
  const groupId = await seedGroup(everyone)
  for (const command of [patch(groupId, 'add', everyone), patch(groupId, 'replace', everyone)]) {
    const { submit, facts, sizes } = replica()
    expect(await submit(newId(), command)).toMatchObject({ outcome: 'changed', resource: { scimVersion: 1 } })
    expect([sizes, facts.size]).toEqual([[], 0])
  }
})

test('a PATCH whose time runs out is answered once it cannot be refused any more, and says that members are under way', async () => {
  const groupId = await seedGroup([])
  const { submit, done } = replica()
  const reply = await submit(newId(), patch(groupId, 'add', everyone), Date.now() + 2_000)
  expect(reply).toMatchObject({ outcome: 'changed', resource: { id: groupId, members: null, membersUnderWay: true } })
  // What comes for this group meanwhile is decided behind it.
  expect(await submit(newId(), patch(groupId, 'remove', everyone.slice(0, 1)))).toMatchObject({ outcome: 'changed' })
  await done()
  expect(await membersOf(groupId)).toEqual(everyone.slice(1).toSorted())
})

test('a DELETE of a large group is answered when the group is gone; its members follow', async () => {
  const groupId = await seedGroup(everyone)
  const { submit, done } = replica()
  expect(await submit(newId(), scimCommand({ type: 'DeleteGroup', groupId }))).toEqual({ outcome: 'deleted' })
  expect(await bound().groups.findOne({ _id: groupId })).toMatchObject({ visible: false })
  expect(await membersOf(groupId)).not.toEqual([])
  await done()
  expect(await membersOf(groupId)).toEqual([])
})

test('a create with 1,300 members is one group; a name that is taken is refused before any of them is written', async () => {
  const groupId = newId()
  const { submit, facts } = replica()
  const scim = { displayName: `Large ${groupId}`, members: values([...everyone, 'unknown']) }
  const create = (id: string) => scimCommand({ type: 'ProvisionGroup', groupId: id, scim })
  expect(await submit(newId(), create(groupId))).toMatchObject({ outcome: 'created', resource: { members: null } })
  expect(facts.get([...facts.keys()][0] ?? '')?.type).toBe('GroupProvisioned')
  expect(await bound().memberships.count({ groupId, pending: false })).toBe(1_300)
  expect(await bound().memberships.count({ groupId, pending: true })).toBe(1)
  const second = newId()
  expect(await submit(newId(), create(second))).toMatchObject({ fault: { code: 'group-name-taken' } })
  expect(await membersOf(second)).toEqual([])
})

test('a command of the same group waits for one that is carried out in parts; one of another group does not', async () => {
  const [large, other] = await Promise.all([seedGroup([]), seedGroup([])])
  const { submit } = replica()
  const ended: string[] = []
  await Promise.all([
    submit(newId(), patch(large, 'add', everyone)).then(() => ended.push('large')),
    submit(newId(), patch(large, 'remove', everyone.slice(0, 1))).then(() => ended.push('same group')),
    submit(newId(), patch(other, 'add', everyone.slice(0, 1))).then(() => ended.push('another group')),
  ])
  expect(ended).toEqual(['another group', 'large', 'same group'])
  expect(await bound().memberships.count({ groupId: large })).toBe(1_299)
})

test('a user in 1,200 groups leaves them all when it is deleted: each group is told once and has a new version', async () => {
  const userId = newId()
  const ids = Array.from({ length: 1_200 }, () => newId())
  await mongo.apply([
    insert(users, acme, managed(userId)),
    insert(userNames, null, { _id: `${userId}@acme.test`, instanceId: acme, userId }),
    ...ids.map((id) => insert(groups, acme, stored(id))),
    ...ids.map((id) => insert(memberships, acme, membership(id, userId))),
  ])
  const { submit, done, facts } = replica()
  expect(await submit(newId(), scimCommand({ type: 'DeleteUser', userId }))).toEqual({ outcome: 'deleted' })
  await done()
  expect(await bound().memberships.count({ memberId: userId })).toBe(0)
  expect(await bound().groups.count({ _id: { $in: ids }, scimVersion: 2 })).toBe(1_200)
  const told = [...facts.values()].flatMap((fact) => (fact.type === 'MembersChanged' ? [fact.entityId] : []))
  expect(told.toSorted()).toEqual(ids.toSorted())
})

test('a user that appears joins 1,200 groups and manages 1,200 users that waited for it, also if a replica dies on the way', async () => {
  for (let n = 1; ; n++) {
    const bossId = newId()
    const ids = Array.from({ length: 1_200 }, () => newId())
    const boss = native(bossId)
    await mongo.apply([
      insert(users, acme, boss),
      ...ids.map((id) => insert(users, acme, { ...managed(id), pendingManager: bossId })),
      ...ids.map((id) => insert(groups, acme, stored(id))),
      ...ids.map((id) => insert(memberships, acme, membership(id, bossId, { pending: true }))),
    ])
    const died = Promise.withResolvers<'died'>()
    let calls = 0
    const dying = replica(async (writes) => {
      if (++calls < n) return mongo.apply(writes)
      if (n % 2 === 0) await mongo.apply(writes)
      died.resolve('died')
      return new Promise(() => {})
    })
    const requestId = newId()
    const command = scimCommand({ type: 'PickUpUser', userId: bossId })
    const ended = dying.submit(requestId, command).then(() => dying.done())
    const isDead = (await Promise.race([ended, died.promise])) === 'died'
    if (isDead) {
      const other = replica()
      expect(await other.submit(requestId, command)).toMatchObject({ outcome: 'changed', resource: { managed: true } })
      await other.done()
      for (const [id, fact] of other.facts) dying.facts.set(id, fact)
      dying.hear(await journal.unannounced([dying.partition], 100))
    }
    expect(await mongo.bound(users, acme).count({ directManager: bossId, pendingManager: null })).toBe(1_200)
    expect(await bound().memberships.count({ memberId: bossId, pending: false })).toBe(1_200)
    expect(await bound().groups.count({ _id: { $in: ids }, scimVersion: 2 })).toBe(1_200)
    const told = [...dying.facts.values()].map(({ type, entityId }) => `${type} ${entityId}`)
    expect(told.filter((fact) => fact.startsWith('MembersChanged')).toSorted()).toEqual(
      ids.map((id) => `MembersChanged ${id}`).toSorted(),
    )
    expect(told.filter((fact) => fact.startsWith('UserUpdated'))).toHaveLength(1_200)
    // Its first five transactions are those of the user itself, and of its reports.
    if (!isDead || n === 6) return
  }
})

test('members are read page by page, each once, in the order of their ids; who was never heard of is left out', async () => {
  const many = Array.from({ length: 2_500 }, (_, n) => `m${String(n).padStart(5, '0')}`)
  await mongo.apply(many.map((id) => insert(users, acme, managed(id))))
  const groupId = await seedGroup([...many, 'never-heard-of'])
  const read: string[] = []
  let pages = 0
  for (let after: string | undefined = ''; after !== undefined; pages++) {
    const found = await readMembersOf(mongo, acme, [{ id: groupId, after }])
    const page: { members: readonly { id: string }[]; moreAfter?: string } = found.get(groupId) ?? { members: [] }
    read.push(...page.members.map(({ id }) => id))
    after = page.moreAfter
  }
  expect(read).toEqual(many)
  expect(pages).toBe(2)
  const small = await seedGroup(everyone.slice(0, 3))
  const both = await readMembersOf(
    mongo,
    acme,
    [small, groupId].map((id) => ({ id, after: '' })),
  )
  expect([small, groupId].map((id) => both.get(id)?.members.length)).toEqual([3, 1_997])
  expect(both.get(groupId)?.moreAfter).toBe(many[1_996])
})
