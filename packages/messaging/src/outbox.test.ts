import { setImmediate as turn } from 'node:timers/promises'
import { replyTopic, topics } from '@user-provisioning/contracts/topics'
import { expect, test } from 'vitest'
import { openOutbox } from './outbox.ts'
import type { ProducerLine } from './producer-line.ts'

const facts = topics.identityFacts
const [a, b, gone, there] = ['a', 'b', 'gone', 'there'].map((replica) => replyTopic(replica).name) as [
  string,
  string,
  string,
  string,
]

/** A broker that takes a batch, or refuses it, when it is told to. */
function broker(existing: readonly string[] = []) {
  const batches: { topics: string[]; answer: PromiseWithResolvers<void> }[] = []
  let generation = 0
  const line: ProducerLine = {
    async connect() {},
    generation: () => generation,
    renew: () => void generation++,
    send({ topicMessages = [] }) {
      const answer = Promise.withResolvers<void>()
      batches.push({ topics: topicMessages.map(({ topic }) => topic), answer })
      return answer.promise
    },
    async [Symbol.asyncDispose]() {},
  }
  const outbox = openOutbox(
    line,
    'test',
    () => undefined,
    async (name) => existing.includes(name),
  )
  return {
    tell: (key: string) => outbox.send(facts, { key, value: {}, type: 'T' }),
    answer: (to: string) => outbox.reply(to, { key: to, value: {}, type: 'T' }),
    /** The topics of the batches that left. */
    left: () => batches.map((batch) => batch.topics),
    take: (n: number) => batches[n]?.answer.resolve(),
    refuse: (n: number, err: Error) => batches[n]?.answer.reject(err),
  }
}

test('an answer leaves before what is only told in the same turn, which leaves when the answer was taken', async () => {
  const { tell, answer, left, take } = broker()
  void tell('k')
  void answer(a)
  await turn()
  expect(left()).toEqual([[a]])
  take(0)
  await expect.poll(left, { timeout: 5_000 }).toEqual([[a], [facts.name]])
})

test('what is told lets answers pass once, however many there are', async () => {
  const { tell, answer, left } = broker()
  void tell('k')
  void answer(a)
  await turn()
  void answer(b)
  await turn()
  expect(left()).toEqual([[a], [facts.name, b]])
})

test('what is told leaves at once where nobody is answered', async () => {
  const { tell, left } = broker()
  void tell('k')
  await turn()
  expect(left()).toEqual([[facts.name]])
})

test('an answer is given up when the broker says that its topic is gone, not because another one is', async () => {
  const { answer, left, refuse, take } = broker([there])
  const unknown = Object.assign(new Error('not here'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  const answers = Promise.allSettled([answer(gone), answer(there)])
  await turn()
  expect(left()).toEqual([[gone, there]])
  // Together, then each alone, with a new producer, and with one that heard of the other's topic meanwhile.
  for (let n = 0; n < 5; n++) {
    refuse(n, unknown)
    await expect.poll(() => left().length, { timeout: 5_000 }).toBeGreaterThan(n + 1)
  }
  take(left().findLastIndex(([topic]) => topic === there))
  expect(await answers).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled' }])
})
