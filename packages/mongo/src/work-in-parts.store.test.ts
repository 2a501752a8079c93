import { newId } from '@user-provisioning/contracts/ids'
import { startStores } from '@user-provisioning/devstack/stores'
import { createLogger } from '@user-provisioning/runtime/logging'
import { mongo as driver } from 'mongoose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineCollection } from './collection-definition.ts'
import { DeadlineExceeded, openCommitter } from './committer.ts'
import { connectMongo, type Mongo } from './connection.ts'
import { type Announcement, type Journal, type JournalRecord, openJournal } from './journal.ts'
import { insert, type Write } from './write.ts'

const items = defineCollection<{ _id: string; list: string; writer: string }>({
  name: 'items',
  scope: 'global',
  schema: { list: String, writer: String },
})

/** Puts items into a list, three a transaction where there are more: like the members of a group. */
interface Input {
  readonly id: string
  readonly list: string
  readonly count: number
  /** Whether it may be answered before it is done, and when. */
  readonly early?: 'at once' | 'in time'
}

const log = createLogger({ service: 'mongo', replica: 'test', level: 'fatal' })
const stack = new AsyncDisposableStack()
let mongo: Mongo
let journal: Journal

beforeAll(async () => {
  const stores = stack.use(await startStores({}))
  mongo = stack.use(await connectMongo({ uri: stores.mongodbUri, database: `parts-${newId()}`, log }))
  await mongo.ensureIndexes([items])
  journal = await openJournal(mongo)
})
afterAll(() => stack.disposeAsync())

type Apply = Mongo['apply']

function open(apply: Apply = mongo.apply, onPart?: () => Promise<void>) {
  const committed: string[] = []
  const announced: Announcement[] = []
  const told = (records: readonly JournalRecord[]) => announced.push(...records.flatMap(({ facts = [] }) => facts))
  const put = (writer: string, list: string, from: number, count: number) =>
    Array.from({ length: count }, (_, n): Write => insert(items, null, { _id: `${list}/${from + n}`, list, writer }))
  const fact = (list: string, value: number) => ({ topic: 't', key: list, type: 'Put', value })
  const committer = openCommitter<Input, null>({
    mongo: {
      closing: mongo.closing,
      async apply(writes) {
        await apply(writes)
        committed.push(String(writes.find(({ kind }) => kind === 'insert')?.kind === 'insert' && writerOf(writes)))
      },
    },
    journal,
    log,
    read: async () => null,
    decide({ id, list, count }) {
      if (count > 3) return 'too-large'
      return { reply: 'small', writes: put(id, list, 1_000, count), announcements: [fact(list, 1_000)] }
    },
    async part({ id, list, count, early: when }, { progress }) {
      await onPart?.()
      // What is there already is found again, as with memberships: only the rest is written.
      const from = Number(progress ?? 0)
      const size = Math.min(3, count - from)
      const step = { writes: put(id, list, from, size), announcements: [fact(list, from)] }
      if (from + size === count) return { ...step, reply: { put: count } }
      const early = when && { early: { reply: 'early', atOnce: when === 'at once' } }
      return { ...step, progress: from + size, ...(from === 0 ? early : {}) }
    },
    onCommitted: told,
  })
  const partition = Math.floor(Math.random() * 2 ** 31)
  const submit = (input: Input, more: { deadlineAt?: number; key?: string } = {}) =>
    committer.submit({ requestId: input.id, partition, input, key: input.list, ...more })
  return { submit, committed, announced, partition }
}

function writerOf(writes: readonly Write[]): string {
  const written = writes.find((write) => write.kind === 'insert' && write.collection === 'items')
  return written?.kind === 'insert' ? String(written.doc.writer) : ''
}

const inList = (list: string) => mongo.global(items).count({ list })
const large = (count = 10): Input => ({ id: newId(), list: newId(), count })

