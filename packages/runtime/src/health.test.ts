import { describe, expect, test } from 'vitest'
import { createHealth } from './health.ts'

describe('health', () => {
  test('is alive while its dependencies are down', async () => {
    const health = createHealth()
    let asked = 0
    health.check('mongodb', () => {
      asked++
      return 'does not answer'
    })
    expect(health.live().ok).toBe(true)
    expect(asked).toBe(0)
    health.started()
    expect(await health.readiness()).toEqual({ ok: false, faults: { mongodb: 'does not answer' } })
  })

  test('is not alive once a loop stands still for too long', () => {
    let now = 1_000_000
    const health = createHealth(() => now)
    let progressAt = now
    health.progress('consumer', () => progressAt, 30_000)
    now += 30_000
    expect(health.live().ok).toBe(true)
    now += 1
    expect(health.live()).toEqual({ ok: false, faults: { consumer: 'stands still for 30 s' } })
    progressAt = now
    expect(health.live().ok).toBe(true)
  })

  test('has started only when everything expected is ready', () => {
    const health = createHealth()
    health.expect('instances')
    health.started()
    expect(health.startup()).toEqual({ ok: false, faults: { instances: 'not ready yet' } })
    health.ready('instances')
    expect(health.startup().ok).toBe(true)
  })

  test('takes no work while it stops', async () => {
    const health = createHealth()
    health.started()
    expect((await health.readiness()).ok).toBe(true)
    health.stopping()
    expect(await health.readiness()).toEqual({ ok: false, faults: { process: 'is stopping' } })
  })

  test('a check that throws or says false is a fault, not an error', async () => {
    const health = createHealth()
    health.started()
    health.check('a', () => Promise.reject(new Error('refused')))
    health.check('b', () => false)
    health.check('c', () => true)
    expect((await health.readiness()).faults).toEqual({ a: 'refused', b: 'is not well' })
  })
})
