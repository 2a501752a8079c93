import { describe, expect, test } from 'vitest'
import { sendFailure } from './send-failure.ts'

const said = (type: string) => Object.assign(new Error(type), { type })

describe('why a batch was not taken', () => {
  test('what the broker said counts, however deep kafkajs wraps it', () => {
    const wrapped = new Error('retries exceeded', { cause: new Error('again', { cause: said('MESSAGE_TOO_LARGE') }) })
    expect(sendFailure(wrapped)).toBe('message')
    expect(sendFailure(new Error('x', { cause: said('UNKNOWN_TOPIC_OR_PARTITION') }))).toBe('topic')
  })

  test('whatever else is tried again: a broker that is away, and an error inside kafkajs', () => {
    expect(sendFailure(said('NOT_LEADER_FOR_PARTITION'))).toBe('broker')
    expect(sendFailure(new Error('connect ECONNREFUSED'))).toBe('broker')
    expect(sendFailure(new TypeError('undefined is not a function'))).toBe('broker')
    expect(sendFailure(undefined)).toBe('broker')
  })
})
