/** Why a batch was not taken. `broker`: later, all of it. `topic`: one of its topics is not there. `message`: never as it is. */
export type SendFailure = 'broker' | 'topic' | 'message'

const topicErrors = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'])
const messageErrors = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
])

/** kafkajs wraps what the broker said in its own errors; the broker's word is the one that counts. */
export function sendFailure(err: unknown): SendFailure {
  const types = new Set<string>()
  for (let at: unknown = err; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') types.add(at.type)
  }
  if (!types.isDisjointFrom(topicErrors)) return 'topic'
  if (!types.isDisjointFrom(messageErrors)) return 'message'
  return 'broker'
}

/** A message did not leave. */
export class NotSentError extends Error {
  /** Whether the same message may be taken later. */
  readonly isTransient: boolean

  constructor(topic: string, isTransient: boolean, cause: unknown) {
    super(`A message for ${topic} was not taken${cause instanceof Error ? `: ${cause.message}` : ''}`, { cause })
    this.name = 'NotSentError'
    this.isTransient = isTransient
  }
}
