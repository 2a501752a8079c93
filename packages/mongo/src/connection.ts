import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@user-provisioning/runtime/logging'
import { type Connection, createConnection, mongo as driver } from 'mongoose'
import { abandonedTransactions } from './abandoned-transactions.ts'
import { type BoundCollection, boundCollection } from './bound-collection.ts'
import type { CollectionDefinition } from './collection-definition.ts'
import { type ReadOptions, readTimeLimitMs } from './collection-reads.ts'
import { type GlobalCollection, globalCollection } from './global-collection.ts'
import { createIndexes } from './indexes.ts'
import { unescapeKeys } from './key-escaping.ts'
import { type FoundById, readByIds, type WantedById } from './read-by-ids.ts'
import { duplicateKeyOf, isTransient, isWriteConflict } from './store-errors.ts'
import { applyWrites } from './transaction.ts'
import { bindQuery, documentToStore, type NewDocument, type Query, type Write } from './write.ts'

export interface Mongo extends AsyncDisposable {
  readonly database: string
  /** The database as the driver sees it: for this package's own files. */
  readonly native: driver.Db
  readonly client: driver.MongoClient
  /** Aborted when this is disposed: what keeps trying ends. */
  readonly closing: AbortSignal
  /** A collection as seen from one instance: nothing of another can be read through it. */
  bound<Doc extends { _id: string }>(definition: CollectionDefinition<Doc>, instanceId: string): BoundCollection<Doc>
  /** A collection of scope `global`. @throws Error for one that is bound to instances */
  global<Doc extends { _id: string }>(definition: CollectionDefinition<Doc>): GlobalCollection<Doc>
  /** Documents of several instances at once, each only under the instance named with its id; in no order. */
  readByIds<Doc extends { _id: string }>(
    definition: CollectionDefinition<Doc>,
    keys: readonly { readonly instanceId: string; readonly id: string }[],
  ): Promise<Doc[]>
  /** The same of several collections in one round trip, by the names that they are given here. */
  readTogether<Wanted extends Readonly<Record<string, WantedById>>>(wanted: Wanted): Promise<FoundById<Wanted>>
  /** What matches in any of the instances named, each filter AND-ed under its own: one query for a group of commands. */
  findInEach<Doc extends { _id: string }>(
    definition: CollectionDefinition<Doc>,
    clauses: readonly { readonly instanceId: string; readonly filter: Query }[],
    options?: Pick<ReadOptions, 'limit' | 'projection'>,
  ): Promise<Doc[]>
  /** Makes collections and indexes that are missing; never drops one. Safe to run in several processes at once. */
  ensureIndexes(definitions: readonly Pick<CollectionDefinition, 'name' | 'indexes'>[]): Promise<void>
  /**
   * Carries the writes out in one transaction. Not repeated here: a transient error (`isTransient`) leaves open whether it
   * committed, so that the caller's repetition must be harmless.
   * @throws UnmetExpectation; FailedWrite for a write that the server refused, such as a duplicate key (`duplicateKeyOf`); a
   * transient error (`isTransient`)
   */
  apply(writes: readonly Write[]): Promise<void>
  /** Inserts the documents whose ids and unique values are not there yet; gives the ids of those inserted now. */
  insertAbsent<Doc extends { _id: string }>(
    definition: CollectionDefinition<Doc>,
    docs: readonly (NewDocument<Doc> & { readonly instanceId: string })[],
  ): Promise<Set<string>>
  /** Resolves when the primary answers within `timeLimitMs`. */
  ping(timeLimitMs?: number): Promise<void>
}

const clientOptions = {
  appName: 'user-provisioning',
  // How soon work notices that there is no primary; it waits and repeats by itself.
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 5_000,
  // A peer that vanished without a word; above every time limit of ours.
  socketTimeoutMS: 45_000,
  maxPoolSize: 32,
  readPreference: 'primary',
  retryReads: true,
  retryWrites: true,
} as const

/**
 * Connects to a replica set and waits until it has a primary; keeps trying while the server is coming, and says so in the log.
 * Writes are acknowledged by a majority and on disk; reads go to the primary.
 * @throws at once for an address that cannot be read or credentials that are refused; the signal's reason once aborted
 */
export async function connectMongo(options: {
  uri: string
  database: string
  log: Logger
  signal?: AbortSignal
}): Promise<Mongo> {
  const { log, database } = options
  const connection = await connectPatiently(options)
  const closing = new AbortController()
  connection.on('disconnected', () => closing.signal.aborted || log.warn('MongoDB is out of reach'))
  connection.on('connected', () => log.info('MongoDB is back'))
  return openDatabase(connection, database, closing, log)
}

