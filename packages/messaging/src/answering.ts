import { Fault, faultOf } from '@user-provisioning/contracts/errors'
import { type Reply, refusal } from '@user-provisioning/contracts/reply'
import type { Received } from './received.ts'

/** What every request says: until when somebody waits for its answer. */
interface Request {
  readonly type: string
  readonly deadlineAt: string
}

/** What is answered; with `rest`, early: the message is done only once that resolves, and is delivered again after a crash. */
export type Answered = Reply | { readonly reply: Reply; readonly rest?: Promise<unknown> }

/** Answers one type of request. @throws Fault, ScimError: it is refused with that; anything else is tried again, then given up */
export type Answer<Message extends Request> = (request: Message, message: Received<Message>) => Promise<Answered>

interface Options<Message extends Request> {
  readonly messaging: { reply(request: Received, value: unknown): void }
  /** By the type of the request. */
  readonly answers: Readonly<Record<string, Answer<Message>>>
  /** Hands over what comes past its deadline, too: it may have begun before a crash, and is then brought to its end. */
  readonly lateToo?: boolean
  readonly onAnswered?: (type: string, reply: Reply) => void
  readonly onLate?: (type: string) => void
}

/**
 * How a service answers requests: `handle` and `onPoison` of a subscription. One that comes past its deadline has nobody left
 * to answer; one that is refused is answered so; one that cannot be processed is answered and dropped, never parked: who asked
 * asks again, and carrying it out later would overwrite newer state.
 */
export function answering<Message extends Request>(options: Options<Message>) {
  const { messaging, answers, lateToo = false, onAnswered, onLate } = options

  async function answerOrRefuse(message: Received<Message>): Promise<Answered> {
    const { type } = message.value
    try {
      const answer = answers[type]
      if (answer === undefined) throw new Fault('internal-error', {}, { internal: `nobody answers ${type} here` })
      return await answer(message.value, message)
    } catch (err) {
      const late = isLate(err)
      if (late) onLate?.(type)
      const fault = late ? new Fault('deadline-exceeded') : faultOf(err)
      if (fault === undefined) throw err
      return refusal(fault)
    }
  }

  return {
    async handle(message: Received<Message>): Promise<void> {
      const { type, deadlineAt } = message.value
      if (!lateToo && Date.parse(deadlineAt) <= Date.now()) return onLate?.(type)
      const answered = await answerOrRefuse(message)
      const { reply, rest } = 'reply' in answered ? answered : { reply: answered, rest: undefined }
      onAnswered?.(type, reply)
      messaging.reply(message, reply)
      await rest
    },
    async onPoison(message: Received): Promise<void> {
      messaging.reply(message, refusal(new Fault('internal-error')))
    },
  }
}

/** A committer's way to say that the work was not begun by its deadline and never will be. */
function isLate(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'deadline-exceeded'
}
