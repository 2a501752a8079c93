import { Fault } from '@user-provisioning/contracts/errors'
import { type Reply, refusal } from '@user-provisioning/contracts/reply'
import type { Committer, Submitted } from './committer.ts'

/** What a request says for its committing. */
interface Request {
  readonly requestId: string
  readonly at: string
  readonly deadlineAt: string
  readonly fingerprint?: string | null
}

/**
 * Commits what a request asks for, to its end, once however often it comes.
 * @param place the partition whose owner announces what follows, and the key that the request keeps its order with
 * @returns the answer; where it was carried out before, the one that it had then
 * @throws DeadlineExceeded and what else `Committer.submit` throws
 */
export async function commitRequest<Input>(
  committer: Pick<Committer<Input>, 'submit'>,
  request: Request,
  place: Place,
  input: Input,
): Promise<Reply> {
  const { reply, rest } = await beginRequest(committer, request, place, input)
  await rest
  return reply
}

/** The same, but the answer may come early (`EarlyReply`): the request is then to be kept until `rest` resolves. */
export async function beginRequest<Input>(
  committer: Pick<Committer<Input>, 'submit'>,
  request: Request,
  place: Place,
  input: Input,
): Promise<{ readonly reply: Reply; readonly rest?: Promise<void> }> {
  const { requestId, deadlineAt, fingerprint = null } = request
  const { partition, key = null } = place
  const submitted = await committer.submit({
    requestId,
    partition,
    deadlineAt: Date.parse(deadlineAt),
    input,
    ...(fingerprint === null ? {} : { fingerprint }),
    ...(key === null ? {} : { key }),
  })
  const reply = answerOf(submitted, request)
  return submitted.rest === undefined ? { reply } : { reply, rest: submitted.rest }
}

interface Place {
  readonly partition: number
  readonly key?: string | null
}

/**
 * The answer of a request that was carried out now or before. Under one Idempotency-Key comes either the same request
 * again, which is told so, or another one, which is refused. A message that Kafka brought twice is no repetition of the
 * client's: its answer was lost, and with it a secret that is shown once.
 */
export function answerOf({ reply, record, replayed }: Submitted, request: Pick<Request, 'at' | 'fingerprint'>): Reply {
  const answer = reply as Reply
  if (record === undefined || !replayed) return answer
  if ((record.fingerprint ?? null) !== (request.fingerprint ?? null)) {
    return refusal(new Fault('idempotency-key-reused'))
  }
  return answer.outcome === 'admin' && Date.parse(request.at) > record.at.getTime()
    ? { ...answer, replayed: true }
    : answer
}
