import { expect, test } from 'vitest'
import { counter, gauge, histogram, metricsText, observedGauge } from './telemetry.ts'

test('metrics are told in the text format of Prometheus, labels escaped', async () => {
  const commands = counter('test.commands', { description: 'Commands\ndone.' })
  commands.add(1, { outcome: 'created' })
  commands.add(2, { outcome: 'a "b"\n' })
  gauge('test.depth', { description: 'Depth.' }).set(3)
  observedGauge('test.size', { description: 'Size.', unit: 'By' }, async () => [{ value: 9, labels: { of: 'x' } }])
  const text = await metricsText()
  expect(text).toContain('# HELP test_commands_total Commands\\ndone.\n# TYPE test_commands_total counter\n')
  expect(text).toContain('test_commands_total{outcome="created"} 1\n')
  expect(text).toContain('test_commands_total{outcome="a \\"b\\"\\n"} 2\n')
  expect(text).toContain('test_depth 3\n')
  expect(text).toContain('test_size_bytes{of="x"} 9\n')
})

test('a histogram counts each value in its bucket and in all above', async () => {
  const duration = histogram('test.duration', { description: 'Duration.', unit: 'ms', bounds: [1, 10] })
  for (const value of [0.5, 1, 5, 100]) duration.record(value, { route: 'r' })
  const text = await metricsText()
  expect(text).toContain('test_duration_milliseconds_bucket{route="r",le="1"} 2\n')
  expect(text).toContain('test_duration_milliseconds_bucket{route="r",le="10"} 3\n')
  expect(text).toContain('test_duration_milliseconds_bucket{route="r",le="+Inf"} 4\n')
  expect(text).toContain('test_duration_milliseconds_sum{route="r"} 106.5\n')
})

test('a reading that fails leaves the other metrics readable', async () => {
  observedGauge('test.broken', { description: 'Broken.' }, () => {
    throw new Error('no')
  })
  expect(await metricsText()).not.toContain('test_broken')
})

test('two metrics cannot have one name', () => {
  counter('test.twice', { description: 'x' })
  expect(() => counter('test.twice', { description: 'x' })).toThrow(/declared twice/)
})
