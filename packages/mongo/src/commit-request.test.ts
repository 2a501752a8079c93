import { expect, test } from 'vitest'
import { answerOf } from './commit-request.ts'
import type { Submitted } from './committer.ts'

const born = new Date('2026-11-02T09:00:00.000Z')
const now = new Date('2026-11-02T09:30:00.000Z')

const reply = { outcome: 'admin', result: { id: 'key' } } as const
const record = { _id: 'r', partition: 0, reply, at: now, fingerprint: 'f' }
const submitted = (more: Partial<Submitted> = {}): Submitted => ({ reply, replayed: true, record, ...more })
const later = new Date(now.getTime() + 1_000).toISOString()

test.each([
  ['carried out now', submitted({ replayed: false }), { at: born.toISOString(), fingerprint: 'f' }, reply],
  ["the client's repetition", submitted(), { at: later, fingerprint: 'f' }, { ...reply, replayed: true }],
  ['brought twice by Kafka', submitted(), { at: born.toISOString(), fingerprint: 'f' }, reply],
  ['without anything written', { reply, replayed: false }, { at: later, fingerprint: null }, reply],
])('a request that is %s', (_, done, command, answer) => {
  expect(answerOf(done, command)).toEqual(answer)
})

test('another request with the same Idempotency-Key is refused', () => {
  expect(answerOf(submitted(), { at: later, fingerprint: 'g' })).toMatchObject({
    outcome: 'refused',
    fault: { code: 'idempotency-key-reused' },
  })
})
