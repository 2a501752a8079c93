import type { Topic } from '@user-provisioning/contracts/topic'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Outbox } from './outbox.ts'

/** What a journal record says must be announced. */
export interface Announcement {
  readonly topic: string
  readonly key: string
  readonly type: string
  readonly id: string
  readonly value: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface AnnouncedRecord {
  readonly _id: string
  readonly facts?: readonly Announcement[]
}

/** The journal as the relay needs it; `packages/mongo` has one. */
export interface UnannouncedJournal {
  unannounced(partitions: readonly number[], limit: number): Promise<readonly AnnouncedRecord[]>
  markAnnounced(ids: readonly string[]): Promise<void>
}

export interface Relay extends AsyncDisposable {
  /** Right after the commit: sends in this turn of the event loop. */
  announce(records: readonly AnnouncedRecord[]): void
  /** Announces what an earlier owner left of these partitions, before anything new of them is begun. */
  takeOver(partitions: readonly number[]): Promise<void>
}

const sweepEveryMs = 5_000
const sweepLimit = 500

/**
 * Announces what was committed. Only the owner of a partition does: right after its own commits, for what it takes over,
 * and every 5 s for what a broker did not take. A fact may be announced twice, after a crash; it is never left out.
 */
export function openRelay(options: {
  journal: UnannouncedJournal
  outbox: Outbox
  topicOf(name: string): Topic
  ownedPartitions(): readonly number[]
  log: Logger
}): Relay {
  const { journal, outbox, topicOf, ownedPartitions, log } = options
  const underway = new Set<string>()
  const marked: string[] = []
  const sending = new Set<Promise<void>>()
  let marking: Promise<void> | undefined
  let closing = false

  async function announceOne(record: AnnouncedRecord): Promise<void> {
    try {
      await Promise.all(
        (record.facts ?? []).map(({ topic, key, type, id, value, headers }) =>
          outbox.send(topicOf(topic), { key, type, id, value, ...(headers ? { headers } : {}) }),
        ),
      )
    } catch (err) {
      underway.delete(record._id)
      log.warn({ err, requestId: record._id }, 'Facts were not taken; they are announced again')
      return
    }
    marked.push(record._id)
    marking ??= mark().finally(() => {
      marking = undefined
    })
    await marking
  }

  /** Marks what was announced, as much at once as came together. */
  async function mark(): Promise<void> {
    await new Promise((done) => setImmediate(done))
    while (marked.length > 0) {
      const ids = marked.splice(0)
      try {
        await journal.markAnnounced(ids)
      } catch (err) {
        log.warn({ err }, 'Announced facts could not be marked; they are announced again')
      }
      for (const id of ids) underway.delete(id)
    }
  }

  function announce(records: readonly AnnouncedRecord[]): void {
    for (const record of records) {
      if (underway.has(record._id) || !record.facts?.length) continue
      underway.add(record._id)
      const work = announceOne(record)
      sending.add(work)
      void work.finally(() => sending.delete(work))
    }
  }

  async function sweep(partitions: readonly number[]): Promise<void> {
    while (!closing && partitions.length > 0) {
      const records = await journal.unannounced(partitions, sweepLimit)
      const left = records.filter((record) => !underway.has(record._id))
      announce(left)
      if (left.length === 0) return
      await Promise.allSettled(sending)
      if (records.length < sweepLimit) return
    }
  }

  const timer = setInterval(() => {
    sweep(ownedPartitions()).catch((err: unknown) => log.warn({ err }, 'The journal could not be read'))
  }, sweepEveryMs)
  timer.unref()

  return {
    announce,
    takeOver: sweep,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      closing = true
      await Promise.race([Promise.allSettled(sending), new Promise((done) => setTimeout(done, 3_000).unref())])
    },
  }
}
