import type { Topic } from '@user-provisioning/contracts/topic'
import type { Logger } from '@user-provisioning/runtime/logging'
import { backoffMs, pause, within } from './backoff.ts'
import type { Outbox } from './outbox.ts'

/** What a journal record says must be announced. */
export interface Announcement {
  /** The topic's name. */
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
  /** In the order of commits. */
  unannounced(partitions: readonly number[], limit: number): Promise<readonly AnnouncedRecord[]>
  markAnnounced(ids: readonly string[]): Promise<void>
}

export interface Relay extends AsyncDisposable {
  /** Right after the commit: sends in this turn of the event loop. */
  announce(records: readonly AnnouncedRecord[]): void
  /** Announces what an earlier owner left of these partitions, before anything new of them is begun. */
  takeOver(partitions: readonly number[]): Promise<void>
  /** Records on their way: being announced, or not marked yet. */
  underway(): number
}

const sweepEveryMs = 5_000
const sweepLimit = 500
const closeMs = 3_000

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
  /** How often the journal is looked at, in ms. */
  sweepMs?: number
}): Relay {
  const { journal, outbox, topicOf, ownedPartitions, log } = options
  const closing = new AbortController()
  /** By record id, until it is marked: what is here is not announced again by a sweep. */
  const underway = new Map<string, Promise<void>>()
  const toMark: string[] = []
  /** What was marked while a sweep reads: the sweep may have read it before. */
  const markedMeanwhile = new Set<string>()
  let sweeps = 0
  let isMarking = false

  async function announceOne(record: AnnouncedRecord): Promise<void> {
    const { _id: id, facts = [] } = record
    try {
      await Promise.all(
        facts.map(async ({ topic, key, type, id: factId, value, headers }) =>
          outbox.send(topicOf(topic), { key, type, id: factId, value, ...(headers ? { headers } : {}) }),
        ),
      )
    } catch (err) {
      log.warn({ err, requestId: id }, 'Facts were not taken; they are announced again')
      return
    }
    await marked(id)
  }

  const markers = new Map<string, () => void>()
  /** Resolves when the record is marked, together with what came meanwhile. */
  function marked(id: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    markers.set(id, resolve)
    toMark.push(id)
    if (!isMarking) {
      isMarking = true
      setImmediate(() => void markAll())
    }
    return promise
  }

  async function markAll(): Promise<void> {
    for (let attempt = 0; toMark.length > 0; ) {
      const ids = toMark.splice(0)
      try {
        await journal.markAnnounced(ids)
        attempt = 0
      } catch (err) {
        log.warn({ err, records: ids.length }, 'Announced facts could not be marked; trying again')
        toMark.unshift(...ids)
        if (closing.signal.aborted) break
        await pause(backoffMs(attempt++, 100, 5_000), closing.signal)
        continue
      }
      for (const id of ids) {
        if (sweeps > 0) markedMeanwhile.add(id)
        markers.get(id)?.()
        markers.delete(id)
      }
    }
    isMarking = false
  }

  function announce(records: readonly AnnouncedRecord[]): void {
    for (const record of records) {
      if (underway.has(record._id) || !record.facts?.length) continue
      const work = announceOne(record).finally(() => underway.delete(record._id))
      underway.set(record._id, work)
    }
  }

  async function sweep(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return
    const tried = new Set<string>()
    sweeps++
    try {
      while (!closing.signal.aborted) {
        const records = await journal.unannounced(partitions, sweepLimit)
        const left = records.filter(({ _id: id }) => !tried.has(id) && !markedMeanwhile.has(id))
        for (const { _id: id } of left) tried.add(id)
        announce(left)
        await Promise.all(left.map(({ _id: id }) => underway.get(id)))
        if (left.length === 0 || records.length < sweepLimit) return
      }
    } finally {
      sweeps--
      if (sweeps === 0) markedMeanwhile.clear()
    }
  }

  let isSweeping = false
  const timer = setInterval(() => {
    if (isSweeping) return
    isSweeping = true
    sweep(ownedPartitions())
      .catch((err: unknown) => log.warn({ err }, 'The journal could not be read'))
      .finally(() => {
        isSweeping = false
      })
  }, options.sweepMs ?? sweepEveryMs)
  timer.unref()

  return {
    announce,
    takeOver: sweep,
    underway: () => underway.size,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await within(closeMs, Promise.all(underway.values()))
      closing.abort()
    },
  }
}
