import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type Operator, operators } from './operators.ts'

/** The format of the case files; README.md says what each part means. A part that is not known here is refused, not skipped. */
const status = z.union([z.number(), z.string(), z.array(z.union([z.number(), z.string()]))])

const check = z.strictObject({
  path: z.string().optional(),
  header: z.string().optional(),
  text: z.literal(true).optional(),
  var: z.string().optional(),
  op: z.enum(Object.keys(operators) as Operator[]),
  value: z.unknown().optional(),
  when: status.optional(),
})

const request = z.strictObject({
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.unknown()).optional(),
  headers: z.record(z.string(), z.string().nullable()).optional(),
  body: z.unknown().optional(),
  raw: z.unknown().optional(),
  rawEncoding: z.enum(['utf8', 'latin1', 'base64', 'hex']).optional(),
  tenant: z.union([z.literal(1), z.literal(2)]).optional(),
})

const step = z.strictObject({
  request: request.optional(),
  expect: z
    .strictObject({
      status: status.optional(),
      checks: z.array(check).optional(),
      maxMs: z.number().optional(),
      allowReset: z.boolean().optional(),
    })
    .optional(),
  capture: z.record(z.string(), z.string()).optional(),
  collect: z.record(z.string(), z.string()).optional(),
  repeat: z.number().optional(),
  while: z.string().optional(),
  forEach: z.string().optional(),
  parallel: z.number().optional(),
  statusCounts: z.record(z.string(), z.number()).optional(),
  wait: z.number().optional(),
})

/** The levels, the strictest first. */
export const levels = ['must', 'should', 'may'] as const

const oneCase = step.extend({
  name: z.string(),
  client: z.string().default('generic'),
  level: z.enum(levels).default('must'),
  source: z.string().optional(),
  why: z.string().optional(),
  needs: z.array(z.literal('tenant2')).optional(),
  vars: z.record(z.string(), z.unknown()).optional(),
  request,
  setup: z.array(step).default([]),
  // biome-ignore lint/suspicious/noThenProperty: the format calls it so, and nobody awaits a case
  then: z.array(step).default([]),
  cleanup: z.array(step).default([]),
})

export type Check = z.infer<typeof check>
export type StepRequest = z.infer<typeof request>
export type Step = z.infer<typeof step>
export type Expectation = NonNullable<Step['expect']>
export type Status = z.infer<typeof status>
export type Level = (typeof levels)[number]

export interface Case extends z.infer<typeof oneCase> {
  /** Its file without `.json`: `16-bulk`. */
  readonly topic: string
}

export const casesFolder = join(import.meta.dirname, 'cases')

/** Reads every case of a folder, in the order of files and lists. @throws naming the case that does not follow the format */
export function readCorpus(folder = casesFolder): Case[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const corpus = files.toSorted().flatMap((file) => {
    const cases: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    return z
      .array(z.unknown())
      .parse(cases)
      .map((given, index) => {
        const read = oneCase.safeParse(given)
        if (!read.success) {
          const name = (given as Partial<Case> | null)?.name ?? `case ${index + 1}`
          throw new Error(`${file}: ${name}: ${z.prettifyError(read.error)}`)
        }
        return { ...read.data, topic: file.replace(/\.json$/, '') }
      })
  })
  const names = new Set<string>()
  for (const { topic, name } of corpus) {
    if (names.has(name)) throw new Error(`${topic}: there is another case called ${name}`)
    names.add(name)
  }
  return corpus
}

export interface Selection {
  /** Matches `topic/name`, in any case. */
  readonly only?: string | undefined
  /** This level and the stricter ones. */
  readonly level?: Level | undefined
  readonly client?: string | undefined
}

export function select(corpus: readonly Case[], { only, level = 'may', client }: Selection): Case[] {
  const pattern = new RegExp(only ?? '', 'i')
  return corpus.filter(
    (one) =>
      pattern.test(`${one.topic}.json/${one.name}`) &&
      levels.indexOf(one.level) <= levels.indexOf(level) &&
      (client === undefined || one.client === client),
  )
}
