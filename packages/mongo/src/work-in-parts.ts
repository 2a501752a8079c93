import type { Mongo } from './connection.ts'
import {
  type Begun,
  completionWrite,
  type Journal,
  type JournalRecord,
  journalWrite,
  type NewAnnouncement,
  numbered,
  partId,
  progressWrite,
} from './journal.ts'
import { isTransient } from './store-errors.ts'
import type { Write } from './write.ts'

/** One transaction of work that takes several; the last one has a reply. Without writes nothing is committed. */
export interface Part {
  readonly writes: readonly Write[]
  readonly announcements: readonly NewAnnouncement[]
  readonly reply?: unknown
  /** What the next one has to know; stands in the journal. */
  readonly progress?: unknown
  /** From this transaction on the work cannot be refused any more: what may be answered before its end. */
  readonly early?: EarlyReply
}

export interface EarlyReply {
  readonly reply: unknown
  /** Nobody can tell from outside that there is more to do. Else it is the answer when the time to answer runs out. */
  readonly atOnce: boolean
}

/** How far work is, when its next part is read and decided. */
export interface Position {
  /** What the last part left; undefined: there was none. */
  readonly progress: unknown
  /** Facts told of so far. */
  readonly facts: number
  /** How often this part has met somebody else's write. */
  readonly tries: number
}

/** Work that takes several transactions, between two of them. */
export interface WorkInParts<Input> {
  readonly requestId: string
  readonly partition: number
  readonly fingerprint?: string
  readonly input: Input
  /** It may be in the journal: it is carried to its end, whatever its deadline. */
  begun: boolean
  /** Of the part under way. */
  tries: number
  /** As the journal has it. */
  recorded: Begun | undefined
  /** As we have it: parts without writes are not recorded. */
  progress: unknown
  early: EarlyReply | undefined
  /** Whether the journal has to be asked how far it is: at first, and after each failure. */
  isUnknown: boolean
}

export interface EndOfWork {
  readonly reply: unknown
  readonly replayed: boolean
  readonly record?: JournalRecord
}

/**
 * Commits the next part of work, with its facts and how far the work is then, in one transaction. What fails may be tried again
 * as it is: the journal tells whether it took place all the same.
 * @param options.onCommitted told the record that has the part's facts
 * @returns how it ended, once it did
 * @throws what `requireInTime` and `part` throw; UnmetExpectation or a duplicate key where somebody else wrote meanwhile; a transient error
 */
export async function advance<Input>(
  work: WorkInParts<Input>,
  options: {
    mongo: Pick<Mongo, 'apply'>
    journal: Pick<Journal, 'find'>
    part(input: Input, position: Position): Promise<Part>
    onCommitted(record: JournalRecord): void
    /** Throws where the work must not begin any more. */
    requireInTime(): void
  },
): Promise<EndOfWork | undefined> {
  const { requestId, partition, fingerprint } = work
  if (work.isUnknown) {
    const ended = await lookUp(work, options)
    if (ended) return ended
    work.isUnknown = false
  }
  if (!work.begun) options.requireInTime()
  const { recorded } = work
  const position = { progress: work.progress, facts: recorded?.facts ?? 0, tries: work.tries }
  const part = await options.part(work.input, position)
  work.early = part.early ?? work.early
  const isLast = part.reply !== undefined
  if (part.writes.length === 0 && (!isLast || recorded === undefined)) {
    work.progress = part.progress
    work.tries = 0
    return isLast ? { reply: part.reply, replayed: false } : undefined
  }

  const at = new Date()
  const base = { partition, at, reply: part.reply ?? null, ...(fingerprint === undefined ? {} : { fingerprint }) }
  const facts = numbered(requestId, part.announcements, position.facts)
  const parts = (recorded?.parts ?? 0) + 1
  const begun = { parts, facts: position.facts + facts.length, progress: part.progress ?? null }
  const record: JournalRecord = { _id: requestId, ...base }
  const told: JournalRecord = { _id: partId(requestId, parts), partition, at, reply: null, facts }
  const only = isLast && recorded === undefined
  const journalWrites = only
    ? [journalWrite({ ...record, facts })]
    : [
        isLast && recorded ? completionWrite(record, recorded) : progressWrite({ ...record, begun }, recorded),
        ...(facts.length === 0 ? [] : [journalWrite(told)]),
      ]
  work.isUnknown = true
  await applyBegun([work], [...part.writes, ...journalWrites], options.mongo)
  work.isUnknown = false
  work.recorded = begun
  work.progress = part.progress
  work.tries = 0
  options.onCommitted(only ? { ...record, facts } : told)
  return isLast ? { reply: part.reply, replayed: false, record } : undefined
}

/**
 * Carries the writes of some work out in one transaction. Once this was called the work is begun: it may be there, unless the
 * transaction was refused for certain.
 */
export async function applyBegun(
  those: readonly { begun: boolean }[],
  writes: readonly Write[],
  mongo: Pick<Mongo, 'apply'>,
): Promise<void> {
  const firstTime = those.filter(({ begun }) => !begun)
  for (const work of firstTime) work.begun = true
  try {
    await mongo.apply(writes)
  } catch (err) {
    if (!isTransient(err)) for (const work of firstTime) work.begun = false
    throw err
  }
}

/** Asks the journal how far work is; gives its end where it is done. */
async function lookUp<Input>(
  work: WorkInParts<Input>,
  { journal, onCommitted }: { journal: Pick<Journal, 'find'>; onCommitted(record: JournalRecord): void },
): Promise<EndOfWork | undefined> {
  const { requestId } = work
  const next = partId(requestId, (work.recorded?.parts ?? 0) + 1)
  const found = await journal.find([requestId, next])
  const record = found.get(requestId)
  if (record === undefined) return undefined
  // Our own commit, cut off: nobody has announced it yet, and what commits now must not overtake it.
  const cutOff = work.begun ? (found.get(next) ?? (record.facts && record)) : undefined
  if (cutOff) onCommitted(cutOff)
  if (record.begun === undefined) return { reply: record.reply, replayed: !work.begun, record }
  work.begun = true
  work.recorded = record.begun
  work.progress = record.begun.progress
  return undefined
}
