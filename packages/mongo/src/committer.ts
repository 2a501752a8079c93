import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import type { Logger } from '@user-provisioning/runtime/logging'
import type { Mongo } from './connection.ts'
import { type Journal, type JournalRecord, journalWrite, type NewAnnouncement, numbered } from './journal.ts'
import { duplicateKeyOf, FailedWrite, isTransient, UnmetExpectation } from './store-errors.ts'
import { advance, applyBegun, type Part, type Position, type WorkInParts } from './work-in-parts.ts'
import type { Write } from './write.ts'

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
  /** What it keeps its order with, also where one of that key takes several transactions. */
  readonly key?: string
  readonly input: Input
}

export interface Submitted {
  readonly reply: unknown
  /** It was done before: this is the answer that it had then. */
  readonly replayed: boolean
  /** Absent where nothing was written, and where the answer is an early one. */
  readonly record?: JournalRecord
  /** The answer is an early one: there is more to do, which is done once this resolves. Until then the work is to be kept. */
  readonly rest?: Promise<void>
}

export interface Committer<Input> {
  /**
   * Resolves once it is durable, also when the database was away meanwhile. Those of one caller commit in the order in which
   * they were submitted.
   * @throws DeadlineExceeded; what `decide` threw; the last error of one that never fits; the last transient error (`isTransient`)
   * once the connection is closed
   */
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

/** Before its deadline work that has begun is answered early, if it may be; this is for the way to who asked, and for a part under way. */
const answerInMs = 4_000

interface Pending<Input> extends Submission<Input> {
  readonly settled: PromiseWithResolvers<Submitted>
  /** A transaction with it was started and not refused: it may be there, whatever came back. */
  begun: boolean
  /** Whether the journal is asked before it is decided: not at the first try, see `commit`. */
  asked: boolean
  tries: number
}

/** One that takes several transactions. */
type InParts<Input> = WorkInParts<Input> & Pending<Input> & { readonly rest: PromiseWithResolvers<void> }

const triesAlone = 5
const noRecords: ReadonlyMap<string, JournalRecord> = new Map()
const failuresBeforeWarning = 5
const longestPauseMs = 1_000

/**
 * Commits work in groups, by one stream: it takes whatever queued up while the last transaction ran, at most `maxGroup`;
 * no timer, no minimum. Inputs keep their order. A group that does not fit (a unique index, a version that is not the one
 * that was read) is cut until the culprit is alone, which is read and decided again.
 *
 * Whether a commit that was cut off took place is not guessed: everything is tried again, and the journal tells.
 *
 * An input that is too much for one transaction is carried out in parts, with other groups between them; those of its key wait.
 * Its journal record is begun with the first part and has its answer with the last one. Submitted again after a crash, it goes
 * on from there, whatever its deadline. A part may say what can be answered early; who submitted the work then keeps it for
 * submitting it again until the rest of it is done.
 * @param options.read what a whole group needs to see, in as few queries as can be; asked anew for every try
 * @param options.decide pure but for the view, in which it leaves its effects for the inputs behind it; a refusal is a reply.
 *   One that throws is decided once more on a view of its own, then rejected with what it threw
 *   `too-large`: it takes several transactions
 * @param options.part reads and decides the next transaction of such an input; what it throws is what becomes of the input
 * @param options.onCommitted called in the turn of the commit, once its answers were given: the reply leaves before the facts
 */
export function openCommitter<Input, View>(options: {
  mongo: Pick<Mongo, 'apply' | 'closing'>
  journal: Pick<Journal, 'find'>
  read(inputs: readonly Input[]): Promise<View>
  decide(input: Input, view: View): Decision | 'too-large'
  part?(input: Input, position: Position): Promise<Part>
  onCommitted(records: readonly JournalRecord[]): void
  maxGroup?: number
  log?: Logger
}): Committer<Input> {
  const { mongo, journal, read, decide, onCommitted, maxGroup = 64, log } = options
  let waiting: Pending<Input>[] = []
  /** Those that take several transactions: they take turns. */
  const inParts: InParts<Input>[] = []
  let running = false

  async function run(): Promise<void> {
    while (waiting.length > 0 || inParts.length > 0) {
      await commitPatiently(nextGroup())
      const work = inParts[0]
      if (work === undefined) continue
      const isDone = await advancePatiently(work)
      inParts.shift()
      if (!isDone) inParts.push(work)
      // What came meanwhile goes between two parts.
      await turn()
    }
    running = false
  }

  /** Whether it waits for one that is carried out in parts. */
  function isHeld({ requestId, key }: Pending<Input>): boolean {
    return inParts.some((work) => work.requestId === requestId || (key !== undefined && work.key === key))
  }

  /** The first in line; a repetition of one that is in the group waits for the next, and then finds it done. */
  function nextGroup(): Pending<Input>[] {
    const group = new Map<string, Pending<Input>>()
    const passedOver: Pending<Input>[] = []
    let at = 0
    for (; at < waiting.length && group.size < maxGroup; at++) {
      const pending = waiting[at] as Pending<Input>
      if (group.has(pending.requestId) || isHeld(pending)) passedOver.push(pending)
      else group.set(pending.requestId, pending)
    }
    waiting = [...passedOver, ...waiting.slice(at)]
    return [...group.values()]
  }

  /** Gives each of the group its end. While the database is away they wait; what reaches its deadline unbegun goes. */
  async function commitPatiently(group: readonly Pending<Input>[]): Promise<void> {
    let left = group
    for (let failures = 0; ; ) {
      try {
        left = free(await expire(left))
        if (left.length === 0) return
        left = await commit(left)
        failures = 0
      } catch (err) {
        if (isTransient(err)) {
          if (await waitedOut(err, ++failures, left.length)) continue
          for (const pending of left) pending.settled.reject(err)
          return
        }
        if (left.length > 1) {
          for (const part of cut(left, err)) await commitPatiently(part)
          return
        }
        const [alone] = left
        if (alone && (!isContention(err) || ++alone.tries >= triesAlone)) {
          alone.settled.reject(err)
          return
        }
      }
    }
  }

  function carryOutInParts(those: readonly Pending<Input>[]): void {
    for (const pending of those) {
      const rest = Promise.withResolvers<void>()
      // Whoever was answered early hears of it; for others it is the answer that fails.
      rest.promise.catch(() => undefined)
      const fresh = { recorded: undefined, progress: undefined, early: undefined, isUnknown: true, tries: 0 }
      inParts.push({ ...pending, ...fresh, rest })
    }
  }

  /** One more part of an input that takes several. Waits while the database is away. @returns whether the input has its end */
  async function advancePatiently(work: InParts<Input>): Promise<boolean> {
    const requireInTime = () => {
      if (isLate(work)) throw new DeadlineExceeded(work.requestId)
    }
    for (let failures = 0; ; ) {
      try {
        const ended = await advance(work, { mongo, journal, part: partOf, onCommitted: tellSoon, requireInTime })
        if (ended) {
          work.settled.resolve(ended)
          work.rest.resolve()
        } else {
          answerEarly(work)
        }
        return ended !== undefined
      } catch (err) {
        work.isUnknown = true
        if (isTransient(err) && (await waitedOut(err, ++failures, 1))) continue
        // What has begun is brought to its end: it is read and decided again once others have committed.
        if (isContention(err) && (++work.tries < triesAlone || work.begun)) return false
        work.settled.reject(err)
        work.rest.reject(err)
        return true
      }
    }
  }

  /** Answers work that goes on, once it is durable and either there is nothing to see of what is left or its time runs out. */
  function answerEarly({ recorded, early, deadlineAt, settled, rest }: InParts<Input>): void {
    if (recorded === undefined || early === undefined) return
    const isTime = deadlineAt !== undefined && Date.now() >= deadlineAt - answerInMs
    if (early.atOnce || isTime) settled.resolve({ reply: early.reply, replayed: false, rest: rest.promise })
  }

  function partOf(input: Input, position: Position): Promise<Part> {
    if (options.part === undefined) throw new Error('nobody says how to carry it out in parts')
    return options.part(input, position)
  }

  /** Once the answers of this turn were given. */
  function tellSoon(record: JournalRecord): void {
    process.nextTick(tell, [record])
  }

  /** Those that need not wait for one in parts; the others stand in line again. */
  function free(group: readonly Pending<Input>[]): readonly Pending<Input>[] {
    const held = group.filter(isHeld)
    if (held.length === 0) return group
    waiting = [...held, ...waiting]
    return group.filter((pending) => !held.includes(pending))
  }

  /** Rejects those whose deadline has passed, and gives back the rest. What a crash left half done is brought to its end. */
  async function expire(group: readonly Pending<Input>[]): Promise<readonly Pending<Input>[]> {
    const late = group.filter((pending) => !pending.begun && isLate(pending))
    if (late.length === 0) return group
    const done = options.part ? await journal.find(late.map(({ requestId }) => requestId)) : noRecords
    const resumed = late.filter(({ requestId }) => done.get(requestId)?.begun)
    carryOutInParts(resumed)
    for (const pending of late) {
      const record = done.get(pending.requestId)
      if (record === undefined) pending.settled.reject(new DeadlineExceeded(pending.requestId))
      else if (!record.begun) pending.settled.resolve({ reply: record.reply, replayed: true, record })
    }
    return group.filter((pending) => !late.includes(pending))
  }

  function isLate({ deadlineAt }: Pending<Input>): boolean {
    return deadlineAt !== undefined && Date.now() >= deadlineAt
  }

  /** Pauses after one transient error of several in a row. @returns false once there is nothing to wait for: all is closing */
  async function waitedOut(err: unknown, failures: number, inputs: number): Promise<boolean> {
    if (mongo.closing.aborted) return false
    if (failures === failuresBeforeWarning) log?.warn({ err, inputs }, 'MongoDB does not take commits; trying on')
    const full = Math.min(10 * 2 ** failures, longestPauseMs)
    // Two that write the same document must not meet again and again.
    const ms = full * (0.5 + Math.random() / 2)
    await delay(ms, undefined, { signal: mongo.closing }).catch(() => undefined)
    return true
  }

  /**
   * One transaction. Gives those of the group that it left for the next one.
   *
   * Repetitions are rare, so at the first try nobody asks the journal whether it is one: the record that it would write is
   * there already and refuses the transaction, and an input that writes nothing is looked up before it is answered. At
   * each later try the journal is asked first.
   */
  async function commit(group: readonly Pending<Input>[]): Promise<readonly Pending<Input>[]> {
    const repeated = group.filter(({ asked }) => asked)
    for (const pending of group) pending.asked = true
    const [done, view] = await Promise.all([
      repeated.length === 0 ? noRecords : journal.find(repeated.map(({ requestId }) => requestId)),
      read(group.map((pending) => pending.input)),
    ])
    const at = new Date()
    const plan: Plan<Input> = {
      answers: [],
      begun: [],
      writes: [],
      records: new Map(),
      unwritten: [],
      tooLarge: [],
      resumed: new Set(),
    }
    let left: readonly Pending<Input>[] = []
    for (const [position, pending] of group.entries()) {
      const record = done.get(pending.requestId)
      if (record && !record.begun) {
        replay(plan, pending, record)
        continue
      }
      try {
        const decision = record?.begun ? 'too-large' : decide(pending.input, view)
        if (decision === 'too-large') {
          plan.tooLarge.push(pending)
          // Those behind it may be of its key.
          left = group.slice(position + 1)
          break
        }
        add(plan, pending, decision, at)
      } catch (err) {
        // It may have left half of its effects in the view, and may rest on those of others that do not commit; or it was
        // done before, and does not fit what it led to.
        const isFirst = plan.writes.length === 0 && repeated.includes(pending)
        if (isFirst) plan.answers.push(() => pending.settled.reject(err))
        left = group.slice(isFirst ? position + 1 : position)
        break
      }
    }
    await replayWhatCameMeanwhile(plan)
    if (plan.resumed.size > 0) {
      // What stands behind one that goes on from where it was must not overtake it: all of it is decided again.
      carryOutInParts([...plan.resumed])
      return group.filter((pending) => !plan.resumed.has(pending))
    }
    if (plan.writes.length > 0) await applyBegun(plan.begun, plan.writes, mongo)
    // Refusals too have waited for the commit: they may rest on what others of the group were about to write.
    for (const answer of plan.answers) answer()
    for (const { pending, reply } of plan.unwritten) pending.settled.resolve({ reply, replayed: false })
    const records = group.flatMap((pending) => plan.records.get(pending) ?? [])
    if (records.length > 0) process.nextTick(tell, records)
    carryOutInParts(plan.tooLarge)
    return left
  }

  /**
   * A commit that was cut off may take place between the look into the journal and the reading. An input then meets its own
   * effects as if they were somebody else's ("this name is taken"). One that writes would run into its own record; one that
   * does not has to look again.
   */
  async function replayWhatCameMeanwhile(plan: Plan<Input>): Promise<void> {
    if (plan.unwritten.length === 0) return
    const done = await journal.find(plan.unwritten.map(({ pending }) => pending.requestId))
    if (done.size === 0) return
    for (const { pending } of plan.unwritten) {
      const record = done.get(pending.requestId)
      if (record?.begun) plan.resumed.add(pending)
      else if (record) replay(plan, pending, record)
    }
    plan.unwritten = plan.unwritten.filter(({ pending }) => !done.has(pending.requestId))
  }

  function tell(records: readonly JournalRecord[]): void {
    try {
      onCommitted(records)
    } catch (err) {
      log?.error({ err, records: records.length }, 'What was committed could not be handed on')
    }
  }

  return {
    submit(submission) {
      const settled = Promise.withResolvers<Submitted>()
      waiting.push({ ...submission, settled, begun: false, asked: false, tries: 0 })
      if (!running) {
        running = true
        // What comes in this turn of the event loop commits together.
        setImmediate(() => void run())
      }
      return settled.promise
    },
  }
}

/** What one transaction is going to do, and to say. */
interface Plan<Input> {
  readonly answers: (() => void)[]
  readonly begun: Pending<Input>[]
  readonly writes: Write[]
  /** To be announced, in the order of the group. */
  readonly records: Map<Pending<Input>, JournalRecord>
  /** Decisions that write nothing. */
  unwritten: { readonly pending: Pending<Input>; readonly reply: unknown }[]
  /** Those that take transactions of their own. */
  readonly tooLarge: Pending<Input>[]
  /** Those that are found begun when it is too late to decide what else the transaction does. */
  readonly resumed: Set<Pending<Input>>
}

function add<Input>(plan: Plan<Input>, pending: Pending<Input>, decision: Decision, at: Date): void {
  if (!('writes' in decision)) {
    plan.unwritten.push({ pending, reply: decision.reply })
    return
  }
  const record = recordOf(pending, decision, at)
  const writes = [...decision.writes, journalWrite(record)]
  for (const write of writes) requestOf.set(write, pending.requestId)
  plan.writes.push(...writes)
  plan.begun.push(pending)
  plan.records.set(pending, record)
  plan.answers.push(() => pending.settled.resolve({ reply: decision.reply, replayed: false, record }))
}

function replay<Input>(plan: Plan<Input>, pending: Pending<Input>, record: JournalRecord): void {
  // Our own commit, cut off: nobody has announced it yet, and what commits now must not overtake it.
  if (pending.begun) plan.records.set(pending, record)
  plan.answers.push(() => pending.settled.resolve({ reply: record.reply, replayed: !pending.begun, record }))
}

/** Whose a write is, to find the culprit by the write that was refused. */
const requestOf = new WeakMap<Write, string>()

/** The culprit alone, between those before and those behind it; halves, where the error does not say who it was. */
function cut<Input>(group: readonly Pending<Input>[], err: unknown): (readonly Pending<Input>[])[] {
  const culprit = err instanceof FailedWrite ? requestOf.get(err.write) : undefined
  const at = group.findIndex((pending) => pending.requestId === culprit)
  const parts =
    at < 0
      ? [group.slice(0, group.length / 2), group.slice(group.length / 2)]
      : [group.slice(0, at), group.slice(at, at + 1), group.slice(at + 1)]
  return parts.filter((part) => part.length > 0)
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
    facts: numbered(requestId, decision.announcements),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  }
}
