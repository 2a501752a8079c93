import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import { topics } from '@user-provisioning/contracts/topics'
import { expect, test } from 'vitest'
import type { Entry } from '../entries/entry-store.ts'
import { createSampler } from '../entries/sampler.ts'
import { onRequestAnswered } from './on-request-answered.ts'

const [example] = topics.ingressFacts.examples

function received(value: RequestAnswered) {
  return { topic: topics.ingressFacts.name, partition: 0, offset: '0', key: null, value, type: '', id: '', headers: {} }
}

function handler(perSecond: number) {
  const written: Entry[] = []
  const apart: number[] = []
  const handle = onRequestAnswered({
    writer: { write: async (entries) => void written.push(...entries) },
    sampler: createSampler(perSecond, () => 0),
    keepUnattributed: async (_, omitted) => void apart.push(omitted),
  })
  return { written, apart, handle: (more: Partial<RequestAnswered>) => handle(received({ ...fact(), ...more })) }
}

function fact(): RequestAnswered {
  if (!example) throw new Error('the topic has no example')
  return example
}

test("a request of an instance is in that instance's log, never sampled", async () => {
  const { written, apart, handle } = handler(1)
  for (const id of ['r1', 'r2', 'r3']) await handle({ id })
  expect(written.map(({ kind, entry }) => [kind, entry._id])).toEqual(['r1', 'r2', 'r3'].map((id) => ['log', id]))
  expect(apart).toEqual([])
})

test('a request of no instance is kept apart, and of a flood only so many', async () => {
  const { written, apart, handle } = handler(2)
  for (let n = 0; n < 5; n++) await handle({ instanceId: null })
  expect(written).toEqual([])
  expect(apart).toEqual([0, 0])
})
