import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sweepRegularly } from './sweep-regularly.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('sweeps one after the other, goes on after an error, and stops when disposed', async () => {
  const sweeps: PromiseWithResolvers<void>[] = []
  const errors: unknown[] = []
  const sweep = () => {
    const under = Promise.withResolvers<void>()
    sweeps.push(under)
    return under.promise
  }
  const sweeping = sweepRegularly({ everyMs: 5_000, sweep, onError: (err) => errors.push(err) })
  await vi.advanceTimersByTimeAsync(4_999)
  expect(sweeps).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(10_001)
  expect(sweeps).toHaveLength(1)

  sweeps[0]?.reject(new Error('away'))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(errors).toEqual([new Error('away')])
  expect(sweeps).toHaveLength(2)

  let isDisposed = false
  const disposed = sweeping[Symbol.asyncDispose]().then(() => {
    isDisposed = true
  })
  await vi.advanceTimersByTimeAsync(20_000)
  expect(isDisposed).toBe(false)
  sweeps[1]?.resolve()
  await disposed
  await vi.advanceTimersByTimeAsync(20_000)
  expect(sweeps).toHaveLength(2)
})
