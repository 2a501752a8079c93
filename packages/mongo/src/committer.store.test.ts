import { newId } from '@user-provisioning/contracts/ids'
import { type Stores, startStores } from '@user-provisioning/devstack/stores'
import { createLogger } from '@user-provisioning/runtime/logging'
import { mongo as driver } from 'mongoose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { defineCollection } from './collection-definition.ts'
import { DeadlineExceeded, type Decision, openCommitter, type Submission } from './committer.ts'
import { connectMongo, type Mongo } from './connection.ts'
import { type Journal, type JournalRecord, openJournal } from './journal.ts'
import { insert, update } from './write.ts'

interface Account {
  _id: string
  instanceId: string
  version: number
  entries: string[]
}

const accounts = defineCollection<Account>({
  name: 'accounts',
  scope: 'instance',
  schema: { version: Number, entries: [String] },
})
const claims = defineCollection<{ _id: string; owner: string }>({
  name: 'claims',
  scope: 'global',
  schema: { owner: String },
})

/** Opens an account under a name, or adds an entry to one. */
type Input = { instanceId: string; id: string } & ({ claim: string } | { entry: string })
type View = Map<string, { version: number; entries: number }>

const log = createLogger({ service: 'mongo', replica: 'test', level: 'fatal' })
const stack = new AsyncDisposableStack()
let stores: Stores
let mongo: Mongo
let journal: Journal

beforeAll(async () => {
  // A store of our own, also where an address is given: one that is shared is not to be killed.
  stores = stack.use(await startStores({ env: { ...process.env, MONGODB_URI: undefined } }))
  mongo = stack.use(await connectMongo({ uri: stores.mongodbUri, database: `committer-${newId()}`, log }))
  await mongo.ensureIndexes([accounts, claims])
  journal = await openJournal(mongo)
})
afterAll(() => stack.disposeAsync())

async function read(inputs: readonly Input[]): Promise<View> {
  const found = await mongo.readByIds(accounts, inputs)
  return new Map(found.map(({ _id, version, entries }) => [_id, { version, entries: entries.length }]))
}

function decide(input: Input, view: View): Decision {
  const { instanceId, id } = input
  const account = view.get(id)
  if ('claim' in input) {
    if (account) return { reply: 'exists' }
    view.set(id, { version: 1, entries: 0 })
    return {
      reply: { opened: id },
      writes: [
        insert(accounts, instanceId, { _id: id, version: 1, entries: [] }),
        insert(claims, null, { _id: input.claim, owner: id }),
      ],
      announcements: [{ topic: 't', key: id, type: 'Opened', value: { version: 1 } }],
    }
  }
  if (!account) return { reply: 'unknown' }
  const { version, entries } = account
  view.set(id, { version: version + 1, entries: entries + 1 })
  return {
    reply: { position: entries },
    writes: [
      update(
        accounts,
        instanceId,
        { _id: id, version },
        { $inc: { version: 1 }, $push: { entries: { $each: [input.entry] } } },
      ),
    ],
    announcements: [{ topic: 't', key: id, type: 'Added', value: { version: version + 1 } }],
  }
}

interface Overrides {
  mongo?: Pick<Mongo, 'apply' | 'closing'>
  journal?: Pick<Journal, 'find'>
  read?: typeof read
  decide?: typeof decide
  onCommitted?: (records: readonly JournalRecord[]) => void
}

/** A committer whose commits are noted: how many inputs each had. */
function open(overrides: Overrides = {}) {
  const transactions: number[] = []
  const announced: string[] = []
  const partition = Math.floor(Math.random() * 2 ** 31)
  const base = overrides.mongo ?? mongo
  const committer = openCommitter<Input, View>({
    read,
    decide,
    journal,
    log,
    onCommitted: (records) => announced.push(...records.map(({ _id }) => _id)),
    ...overrides,
    mongo: {
      closing: base.closing,
      apply(writes) {
        transactions.push(writes.filter(({ collection }) => collection === 'journal').length)
        return base.apply(writes)
      },
    },
  })
  const submit = (input: Input, more: Partial<Submission<Input>> = {}) =>
    committer.submit({ requestId: newId(), partition, input, ...more })
  return { submit, transactions, announced, partition }
}

