import { createHash } from 'node:crypto'
import { defineCollection } from '@user-provisioning/mongo/collection-definition'
import type { Mongo } from '@user-provisioning/mongo/connection'
import { update } from '@user-provisioning/mongo/write'
import type { Logger } from '@user-provisioning/runtime/logging'
import { maskedExample, type SeenValue } from './attribute-paths.ts'

type AttributeKind = 'text' | 'number' | 'boolean' | 'unknown'

/** An attribute that the IdP sends (4.5). */
export interface StoredAttribute {
  /** Of instance and path: a path may be longer than an id should be. */
  readonly _id: string
  readonly instanceId: string
  readonly path: string
  readonly kind: AttributeKind
  readonly sampleCount: number
  readonly lastSeenAt: Date
  readonly example: string | null
}

export const attributes = defineCollection<StoredAttribute>({
  name: 'attributes',
  scope: 'instance',
  schema: { path: String, kind: String, sampleCount: Number, lastSeenAt: Date, example: String },
  indexes: [{ keys: { instanceId: 1, path: 1 } }],
})

/** Counts attributes in memory and writes the sums now and then: what a crash takes with it is a few samples. */
export interface AttributesSeen extends AsyncDisposable {
  note(instanceId: string, values: readonly SeenValue[]): void
  /** Attributes that a known schema does not have: the ingress dropped their values. */
  noteDropped(instanceId: string, paths: readonly string[]): void
  /** Writes what was counted. */
  flush(): Promise<void>
}

interface Count {
  readonly instanceId: string
  readonly path: string
  readonly kind: AttributeKind
  readonly example: string | null
  samples: number
}

const flushEveryMs = 3_000
const mostCounted = 20_000
const longestPath = 300
const writesAtOnce = 500

export function openAttributesSeen(mongo: Pick<Mongo, 'apply'>, log: Logger): AttributesSeen {
  let counts = new Map<string, Count>()
  let flushing: Promise<void> = Promise.resolve()

  function add(instanceId: string, path: string, kind: AttributeKind, exampleOf: () => string | null): void {
    const key = `${instanceId} ${path}`
    const known = counts.get(key)
    if (known) known.samples++
    else if (counts.size < mostCounted && path.length <= longestPath) {
      counts.set(key, { instanceId, path, kind, example: exampleOf(), samples: 1 })
    }
  }

  async function write(): Promise<void> {
    const counted = [...counts.values()]
    counts = new Map()
    const now = new Date()
    for (let at = 0; at < counted.length; at += writesAtOnce) {
      await mongo.apply(counted.slice(at, at + writesAtOnce).map((count) => writeOf(count, now)))
    }
  }

  async function flush(): Promise<void> {
    flushing = flushing.then(write).catch((err) => log.warn({ err }, 'Attributes seen could not be counted'))
    await flushing
  }

  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()
  return {
    note(instanceId, values) {
      for (const seen of values) add(instanceId, seen.path, kindOf(seen), () => maskedExample(seen))
    },
    noteDropped(instanceId, paths) {
      for (const path of paths) add(instanceId, path, 'unknown', () => null)
    },
    flush,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await flush()
    },
  }
}

function kindOf({ value }: SeenValue): AttributeKind {
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean'
}

function writeOf({ instanceId, path, kind, example, samples }: Count, now: Date) {
  const _id = `${instanceId}/${createHash('sha256').update(path).digest('base64url').slice(0, 22)}`
  return update(
    attributes,
    instanceId,
    { _id },
    { $set: { path, kind, example }, $max: { lastSeenAt: now }, $inc: { sampleCount: samples } },
    { upsert: true },
  )
}
