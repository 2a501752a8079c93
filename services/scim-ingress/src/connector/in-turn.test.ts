import { Fault } from '@user-provisioning/contracts/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { inTurn } from './in-turn.ts'
import type { InTurn, ScimContext } from './scim-state.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const megabyte = 1024 * 1024

interface Options {
  readonly path?: string
  readonly bytes?: number
  readonly inParts?: (inTurn: InTurn) => Promise<void>
}

function ingress() {
  const middleware = inTurn()
  const begun: string[] = []
  /** A request that reads a body of `bytes`, then is in work until it is finished. */
  function request(instanceId: string, method: string, { path = '/Users', bytes = 100, inParts }: Options = {}) {
    const { promise: work, resolve: finish } = Promise.withResolvers<void>()
    const ctx = { method, path, state: { call: { caller: { instanceId } } } } as ScimContext
    const answered = middleware(ctx, async () => {
      if (method !== 'GET') {
        ctx.state.intake?.received(bytes)
        await ctx.state.intake?.whole(bytes)
      }
      if (inParts !== undefined) return inParts(ctx.state.inParts())
      begun.push(instanceId)
      await work
    }) as Promise<void>
    answered.catch(() => {})
    return { answered, finish }
  }
  function stillComing(instanceId: string): void {
    void middleware(
      { method: 'POST', path: '/Users', state: { call: { caller: { instanceId } } } } as ScimContext,
      () => new Promise(() => {}),
    )
  }
  return { begun, request, stillComing }
}

const times = (count: number, make: () => { finish: () => void; answered: Promise<void> }) =>
  Array.from({ length: count }, make)

async function codeOf(answered: Promise<void>): Promise<string | undefined> {
  return answered.then(
    () => undefined,
    (err: unknown) => (err instanceof Fault ? err.code : 'no fault'),
  )
}

describe('while one instance floods', () => {
  it("answers another instance at once, and the flooding one's lookups too", async () => {
    const { begun, request } = ingress()
    times(500, () => request('acme', 'POST'))
    await vi.advanceTimersByTimeAsync(0)
    const inWork = begun.length
    expect(inWork).toBeLessThan(100)
    for (const other of [
      request('beta', 'POST'),
      request('acme', 'GET'),
      request('acme', 'POST', { path: '/Users/.search' }),
    ]) {
      other.finish()
      expect(await codeOf(other.answered)).toBeUndefined()
    }
    expect(begun.length).toBe(inWork + 3)
  })

  it('lets its excess wait 5 s for a turn, then refuses it with 429, and nobody else', async () => {
    const { request } = ingress()
    const [first, ...others] = times(100, () => request('acme', 'PATCH'))
    await vi.advanceTimersByTimeAsync(4_000)
    first?.finish()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await codeOf(others.at(-1)?.answered ?? Promise.resolve())).toBe('rate-limited')
    const other = request('beta', 'PATCH')
    other.finish()
    expect(await codeOf(other.answered)).toBeUndefined()
  })

  it('refuses at once what would make more than a thousand wait', async () => {
    const { request } = ingress()
    times(1_100, () => request('acme', 'GET'))
    expect(await codeOf(request('acme', 'GET').answered)).toBe('rate-limited')
  })
})

describe('a request that is done in parts', () => {
  it('has a turn for each of them and none beside, so that its parts do not wait for itself', async () => {
    const { begun, request } = ingress()
    const { promise: never } = Promise.withResolvers<void>()
    const done: number[] = []
    for (let n = 0; n < 100; n++) {
      request('acme', 'POST', { path: '/Bulk', inParts: async (inTurn) => inTurn(async () => void done.push(n)) })
      request('acme', 'POST', { path: '/Bulk', inParts: (inTurn) => inTurn(() => never) })
    }
    await vi.advanceTimersByTimeAsync(0)
    expect(done.length).toBeGreaterThan(60)
    const inWork = begun.length
    request('acme', 'POST')
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toHaveLength(inWork)
    const other = request('beta', 'POST')
    other.finish()
    expect(await codeOf(other.answered)).toBeUndefined()
  })

  it('is told of a part that waited too long, or found too many waiting', async () => {
    const { request } = ingress()
    times(1_100, () => request('acme', 'POST'))
    const { answered } = request('acme', 'POST', { inParts: (inTurn) => inTurn(async () => {}) })
    expect(await codeOf(answered)).toBe('rate-limited')
  })
})

describe('bodies', () => {
  it('that are still coming in hold up nobody: a turn begins when a body is whole', async () => {
    const { begun, request, stillComing } = ingress()
    for (let count = 0; count < 1_000; count++) stillComing('acme')
    request('acme', 'POST')
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['acme'])
  })

  it('of one instance hold 64 MB at most, and what they held is free again when they are answered', async () => {
    const { request } = ingress()
    const large = times(4, () => request('acme', 'POST', { bytes: 16 * megabyte }))
    expect(await codeOf(request('acme', 'POST', { bytes: 1 }).answered)).toBe('rate-limited')
    for (const { finish } of large) finish()
    await Promise.all(large.map(({ answered }) => answered))
    const next = request('acme', 'POST', { bytes: 1 })
    next.finish()
    expect(await codeOf(next.answered)).toBeUndefined()
  })

  it('over 1 MB are in work two at a time for an instance, since each of them holds up everybody', async () => {
    const { begun, request } = ingress()
    const [first] = times(3, () => request('acme', 'PATCH', { bytes: 2 * megabyte }))
    request('beta', 'PATCH', { bytes: 2 * megabyte })
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['acme', 'acme', 'beta'])
    first?.finish()
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toEqual(['acme', 'acme', 'beta', 'acme'])
  })
})