const opening = (instanceId: string): Input => ({ instanceId, id: newId(), claim: newId() })
const account = (instanceId: string, id: string) => mongo.bound(accounts, instanceId).findOne({ _id: id })

describe('a group', () => {
  test('is what queued up while the last transaction ran, in one transaction', async () => {
    const { submit, transactions } = open()
    const instanceId = newId()
    await Promise.all(Array.from({ length: 100 }, () => submit(opening(instanceId))))
    expect(transactions).toEqual([64, 36])
    expect(await mongo.bound(accounts, instanceId).count({})).toBe(100)
  })

  test('keeps the order of the inputs of one entity, each seeing the effects of those before it', async () => {
    const { submit, partition } = open()
    const input = opening(newId())
    const { instanceId, id } = input
    const entries = Array.from({ length: 90 }, (_, n) => `entry ${n}`)
    const done = await Promise.all([submit(input), ...entries.map((entry) => submit({ instanceId, id, entry }))])
    expect(done.slice(1).map(({ reply }) => reply)).toEqual(entries.map((_, position) => ({ position })))
    expect(await account(instanceId, id)).toMatchObject({ version: 91, entries })
    const versions = (await journal.unannounced([partition], 1_000)).map(({ facts }) => facts?.[0]?.value)
    expect(versions).toEqual(Array.from({ length: 91 }, (_, n) => ({ version: n + 1 })))
  })

  test('loses only the one whose unique value is taken; the others commit', async () => {
    const { submit, announced } = open()
    const instanceId = newId()
    const taken = opening(instanceId) as Input & { claim: string }
    await submit(taken)
    const inputs = Array.from({ length: 20 }, () => opening(instanceId))
    inputs[7] = { ...opening(instanceId), claim: taken.claim }
    const outcomes = await Promise.allSettled(inputs.map((input) => submit(input)))
    expect(outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([7])
    expect(await mongo.bound(accounts, instanceId).count({})).toBe(20)
    expect(announced).toHaveLength(20)
  })

  test('with a stale version is cut, and the stale one is read and decided again', async () => {
    const other = open()
    const input = opening(newId())
    const { instanceId, id } = input
    await other.submit(input)
    let stale = 1
    const { submit, transactions } = open({
      async read(inputs) {
        const view = await read(inputs)
        // Somebody else writes between this reading and the commit.
        if (stale-- > 0) await other.submit({ instanceId, id, entry: 'theirs' })
        return view
      },
    })
    const [{ reply }] = await Promise.all([
      submit({ instanceId, id, entry: 'mine' }),
      ...Array.from({ length: 5 }, () => submit(opening(instanceId))),
    ])
    expect(reply).toEqual({ position: 1 })
    expect((await account(instanceId, id))?.entries).toEqual(['theirs', 'mine'])
    expect(transactions[0]).toBe(6)
    expect(await mongo.bound(accounts, instanceId).count({})).toBe(6)
  })

  test('whose conditional update never matches gives up on that one alone, after five tries', async () => {
    const instanceId = newId()
    const hopeless = opening(instanceId)
    const tries: string[] = []
    const { submit } = open({
      decide(input, view) {
        if (input.id !== hopeless.id) return decide(input, view)
        tries.push(input.id)
        const never = update(accounts, instanceId, { _id: hopeless.id }, { $inc: { version: 1 } })
        return { reply: null, writes: [never], announcements: [] }
      },
    })
    const [gone, other] = await Promise.allSettled([submit(hopeless), submit(opening(instanceId))])
    expect(gone).toMatchObject({ status: 'rejected', reason: { code: 'unmet-expectation' } })
    expect(other.status).toBe('fulfilled')
    // Once in the group, five times alone.
    expect(tries).toHaveLength(6)
  })

  test('loses only the one whose decision throws, and none sees what that one left in the view', async () => {
    const instanceId = newId()
    const [first, broken, last] = [opening(instanceId), opening(instanceId), opening(instanceId)]
    const seen: boolean[] = []
    const { submit } = open({
      decide(input, view) {
        if (input.id === last.id) seen.push(view.has(broken.id))
        const decision = decide(input, view)
        if (input.id === broken.id) throw new Error('a defect')
        return decision
      },
    })
    const outcomes = await Promise.allSettled([first, broken, last].map((input) => submit(input)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(seen).toEqual([false])
    expect(await account(instanceId, broken.id)).toBeUndefined()
  })

  test('answers a refusal only once what it rests on has committed', async () => {
    const instanceId = newId()
    const taken = opening(instanceId) as Input & { claim: string }
    await open().submit(taken)
    // The first of the two cannot commit, so that the second is not to be told that it "exists".
    const failing = { ...opening(instanceId), claim: taken.claim }
    const second = { instanceId, id: failing.id, claim: newId() }
    const { submit } = open()
    const [first, refused] = await Promise.allSettled([submit(failing), submit(second)])
    expect(first.status).toBe('rejected')
    expect(refused).toMatchObject({ status: 'fulfilled', value: { reply: { opened: failing.id } } })
  })
})

describe('a repeated request', () => {
  test('gets the stored reply and writes nothing', async () => {
    const { submit, transactions } = open()
    const input = opening(newId())
    const requestId = newId()
    const first = await submit(input, { requestId, fingerprint: 'f' })
    const again = await submit(input, { requestId })
    expect(again).toMatchObject({ reply: first.reply, replayed: true, record: { fingerprint: 'f' } })
    expect(first.replayed).toBe(false)
    expect(transactions).toEqual([1])
  })

  test('that would write once more is refused by its own record, and takes nobody along', async () => {
    const { submit } = open()
    const input = opening(newId())
    const { instanceId, id } = input
    const requestId = newId()
    await submit(input)
    await submit({ instanceId, id, entry: 'once' }, { requestId })
    const others = [opening(instanceId), opening(instanceId)] as const
    const [before, again, behind, after] = await Promise.all([
      submit(others[0]),
      submit({ instanceId, id, entry: 'once' }, { requestId }),
      submit({ instanceId, id, entry: 'next' }),
      submit(others[1]),
    ])
    expect(again).toMatchObject({ reply: { position: 0 }, replayed: true })
    expect(behind.reply).toEqual({ position: 1 })
    expect([before.reply, after.reply]).toEqual(others.map((other) => ({ opened: other.id })))
    expect((await account(instanceId, id))?.entries).toEqual(['once', 'next'])
  })

  test('whose decision fails on what it did itself gets the stored reply', async () => {
    const { submit } = open({
      decide(input, view) {
        if (view.has(input.id)) throw new Error('it is there already')
        return decide(input, view)
      },
    })
    const input = opening(newId())
    const requestId = newId()
    const first = await submit(input, { requestId })
    expect(await submit(input, { requestId })).toMatchObject({ reply: first.reply, replayed: true })
  })

  test('that comes while the first is under way gets the same reply', async () => {
    const { submit } = open()
    const input = opening(newId())
    const requestId = newId()
    const both = await Promise.all([submit(input, { requestId }), submit(input, { requestId })])
    expect(both.map(({ reply }) => reply)).toEqual([{ opened: input.id }, { opened: input.id }])
    expect(both.map(({ replayed }) => replayed)).toEqual([false, true])
  })

  test('that two replicas carry out at once is done once, and both have the reply', async () => {
    const input = opening(newId())
    const requestId = newId()
    const both = await Promise.all([open(), open()].map(({ submit }) => submit(input, { requestId })))
    expect(both.map(({ reply }) => reply)).toEqual([{ opened: input.id }, { opened: input.id }])
  })

  test('of one that wrote nothing is decided anew', async () => {
    const { submit } = open()
    const input = opening(newId())
    const { instanceId, id } = input
    const requestId = newId()
    expect(await submit({ instanceId, id, entry: 'x' }, { requestId })).toEqual({ reply: 'unknown', replayed: false })
    await submit(input)
    expect(await submit({ instanceId, id, entry: 'x' }, { requestId })).toMatchObject({ reply: { position: 0 } })
  })
})

describe('a deadline', () => {
  test('that has passed before the work was begun means that it is never carried out', async () => {
    const { submit, transactions } = open()
    const input = opening(newId())
    await expect(submit(input, { deadlineAt: Date.now() - 1 })).rejects.toThrow(DeadlineExceeded)
    expect(transactions).toEqual([])
    expect(await account(input.instanceId, input.id)).toBeUndefined()
  })

  test('that passes once the work was begun does not stop it', async () => {
    const deadlineAt = Date.now() + 300
    let cutOff = 1
    const { submit } = open({
      mongo: {
        closing: mongo.closing,
        async apply(writes) {
          if (cutOff-- > 0) {
            await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(deadlineAt), { timeout: 5_000, interval: 10 })
            throw new driver.MongoNetworkError('the connection broke before the commit')
          }
          return mongo.apply(writes)
        },
      },
    })
    const input = opening(newId())
    expect(await submit(input, { deadlineAt })).toMatchObject({ reply: { opened: input.id } })
  })

  test('that passes while the database is away frees the one who waits', async () => {
    const away = async () => Promise.reject(new driver.MongoNetworkError('away'))
    const { submit } = open({ read: away })
    await expect(submit(opening(newId()), { deadlineAt: Date.now() + 200 })).rejects.toThrow(DeadlineExceeded)
  })
})

describe('a commit whose acknowledgement was lost', () => {
  const cutOff = (times: number) => {
    const lost = new driver.MongoNetworkError('the connection broke after the commit')
    return {
      closing: mongo.closing,
      async apply(writes: Parameters<Mongo['apply']>[0]) {
        await mongo.apply(writes)
        if (times-- > 0) throw lost
      },
    }
  }

  test('is found in the journal: done once, answered, and announced before what follows it', async () => {
    const { submit, announced } = open({ mongo: cutOff(1) })
    const input = opening(newId())
    const { instanceId, id } = input
    const ids = [newId(), newId(), newId()]
    const done = await Promise.all([
      submit(input, { requestId: ids[0] as string }),
      submit({ instanceId, id, entry: 'a' }, { requestId: ids[1] as string }),
    ])
    await submit({ instanceId, id, entry: 'b' }, { requestId: ids[2] as string })
    expect(done.map(({ reply }) => reply)).toEqual([{ opened: id }, { position: 0 }])
    expect(await account(instanceId, id)).toMatchObject({ version: 3, entries: ['a', 'b'] })
    expect(announced).toEqual(ids)
  })

  test('that shows between the look into the journal and the reading is not taken for somebody else’s', async () => {
    let isBlind = true
    const { submit } = open({
      mongo: cutOff(1),
      journal: {
        // The first look, at the second try, still sees nothing.
        async find(ids) {
          if (!isBlind) return journal.find(ids)
          isBlind = false
          return new Map()
        },
      },
    })
    const input = opening(newId())
    expect((await submit(input)).reply).toEqual({ opened: input.id })
  })
})

describe('what was committed', () => {
  test('is handed on after its answers were given, in the same turn of the event loop', async () => {
    const events: string[] = []
    const { submit } = open({
      mongo: {
        closing: mongo.closing,
        async apply(writes) {
          await mongo.apply(writes)
          setImmediate(() => events.push('next turn'))
        },
      },
      onCommitted: () => events.push('announced'),
    })
    await submit(opening(newId())).then(async () => {
      // As many steps as a handler may take from the answer to its sending.
      for (let step = 0; step < 10; step++) await undefined
      events.push('answered')
    })
    await vi.waitFor(() => expect(events).toHaveLength(3))
    expect(events).toEqual(['answered', 'announced', 'next turn'])
  })

  test('stays committed when handing it on fails', async () => {
    const { submit, transactions } = open({
      onCommitted() {
        throw new Error('a defect')
      },
    })
    await Promise.all([submit(opening(newId())), submit(opening(newId()))])
    expect(transactions).toEqual([2])
  })

  test('is in the journal in the order of commits until it was announced, with ids that never change', async () => {
    const { submit, partition } = open()
    const instanceId = newId()
    const ids: string[] = []
    for (let n = 0; n < 3; n++) ids.push((await submit(opening(instanceId))).record?._id ?? '')
    const before = await journal.unannounced([partition], 2)
    expect(before.map(({ _id }) => _id)).toEqual(ids.slice(0, 2))
    expect(before.map(({ facts }) => facts?.[0]?.id)).toEqual(ids.slice(0, 2).map((id) => `${id}/0`))
    await journal.markAnnounced(ids.slice(0, 2))
    expect((await journal.unannounced([partition, partition + 1], 10)).map(({ _id }) => _id)).toEqual(ids.slice(2))
    expect(await journal.unannounced([partition + 1], 10)).toEqual([])
    const marked = await mongo.native.collection<{ _id: string }>('journal').findOne({ _id: ids[0] as string })
    expect(marked).toMatchObject({ announcedAt: expect.any(Date) })
    expect(marked).not.toHaveProperty('facts')
    expect((await journal.find(ids)).get(ids[0] as string)?.reply).toMatchObject({ opened: expect.any(String) })
  })

  test('and has nothing to announce is not waited for, and expires', async () => {
    const { submit, partition } = open({
      decide: (input, view) => ({ ...decide(input, view), announcements: [] }) as Decision,
    })
    const { record } = await submit(opening(newId()))
    expect(await journal.unannounced([partition], 10)).toEqual([])
    const stored = await mongo.native.collection<{ _id: string }>('journal').findOne({ _id: record?._id ?? '' })
    expect(stored).toMatchObject({ announcedAt: expect.any(Date) })
  })
})

test('a closed connection ends what waits instead of trying for ever', async () => {
  const own = await connectMongo({ uri: stores.mongodbUri, database: mongo.database, log })
  const { submit } = open({ mongo: own, journal: await openJournal(own), read: async () => new Map() })
  await submit(opening(newId()))
  await own[Symbol.asyncDispose]()
  await expect(submit(opening(newId()))).rejects.toThrow()
})

test('what a killed process left open holds up the next one for seconds, not for the minute until it expires', async () => {
  const input = opening(newId())
  await using killed = await connectMongo({ uri: stores.mongodbUri, database: mongo.database, log })
  const session = killed.client.startSession()
  session.startTransaction()
  await killed.native
    .collection<{ _id: string }>('claims')
    .insertOne({ _id: (input as { claim: string }).claim }, { session })
  const startedAt = performance.now()
  const { submit } = open()
  expect((await submit(input)).reply).toEqual({ opened: input.id })
  expect(performance.now() - startedAt).toBeLessThan(20_000)
})

test('MongoDB killed and started again in the midst of commits: what was acknowledged is there once, the rest follows', async () => {
  const { submit, partition, announced } = open()
  const instanceId = newId()
  const acknowledged: string[] = []
  let going = true
  const chains = Array.from({ length: 16 }, async () => {
    const input = opening(instanceId)
    await submit(input)
    const written: string[] = []
    while (going) {
      const entry = newId()
      const { reply } = await submit({ instanceId, id: input.id, entry })
      expect(reply).toEqual({ position: written.length })
      written.push(entry)
      acknowledged.push(entry)
    }
    return { id: input.id, written }
  })
  const reaches = (count: number) =>
    vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(count), { timeout: 50_000, interval: 5 })
  for (let round = 1; round <= 3; round++) {
    await reaches(acknowledged.length + 200)
    await stores.mongo.kill('SIGKILL')
    await stores.mongo.start()
  }
  await reaches(acknowledged.length + 200)
  going = false
  for (const { id, written } of await Promise.all(chains)) {
    expect((await account(instanceId, id))?.entries).toEqual(written)
  }
  const records = await journal.unannounced([partition], 1_000_000)
  expect(records).toHaveLength(acknowledged.length + 16)
  await vi.waitFor(() => expect(announced).toHaveLength(records.length))
  expect(announced).toEqual(records.map(({ _id }) => _id))
})
