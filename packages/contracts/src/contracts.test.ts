import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { describeFault, type ErrorRecord, errors, Fault } from './errors.ts'
import { breaksOf } from './schema-compatibility.ts'
import { messageSchemas } from './schema-snapshot.ts'
import { allTopics } from './topics.ts'

describe('topics', () => {
  test.each(allTopics.map((topic) => [topic.name, topic] as const))(
    '%s has examples that its schema takes',
    (_, topic) => {
      for (const example of topic.examples) expect(topic.schema.safeParse(example).error).toBeUndefined()
    },
  )

  test('keyed by an entity have as many partitions each, so that one replica owns an entity in all of them', () => {
    const counts = allTopics.filter((topic) => topic.key.includes('entity')).map((topic) => topic.partitions)
    expect(new Set(counts).size).toBe(1)
  })
})

describe('message schemas', () => {
  const committed = JSON.parse(readFileSync(join(import.meta.dirname, 'messages.snapshot.json'), 'utf8'))

  test('are those of the committed snapshot (pnpm contracts:snapshot writes it)', () => {
    expect(messageSchemas()).toEqual(committed)
  })

  test('take what the committed ones took: a service of the version before can still be understood', () => {
    expect(breaksOf(committed, messageSchemas())).toEqual([])
  })

  test('a break is found: a member that became required, one that went, a type that changed, an enum value that went', () => {
    const before = z.toJSONSchema(z.strictObject({ a: z.string(), b: z.string().optional(), c: z.enum(['x', 'y']) }))
    const breaks = (schema: z.ZodType) => breaksOf({ t: before }, { t: z.toJSONSchema(schema) })
    expect(breaks(z.strictObject({ a: z.string(), b: z.string(), c: z.enum(['x', 'y']) }))).toEqual([
      't: b became required',
    ])
    expect(breaks(z.strictObject({ a: z.string(), c: z.enum(['x', 'y']) }))).toEqual(['t.b: went'])
    expect(breaks(z.strictObject({ a: z.number(), b: z.string().optional(), c: z.enum(['x', 'y']) }))).toEqual([
      't.a: type string became number',
    ])
    expect(breaks(z.strictObject({ a: z.string(), b: z.string().optional(), c: z.enum(['x']) }))).toEqual([
      't.c: value y went',
    ])
    expect(
      breaks(
        z.strictObject({ a: z.string(), b: z.string().optional(), c: z.enum(['x', 'y', 'z']), d: z.int().optional() }),
      ),
    ).toEqual([])
  })
})

describe('the error catalogue', () => {
  const pages = join(import.meta.dirname, '../../../docs/errors')

  test.each(Object.entries<ErrorRecord>(errors))(
    '%s has a page with its sentence, status and advice',
    (code, record) => {
      const page = readFileSync(join(pages, `${code}.md`), 'utf8')
      expect(page).toContain(record.sentence)
      expect(page).toContain(record.advice)
      if (record.status !== null) expect(page).toContain(String(record.status))
    },
  )

  test.each(Object.entries<ErrorRecord>(errors))(
    '%s has a page with its cause, its fix and an example of its answer',
    (code, { status, scimType, sentence, advice }) => {
      const page = readFileSync(join(pages, `${code}.md`), 'utf8')
      const [, cause = '', fix = '', json = ''] =
        /\n## Cause\n\n(.+?)\n\n## Fix\n\n(.+?)\n\n## Example\n\n```json\n(.+?)```\n$/s.exec(page) ?? []
      expect(cause.length).toBeGreaterThan(20)
      expect(fix.length).toBeGreaterThan(10)
      const example = JSON.parse(json)
      const said = status === null ? sentence : `${sentence} ${advice}`
      const pattern = said
        .split(/\{\w+\}/)
        .map(RegExp.escape)
        .join('.+')
      expect(example.detail).toMatch(new RegExp(`^${pattern}`))
      expect(example.detail).not.toMatch(/\{(?!id\})\w+\}/)
      if (status !== null) expect(String(example.status)).toBe(String(status))
      if (scimType !== undefined) expect(example.scimType).toBe(scimType)
    },
  )
})

describe('what a fault shows of a request', () => {
  const detailOf = (value: string) =>
    describeFault(new Fault('value-invalid', { attribute: 'title', value, expected: 'a text' })).detail

  test('is shortened, and never half a character', () => {
    expect(detailOf('x'.repeat(1_000_000)).length).toBeLessThan(300)
    expect(detailOf('\u{1f6a2}'.repeat(1_000)).isWellFormed()).toBe(true)
  })

  test('holds no token and nothing of a password', () => {
    const tokens = ['eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl', 'upat_0123456789abcdef']
    for (const token of tokens) expect(detailOf(`the ${token}`)).toBe('title: the [redacted] is not a text.')
    expect(detailOf('password[value eq "Tide-9"]')).toBe('title: password… is not a text.')
    expect(detailOf('eyJ'.repeat(1_000_000)).length).toBeLessThan(300)
  })
})
