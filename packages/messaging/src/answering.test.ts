import { Fault } from '@user-provisioning/contracts/errors'
import { describe, expect, test } from 'vitest'
import { type Answered, answering } from './answering.ts'
import type { Received } from './received.ts'

interface Question {
  readonly type: string
  readonly deadlineAt: string
}

const soon = () => new Date(Date.now() + 10_000).toISOString()

function asked(type: string, answer: () => Promise<Answered>, deadlineAt = soon()) {
  const replies: unknown[] = []
  const messaging = { reply: (_: Received, value: unknown) => void replies.push(value) }
  const { handle } = answering<Question>({ messaging, answers: { Ask: answer } })
  const message = { value: { type, deadlineAt } } as Received<Question>
  return { done: handle(message), replies }
}

describe('a request', () => {
  test('that is refused is answered with the code, the places and what a page needs to merge', async () => {
    const { done, replies } = asked('Ask', async () => {
      throw new Fault(
        'precondition-failed',
        { at: 'noon' },
        { members: { currentVersion: 2 }, items: [{ pointer: '/a', code: 'required', detail: 'It is required.' }] },
      )
    })
    await done
    expect(replies).toEqual([
      {
        outcome: 'refused',
        fault: {
          code: 'precondition-failed',
          slots: { at: 'noon' },
          members: { currentVersion: 2 },
          items: [{ pointer: '/a', code: 'required', detail: 'It is required.' }],
        },
      },
    ])
  })

  test('that was not begun in time is refused as late; one that comes late is not answered at all', async () => {
    const late = Object.assign(new Error(), { code: 'deadline-exceeded' })
    const { done, replies } = asked('Ask', () => Promise.reject(late))
    await done
    expect(replies).toMatchObject([{ fault: { code: 'deadline-exceeded' } }])
    const past = asked('Ask', () => Promise.reject(late), new Date(0).toISOString())
    await past.done
    expect(past.replies).toEqual([])
  })

  test('of a type that nobody answers is an error of ours, and told; another error is tried again by who delivers', async () => {
    const { done, replies } = asked('Other', () => Promise.reject(new Error('x')))
    await done
    expect(replies).toMatchObject([{ fault: { code: 'internal-error' } }])
    await expect(asked('Ask', () => Promise.reject(new Error('broken'))).done).rejects.toThrow('broken')
  })

  test('that is answered early is done when the rest of it is; it comes again if that fails', async () => {
    const [rest, failing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const reply = { outcome: 'deleted' } as const
    const { done, replies } = asked('Ask', async () => ({ reply, rest: rest.promise }))
    let isDone = false
    const ended = done.then(() => {
      isDone = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect([replies, isDone]).toEqual([[reply], false])
    rest.resolve()
    await ended
    const broken = asked('Ask', async () => ({ reply, rest: failing.promise }))
    failing.reject(new Error('broken'))
    await expect(broken.done).rejects.toThrow('broken')
    expect(broken.replies).toEqual([reply])
  })
})
