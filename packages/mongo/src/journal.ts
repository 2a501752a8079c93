import { defineCollection } from './collection-definition.ts'
import { readTimeLimitMs } from './collection-reads.ts'
import type { Mongo } from './connection.ts'
import { NotYetDurable } from './store-errors.ts'
import { insert, update, type Write } from './write.ts'

/** A message that a committed change must be followed by. */
export interface Announcement {
  /** The topic's name. */
  readonly topic: string
  readonly key: string
  readonly type: string
  /** `<request id>/<n>`: the same however often it is announced. */
  readonly id: string
  readonly value: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An announcement as a decision makes it: without an id it gets `<request id>/<n>`. */
export type NewAnnouncement = Omit<Announcement, 'id'> & { readonly id?: string }

/** The announcements of a request, numbered. @param told how many it has told of before */
export function numbered(requestId: string, announcements: readonly NewAnnouncement[], told = 0): Announcement[] {
  return announcements.map((announcement, n) => ({
    ...announcement,
    id: announcement.id ?? `${requestId}/${told + n}`,
  }))
}

/** What one request wrote, what it was answered, and what must still be announced: `facts` is absent once it was. */
export interface JournalRecord {
  /** The request id. */
  readonly _id: string
  readonly partition: number
  readonly facts?: readonly Announcement[]
  readonly reply: unknown
  readonly at: Date
  /** For a request made with an Idempotency-Key: what it was, so that the key is not taken for another. */
  readonly fingerprint?: string
  /** It takes several transactions, and the last one is still to come: nothing was answered yet. */
  readonly begun?: Begun
}

/** How far a request is that takes several transactions. */
export interface Begun {
  /** Transactions committed. */
  readonly parts: number
  /** Facts told of in them: their numbers go on from here. */
  readonly facts: number
  /** What the next one has to know. */
  readonly progress: unknown
}

export interface Journal {
  /**
   * The records of these requests: were they done already, and what were they answered?
   * @throws NotYetDurable, which is transient, for one that a majority does not have yet
   */
  find(requestIds: readonly string[]): Promise<Map<string, JournalRecord>>
  /** What the partitions have yet to announce, in the order of commits, `limit` at most. @throws NotYetDurable, as `find` */
  unannounced(partitions: readonly number[], limit: number): Promise<JournalRecord[]>
  /** These were announced: they are kept for another 24 h to answer repeated requests. */
  markAnnounced(requestIds: readonly string[]): Promise<void>
  /** How many records have something to announce. */
  depth(): Promise<number>
}

/** As stored: replies and values as JSON text, since nobody queries them and SCIM names would have to be escaped. */
interface StoredRecord {
  _id: string
  partition: number
  order: number
  reply: string
  at: Date
  facts?: { topic: string; key: string; type: string; id: string; value: string; headers?: Record<string, string> }[]
  announcedAt?: Date
  fingerprint?: string
  begun?: { parts: number; facts: number; progress: string }
}

const collectionName = 'journal'
const limits = { maxTimeMS: readTimeLimitMs }
const keptSeconds = 24 * 60 * 60

const definition = defineCollection<StoredRecord>({
  name: collectionName,
  scope: 'global',
  schema: {
    partition: { type: Number, required: true },
    order: { type: Number, required: true },
    reply: { type: String, required: true },
    at: { type: Date, required: true },
    facts: [Object],
    announcedAt: Date,
    fingerprint: String,
    begun: Object,
  },
  indexes: [
    { keys: { partition: 1, order: 1 }, options: { partialFilterExpression: { facts: { $exists: true } } } },
    { keys: { announcedAt: 1 }, options: { expireAfterSeconds: keptSeconds } },
  ],
})

/** Opens the journal of a service's database, and makes it where it is missing. */
export async function openJournal(mongo: Mongo): Promise<Journal> {
  await mongo.ensureIndexes([definition])
  const collection = mongo.native.collection<StoredRecord>(collectionName)

  /** The primary shows what it wrote itself before a majority has it. Nothing is answered or announced from that. */
  async function requireDurable(records: readonly StoredRecord[]): Promise<void> {
    if (records.length === 0) return
    const durable = await collection.countDocuments(
      { _id: { $in: records.map(({ _id }) => _id) } },
      { ...limits, readConcern: { level: 'majority' } },
    )
    if (durable < records.length) throw new NotYetDurable(collectionName)
  }

  return {
    async find(requestIds) {
      const found = await collection.find({ _id: { $in: [...requestIds] } }, limits).toArray()
      await requireDurable(found)
      return new Map(found.map((record) => [record._id, readRecord(record)]))
    },
    async unannounced(partitions, limit) {
      const found = await collection
        .find({ partition: { $in: [...partitions] }, facts: { $exists: true } }, limits)
        .sort({ order: 1 })
        .limit(limit)
        .toArray()
      await requireDurable(found)
      // An earlier owner's clock may have been ahead of ours.
      for (const record of found) lastOrder = Math.max(lastOrder, record.order)
      return found.map(readRecord)
    },
    async markAnnounced(requestIds) {
      await collection.updateMany(
        { _id: { $in: [...requestIds] } },
        { $unset: { facts: 1 }, $set: { announcedAt: new Date() } },
        // A mark that is lost costs a repeated announcement, with the same ids.
        { writeConcern: { w: 1, journal: false } },
      )
    },
    depth: () => collection.countDocuments({ partition: { $exists: true }, facts: { $exists: true } }, limits),
  }
}

let lastOrder = 0

/** The write of a record, for the transaction that it belongs to. */
export function journalWrite(record: JournalRecord): Write {
  return insert(definition, null, storedRecord(record))
}

function storedRecord(record: JournalRecord): StoredRecord {
  // Microseconds that never stand still: records of one process keep the order of their commits.
  lastOrder = Math.max(lastOrder + 1, Date.now() * 1_000)
  const facts = record.facts ?? []
  return {
    _id: record._id,
    partition: record.partition,
    order: lastOrder,
    reply: JSON.stringify(record.reply ?? null),
    at: record.at,
    ...(facts.length === 0
      ? { announcedAt: record.at }
      : {
          facts: facts.map(({ value, headers, ...rest }) => ({
            ...rest,
            ...(headers ? { headers: { ...headers } } : {}),
            value: JSON.stringify(value),
          })),
        }),
    ...(record.fingerprint === undefined ? {} : { fingerprint: record.fingerprint }),
  }
}

/** The id of the record of what one transaction of several tells: its facts are announced like any other's. */
export function partId(requestId: string, n: number): string {
  return `${requestId}#${n}`
}

/**
 * Writes how far a request is after one of its transactions, on condition that it was as far as we think: two that carry it out
 * at once do each part once. The record lives for as long as the request is begun.
 * @param before undefined with the first transaction
 */
export function progressWrite(record: JournalRecord & { readonly begun: Begun }, before: Begun | undefined): Write {
  const { parts, facts, progress } = record.begun
  const begun = { parts, facts, progress: JSON.stringify(progress) }
  if (before !== undefined) return update(definition, null, isAt(record._id, before), { $set: { begun } })
  const { announcedAt: _kept, ...stored } = storedRecord({ ...record, facts: [] })
  return insert(definition, null, { ...stored, begun })
}

/** Writes the answer with the last transaction: from now on a repetition is answered with it, for 24 h. */
export function completionWrite({ _id, reply, at }: JournalRecord, before: Begun): Write {
  const change = { $set: { reply: JSON.stringify(reply ?? null), announcedAt: at }, $unset: { begun: 1 } }
  return update(definition, null, isAt(_id, before), change)
}

function isAt(requestId: string, { parts }: Begun) {
  return { _id: requestId, 'begun.parts': parts }
}

function readRecord({ _id, partition, facts, reply, at, fingerprint, begun }: StoredRecord): JournalRecord {
  return {
    _id,
    partition,
    at,
    reply: JSON.parse(reply) as unknown,
    ...(facts ? { facts: facts.map((fact) => ({ ...fact, value: JSON.parse(fact.value) as unknown })) } : {}),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(begun ? { begun: { ...begun, progress: JSON.parse(begun.progress) as unknown } } : {}),
  }
}
