import { expect, test } from 'vitest'
import { formatTraceParent, nextTraceParent, parseTraceParent } from './trace-parent.ts'

const sent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a trace goes on with a span of its own', () => {
  const parent = parseTraceParent(sent)
  const next = nextTraceParent(parent)
  expect(next.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  expect(next.spanId).not.toBe('b7ad6b7169203331')
  expect(parent && formatTraceParent(parent)).toBe(sent)
  expect(parseTraceParent(formatTraceParent(nextTraceParent()))).toBeDefined()
})

test.each([
  ['nothing', undefined],
  ['another form', 'abc'],
  ['a trace of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
  ['a span of zeros', `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`],
  ['version ff', sent.replace(/^00/, 'ff')],
  ['more than version 00 has', `${sent}-x`],
  ['capitals', sent.toUpperCase()],
])('a traceparent of %s is not trusted', (_, text) => {
  expect(parseTraceParent(text)).toBeUndefined()
})

test('a later version is read by its first four parts', () => {
  expect(parseTraceParent(`${sent.replace(/^00/, '01')}-new`)).toBeDefined()
})
