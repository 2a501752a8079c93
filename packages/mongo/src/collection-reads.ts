import type { mongo as driver } from 'mongoose'
import { unescapeKeys } from './key-escaping.ts'
import type { Query } from './write.ts'

export interface ReadOptions {
  /** Stored paths; the order counts. */
  readonly sort?: Readonly<Record<string, 1 | -1>>
  readonly limit?: number
  readonly skip?: number
  /** Stored paths: 1 to have only these (and `_id`), 0 to leave out. */
  readonly projection?: Readonly<Record<string, 0 | 1>>
  /** The index to use, by name or keys. */
  readonly hint?: string | Readonly<Record<string, 1 | -1>>
  /** Longest time in milliseconds; past it the read fails (`isTimeLimitExceeded`). */
  readonly maxTimeMs?: number
}

/** A stage of an aggregation that looks at nothing but the documents it is given. */
export type Stage =
  | { readonly $match: Query }
  | { readonly $project: Readonly<Record<string, unknown>> }
  | { readonly $sort: Readonly<Record<string, 1 | -1>> }
  | { readonly $skip: number }
  | { readonly $limit: number }

export interface CollectionReads<Doc> {
  find(filter: Query, options?: ReadOptions): Promise<Doc[]>
  findOne(filter: Query, options?: Omit<ReadOptions, 'limit'>): Promise<Doc | undefined>
  /** Counts what matches, to `limit` at most. */
  count(filter: Query, options?: Pick<ReadOptions, 'limit' | 'hint' | 'maxTimeMs'>): Promise<number>
  /** One document after the other, for more than fits in memory. */
  each(filter: Query, options?: ReadOptions): AsyncIterable<Doc>
  /** Sends what matches through the stages: for an order by what is not stored as one value. */
  aggregate<Made = Doc>(
    filter: Query,
    stages: readonly Stage[],
    options?: Pick<ReadOptions, 'hint' | 'maxTimeMs'>,
  ): AsyncIterable<Made>
}

/** The longest that one read may take, in milliseconds, unless it says otherwise. */
export const readTimeLimitMs = 10_000

/** Reads of one collection in which every filter has gone through `bind`. Plain documents come back, names unescaped. */
export function collectionReads<Doc>(
  collection: driver.Collection<driver.Document>,
  bind: (filter: Query) => Query,
): CollectionReads<Doc> {
  const read = (doc: driver.Document) => unescapeKeys(doc) as unknown as Doc
  const bound = (filter: Query) => bind(filter) as driver.Filter<driver.Document>

  return {
    async find(filter, options = {}) {
      return (await collection.find(bound(filter), findOptions(options)).toArray()).map(read)
    },
    async findOne(filter, options = {}) {
      const doc = await collection.findOne(bound(filter), findOptions(options))
      return doc === null ? undefined : read(doc)
    },
    count(filter, options = {}) {
      const { limit, hint } = options
      return collection.countDocuments(bound(filter), {
        maxTimeMS: options.maxTimeMs ?? readTimeLimitMs,
        ...(limit === undefined ? {} : { limit }),
        ...(hint === undefined ? {} : { hint }),
      })
    },
    async *each(filter, options = {}) {
      for await (const doc of collection.find(bound(filter), findOptions(options))) yield read(doc)
    },
    async *aggregate<Made>(
      filter: Query,
      stages: readonly Stage[],
      options: Pick<ReadOptions, 'hint' | 'maxTimeMs'> = {},
    ) {
      const pipeline = [{ $match: bound(filter) }, ...stages]
      for await (const doc of collection.aggregate(pipeline, findOptions(options))) yield unescapeKeys(doc) as Made
    },
  }
}

function findOptions({ maxTimeMs, ...options }: ReadOptions): driver.FindOptions {
  return { ...(options as driver.FindOptions), maxTimeMS: maxTimeMs ?? readTimeLimitMs }
}