async function connectPatiently(options: {
  uri: string
  database: string
  log: Logger
  signal?: AbortSignal
}): Promise<Connection> {
  const { uri, database, log, signal } = options
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    const connection = createConnection()
    connection.on('error', (err) => log.warn({ err }, 'MongoDB connection error'))
    try {
      await connection.openUri(uri, {
        ...clientOptions,
        writeConcern: { w: 'majority', journal: true },
        dbName: database,
        autoIndex: false,
        autoCreate: false,
        bufferCommands: false,
      })
      await connection.getClient().db('admin').command({ hello: 1 })
      return connection
    } catch (err) {
      await connection.destroy(true).catch(() => undefined)
      if (!isComing(err)) throw err
      if (attempt % 10 === 0) log.warn({ err }, 'MongoDB does not answer yet; trying again')
      await delay(Math.min(1_000, 50 * 2 ** attempt), undefined, signal ? { signal } : {})
    }
  }
}

/** mongoose wraps the driver's failure to find a server in an error of its own. */
function isComing(err: unknown): boolean {
  return isTransient(err) || (err instanceof Error && err.name === 'MongooseServerSelectionError')
}

function openDatabase(connection: Connection, database: string, closing: AbortController, log: Logger): Mongo {
  const client = connection.getClient() as driver.MongoClient
  const native = client.db(database)
  const abandoned = abandonedTransactions(client, clientOptions.appName)

  async function findInEach<Doc extends { _id: string }>(
    definition: CollectionDefinition<Doc>,
    clauses: readonly { readonly instanceId: string; readonly filter: Query }[],
    options: Pick<ReadOptions, 'limit' | 'projection'> = {},
  ): Promise<Doc[]> {
    if (clauses.length === 0) return []
    const bound = clauses.map(({ instanceId, filter }) => bindQuery(definition, instanceId, filter))
    const found = await native
      .collection(definition.name)
      .find((bound.length === 1 ? bound[0] : { $or: bound }) as driver.Filter<driver.Document>, {
        ...options,
        maxTimeMS: readTimeLimitMs,
      })
      .toArray()
    return found.map((doc) => unescapeKeys(doc) as unknown as Doc)
  }

  return {
    database,
    native,
    client,
    closing: closing.signal,
    bound: (definition, instanceId) => boundCollection(native, definition, instanceId),
    global: (definition) => globalCollection(native, definition),

    async readByIds<Doc extends { _id: string }>(
      definition: CollectionDefinition<Doc>,
      keys: readonly { readonly instanceId: string; readonly id: string }[],
    ) {
      const { found } = await readByIds(native, { found: { definition, keys } })
      return found
    },
    readTogether: (wanted) => readByIds(native, wanted),

    findInEach,
    ensureIndexes: (definitions) => createIndexes(native, definitions),

    async apply(writes) {
      if (writes.length === 0) return
      await using session = client.startSession()
      session.startTransaction()
      try {
        await applyWrites(native, session, writes)
        await session.commitTransaction()
      } catch (err) {
        if (session.inTransaction()) await session.abortTransaction().catch(() => undefined)
        if (isWriteConflict(err)) {
          await abandoned.end().catch((failure: unknown) => {
            log.warn({ err: failure }, 'Transactions of killed processes could not be looked for; the server ends them')
          })
        }
        throw err
      }
    },

    async insertAbsent(definition, docs) {
      if (docs.length === 0) return new Set()
      const stored = docs.map((doc) => documentToStore(definition, doc.instanceId, doc))
      const absent = new Set(stored.map((doc) => doc._id))
      try {
        await native.collection<{ _id: string }>(definition.name).insertMany(stored, { ordered: false })
      } catch (err) {
        if (!(err instanceof driver.MongoBulkWriteError) || duplicateKeyOf(err) === undefined) throw err
        const failures = Array.isArray(err.writeErrors) ? err.writeErrors : [err.writeErrors]
        for (const failure of failures) {
          if (failure.code !== 11000) throw err
          const refused = stored[failure.index]
          if (refused) absent.delete(refused._id)
        }
      }
      return absent
    },

    async ping(timeLimitMs = 1_000) {
      await native.command({ ping: 1 }, { timeoutMS: timeLimitMs })
    },

    async [Symbol.asyncDispose]() {
      closing.abort()
      await connection.close()
    },
  }
}
