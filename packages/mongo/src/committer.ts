import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Mongo } from './connection.ts'
import { type Announcement, type Journal, type JournalRecord, journalWrite } from './journal.ts'
import { duplicateKeyOf, isTransient, UnmetExpectation } from './store-errors.ts'
import { FailedWrite } from './transaction.ts'
import type { Write } from './write.ts'

/** An announcement as a decision makes it: without an id it gets `<request id>/<n>`. */
export type NewAnnouncement = Omit<Announcement, 'id'> & { readonly id?: string }

/** What is to be done about one input. Without writes it is only answered: nothing is kept, a repetition is decided anew. */
export type Decision =
  | { readonly reply: unknown }
  | { readonly reply: unknown; readonly writes: readonly Write[]; readonly announcements: readonly NewAnnouncement[] }

export interface Submission<Input> {
  /** The same for a repetition of the same work, and for nothing else. */
  readonly requestId: string
  /** Whose owner announces what follows. */
  readonly partition: number
  /** Milliseconds since 1970: not begun by then, it is never carried out. */
  readonly deadlineAt?: number
  /** Kept with the record, where given. */
  readonly fingerprint?: string
  readonly input: Input
}

export interface Submitted {
  readonly reply: unknown
  /** It was done before: this is the answer that it had then. */
  readonly replayed: boolean
  /** Absent where nothing was written. */
  readonly record?: JournalRecord
}

export interface Committer<Input> {
  /** Resolves once it is durable. @throws DeadlineExceeded; what `decide` threw; the last error of one that never fits */
  submit(submission: Submission<Input>): Promise<Submitted>
}

/** The work was not begun by its deadline, and never will be. */
export class DeadlineExceeded extends Error {
  readonly code = 'deadline-exceeded'

  constructor(requestId: string) {
    super(`${requestId} was not begun by its deadline`)
    this.name = 'DeadlineExceeded'
  }
}

interface Pending<Input> extends Submission<Input> {
  readonly settled: PromiseWithResolvers<Submitted>
  begun: boolean
  tries: number
}

const triesAlone = 5

/**
 * Commits work in groups, by one stream: it takes whatever queued up while the last transaction ran, at most `maxGroup`;
 * no timer, no minimum. Inputs keep their order. A group that does not fit (a unique index, a version that is not the one
 * that was read) is halved until the culprit is alone, which is read and decided again.
 * @param options.read what a whole group needs to see, in as few queries as can be
 * @param options.decide pure but for the view, in which it leaves its effects for the inputs behind it
 * @param options.onCommitted called in the turn of the commit, before the answers are given
 */
export function openCommitter<Input, View>(options: {
  mongo: Mongo
  journal: Journal
  read(inputs: readonly Input[]): Promise<View>
  decide(input: Input, view: View): Decision
  onCommitted(records: readonly JournalRecord[]): void
  maxGroup?: number
  log?: Logger
}): Committer<Input> {
  const { mongo, journal, read, decide, onCommitted, maxGroup = 64, log } = options
  let waiting: Pending<Input>[] = []
  let running = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = nextGroup()
      await commitPatiently(group)
    }
    running = false
  }

  /** The first in line; a repetition of one that is in the group waits for the next, and then finds it done. */
  function nextGroup(): Pending<Input>[] {
    const group = new Map<string, Pending<Input>>()
    const left: Pending<Input>[] = []
    for (const pending of waiting) {
      if (group.size < maxGroup && !group.has(pending.requestId)) group.set(pending.requestId, pending)
      else left.push(pending)
    }
    waiting = left
    return [...group.values()]
  }

  /** While the database is away the group waits with it; what reaches its deadline unbegun goes. */
  async function commitPatiently(group: readonly Pending<Input>[]): Promise<void> {
    let left = group
    for (let wait = 20; ; wait = Math.min(wait * 2, 1_000)) {
      left = left.filter((pending) => !expire(pending))
      if (left.length === 0) return
      try {
        await commit(left)
        return
      } catch (err) {
        const cause = err instanceof FailedWrite ? err.cause : err
        if (isTransient(cause)) {
          log?.debug({ err: cause, group: left.length }, 'The commit failed and is tried again')
          await delay(wait)
          continue
        }
        if (left.length > 1) {
          const middle = Math.ceil(left.length / 2)
          await commitPatiently(left.slice(0, middle))
          await commitPatiently(left.slice(middle))
          return
        }
        const [alone] = left
        if (!alone) return
        if (!isContention(cause) || ++alone.tries >= triesAlone) {
          alone.settled.reject(cause)
          return
        }
      }
    }
  }

  function expire(pending: Pending<Input>): boolean {
    if (pending.begun || pending.deadlineAt === undefined || Date.now() < pending.deadlineAt) return false
    pending.settled.reject(new DeadlineExceeded(pending.requestId))
    return true
  }

  async function commit(group: readonly Pending<Input>[]): Promise<void> {
    const [done, view] = await Promise.all([
      journal.find(group.map((pending) => pending.requestId)),
      read(group.map((pending) => pending.input)),
    ])
    const at = new Date()
    const writes: Write[] = []
    const records: JournalRecord[] = []
    const answers: (() => void)[] = []
    for (const pending of group) {
      const { settled, requestId } = pending
      const record = done.get(requestId)
      if (record) {
        answers.push(() => settled.resolve({ reply: record.reply, replayed: true, record }))
        continue
      }
      pending.begun = true
      const decision = decideOne(pending, view)
      if (!decision) continue
      if (!('writes' in decision)) {
        answers.push(() => settled.resolve({ reply: decision.reply, replayed: false }))
        continue
      }
      const made = recordOf(pending, decision, at)
      writes.push(...decision.writes, journalWrite(made))
      records.push(made)
      answers.push(() => settled.resolve({ reply: decision.reply, replayed: false, record: made }))
    }
    if (writes.length > 0) await mongo.apply(writes)
    onCommitted(records)
    // Refusals too wait for the commit: they may rest on what others of the group were about to write.
    for (const answer of answers) answer()
  }

  function decideOne({ input, settled }: Pending<Input>, view: View): Decision | undefined {
    try {
      return decide(input, view)
    } catch (err) {
      settled.reject(err)
      return undefined
    }
  }

  return {
    submit(submission) {
      const settled = Promise.withResolvers<Submitted>()
      waiting.push({ ...submission, settled, begun: false, tries: 0 })
      if (!running) {
        running = true
        // What comes in this turn of the event loop commits together.
        setImmediate(() => void run())
      }
      return settled.promise
    },
  }
}

function isContention(err: unknown): boolean {
  return err instanceof UnmetExpectation || duplicateKeyOf(err) !== undefined
}

function recordOf<Input>(
  { requestId, partition, fingerprint }: Pending<Input>,
  decision: Decision & { writes: readonly Write[]; announcements: readonly NewAnnouncement[] },
  at: Date,
): JournalRecord {
  return {
    _id: requestId,
    partition,
    at,
    reply: decision.reply,
    facts: decision.announcements.map((announcement, n) => ({
      ...announcement,
      id: announcement.id ?? `${requestId}/${n}`,
    })),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  }
}