describe('work that is too large for one transaction', () => {
  test('is committed in parts, each with its facts; others commit between them, those of its key behind them', async () => {
    const { submit, committed, announced } = open()
    const work = large()
    const other = { id: newId(), list: newId(), count: 1 }
    const behind = { id: newId(), list: work.list, count: 1 }
    const replies = await Promise.all([submit(work), submit(other), submit(behind)])
    expect(replies.map(({ reply }) => reply)).toEqual([{ put: 10 }, 'small', 'small'])
    expect(committed.filter((writer) => writer === work.id)).toHaveLength(4)
    expect(committed.indexOf(other.id)).toBeLessThan(committed.lastIndexOf(work.id))
    expect(committed.at(-1)).toBe(behind.id)
    expect(await inList(work.list)).toBe(11)
    const own = announced.filter(({ id }) => id.startsWith(work.id))
    expect(own.map(({ id, value }) => [id, value])).toEqual([0, 3, 6, 9].map((from, n) => [`${work.id}/${n}`, from]))
    expect((await submit(work)).replayed).toBe(true)
    expect(await inList(work.list)).toBe(11)
  })

  test('that fits into one after all is one transaction with one record', async () => {
    const { submit, committed } = open()
    const work = { ...large(), count: 4 }
    await submit(work)
    expect(committed).toHaveLength(2)
    expect(await mongo.native.collection('journal').countDocuments({ 'begun.parts': { $exists: true } })).toBe(0)
  })

  test('is never begun after its deadline, and ends whatever its deadline once it was', async () => {
    const late = large()
    await expect(open().submit(late, { deadlineAt: Date.now() - 1 })).rejects.toThrow(DeadlineExceeded)
    expect(await inList(late.list)).toBe(0)
    const deadlineAt = Date.now() + 200
    const work = large()
    const { submit } = open(async (writes) => {
      await mongo.apply(writes)
      while (Date.now() <= deadlineAt) await new Promise((resolve) => setImmediate(resolve))
    })
    expect(await submit(work, { deadlineAt })).toMatchObject({ reply: { put: 10 } })
  })

  test('is answered once its beginning is durable where what is left cannot be seen, and is kept until that is done', async () => {
    const { submit } = open()
    const work: Input = { ...large(), early: 'at once' }
    const { reply, rest } = await submit(work)
    expect(reply).toBe('early')
    expect(await inList(work.list)).toBeLessThan(10)
    await rest
    expect(await inList(work.list)).toBe(10)
    expect((await submit(work)).reply).toEqual({ put: 10 })
  })

  test('is answered before it is done only where its time runs out', async () => {
    const { submit } = open()
    const [calm, pressed] = [large(), large()].map((work): Input => ({ ...work, early: 'in time' })) as [Input, Input]
    expect(await submit(calm, { deadlineAt: Date.now() + 20_000 })).toMatchObject({ reply: { put: 10 } })
    const { reply, rest } = await submit(pressed, { deadlineAt: Date.now() + 1_000 })
    expect(reply).toBe('early')
    await rest
    expect(await inList(pressed.list)).toBe(10)
  })

  test('that was answered early and then fails for good is not done: who submitted it hears of it', async () => {
    let calls = 0
    const { submit } = open(async (writes) => {
      if (++calls > 1) throw new Error('broken')
      await mongo.apply(writes)
    })
    const { reply, rest } = await submit({ ...large(), early: 'at once' })
    expect(reply).toBe('early')
    await expect(rest).rejects.toThrow('broken')
  })

  test('that two replicas carry out at once is done once', async () => {
    const work = large(30)
    const both = [open(), open()]
    const replies = await Promise.all(both.map(({ submit }) => submit(work)))
    expect(replies.map(({ reply }) => reply)).toEqual([{ put: 30 }, { put: 30 }])
    expect(await inList(work.list)).toBe(30)
    const ids = new Set(both.flatMap(({ announced }) => announced.map(({ id }) => id)))
    expect([...ids].toSorted(byNumber)).toEqual(Array.from({ length: 10 }, (_, n) => `${work.id}/${n}`))
  })
})

const byNumber = (a: string, b: string) => Number(a.split('/').at(-1)) - Number(b.split('/').at(-1))

/** Stops for ever at the n-th transaction, before or after it took place: what a killed process does. */
function dying(n: number, when: 'before' | 'after') {
  const died = Promise.withResolvers<void>()
  let calls = 0
  const apply: Apply = async (writes) => {
    if (++calls < n) return mongo.apply(writes)
    if (when === 'after') await mongo.apply(writes)
    died.resolve()
    return new Promise(() => {})
  }
  return { apply, died: died.promise }
}

describe.each(['before', 'after'] as const)('a process that dies %s transaction', (when) => {
  test.each([1, 2, 3, 4])('%i: the work goes on from there, whatever its deadline, each fact once', async (n) => {
    const work = large()
    const { apply, died } = dying(n, when)
    const first = open(apply)
    void first.submit(work).catch(() => {})
    await died
    const second = open()
    // Nothing begun: then it is late. Something begun: it is brought to its end.
    const isBegun = n > 1 || when === 'after'
    const behind = { id: newId(), list: work.list, count: 1 }
    const again = second.submit(work, { deadlineAt: Date.now() - 1 })
    const outcomes = await Promise.allSettled([again, second.submit(behind)])
    expect(outcomes[0]?.status).toBe(isBegun ? 'fulfilled' : 'rejected')
    expect(await inList(work.list)).toBe(isBegun ? 11 : 1)
    const left = await journal.unannounced([first.partition], 100)
    const told = left.flatMap(({ facts = [] }) => facts.map(({ id }) => id))
    const all = [...told, ...second.announced.map(({ id }) => id)].filter((id) => id.startsWith(work.id))
    expect([...new Set(all)].toSorted(byNumber)).toEqual(
      isBegun ? [0, 1, 2, 3].map((fact) => `${work.id}/${fact}`) : [],
    )
    expect(new Set(left.map(({ _id }) => _id)).size).toBe(left.length)
  })
})

test('a part whose acknowledgement was lost is found in the journal: done once, told before what follows', async () => {
  for (const lost of [1, 2, 4]) {
    let calls = 0
    const { submit, announced } = open(async (writes) => {
      await mongo.apply(writes)
      if (++calls === lost) throw new driver.MongoNetworkError('the connection broke after the commit')
    })
    const work = large()
    expect((await submit(work)).reply).toEqual({ put: 10 })
    expect(await inList(work.list)).toBe(10)
    expect(announced.map(({ id }) => id)).toEqual([0, 1, 2, 3].map((n) => `${work.id}/${n}`))
  }
})
