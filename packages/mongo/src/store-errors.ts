import { mongo as driver } from 'mongoose'
import type { Write } from './write.ts'

/** An update or removal that had to match one document did not: somebody else changed or removed it meanwhile. */
export class UnmetExpectation extends Error {
  readonly code = 'unmet-expectation'
  readonly collection: string

  constructor(collection: string, expected: number, matched: number) {
    super(`${collection}: ${matched} of ${expected} conditional writes matched`)
    this.name = 'UnmetExpectation'
    this.collection = collection
  }
}

/** The server refused a write of a transaction, and it was this one; `cause` says why. */
export class FailedWrite extends Error {
  readonly write: Write

  constructor(write: Write, cause: unknown) {
    super(`${write.collection}: a write of the transaction was refused`, { cause })
    this.name = 'FailedWrite'
    this.write = write
  }
}

/** What was read is not yet held by a majority: it may still be rolled back. */
export class NotYetDurable extends Error {
  constructor(collection: string) {
    super(`${collection}: what was read is not yet held by a majority`)
    this.name = 'NotYetDurable'
  }
}

export interface DuplicateKey {
  readonly collection: string
  /** The index's name; `_id_` for the primary key. */
  readonly index: string
  /** The index's paths with the values that exist already, as stored. */
  readonly keyValue: Readonly<Record<string, unknown>>
}

const duplicateKeyCode = 11000
const writeConflictCode = 112

/** Which unique index refused a write, and for which values; undefined for any other error. */
export function duplicateKeyOf(err: unknown): DuplicateKey | undefined {
  if (err instanceof FailedWrite) return duplicateKeyOf(err.cause)
  if (!(err instanceof driver.MongoServerError)) return undefined
  const failed = firstWriteError(err)
  if ((failed?.code ?? err.code) !== duplicateKeyCode) return undefined
  const message = failed?.errmsg ?? err.message
  const where = /collection: [^.\s]+\.(\S+) index: (\S+)/.exec(message)
  const reported: unknown = err.keyValue ?? (failed?.err as { keyValue?: unknown } | undefined)?.keyValue
  return {
    collection: where?.[1] ?? '',
    index: where?.[2] ?? '',
    keyValue: (reported as Record<string, unknown> | undefined) ?? keyValueOf(message),
  }
}

/** The position, within its bulk, of the write that failed; undefined when the error does not say. */
export function failedPositionOf(err: unknown): number | undefined {
  return err instanceof driver.MongoServerError ? firstWriteError(err)?.index : undefined
}

interface WriteFailure {
  readonly index: number
  readonly code: number
  readonly errmsg?: string
  readonly err?: unknown
}

function firstWriteError(err: unknown): WriteFailure | undefined {
  if (!(err instanceof driver.MongoBulkWriteError)) return undefined
  const failures: unknown = err.writeErrors
  return (Array.isArray(failures) ? failures[0] : failures) as WriteFailure | undefined
}

function keyValueOf(message: string): Record<string, unknown> {
  const keys = /dup key: \{ (.*) \}$/.exec(message)?.[1] ?? ''
  return Object.fromEntries(
    [...keys.matchAll(/([^\s:,][^:]*): ("(?:[^"\\]|\\.)*"|[^,]+)(?:, |$)/g)].map(([, path, value]) => [
      path,
      jsonOf(value),
    ]),
  )
}

function jsonOf(text = ''): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Codes of a server that is going, coming, electing, or lost a race; the same work succeeds later. */
const transientCodes = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  24, // LockTimeout
  64, // WriteConcernFailed
  89, // NetworkTimeout
  91, // ShutdownInProgress
  writeConflictCode,
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  244, // TransactionAborted
  246, // SnapshotUnavailable
  251, // NoSuchTransaction
  262, // ExceededTimeLimit
  317, // ConnectionPoolExpired
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
  14031, // OutOfDiskSpace
])

const transientLabels = [
  'TransientTransactionError',
  'UnknownTransactionCommitResult',
  'RetryableWriteError',
  'ResetPool',
  'InterruptInUseConnections',
]

/**
 * Whether the same work may succeed later unchanged: the network, no primary, a write concern in doubt, a lost race. What
 * was written may be there all the same, so that work to be repeated must be repeatable.
 */
export function isTransient(err: unknown): boolean {
  if (err instanceof FailedWrite) return isTransient(err.cause)
  if (err instanceof NotYetDurable) return true
  if (!(err instanceof driver.MongoError)) return false
  if (transientLabels.some((label) => err.hasErrorLabel(label))) return true
  if (
    err instanceof driver.MongoNetworkError ||
    err instanceof driver.MongoServerSelectionError ||
    err instanceof driver.MongoNotConnectedError ||
    err instanceof driver.MongoTopologyClosedError ||
    err instanceof driver.MongoClientClosedError ||
    err instanceof driver.MongoServerClosedError ||
    err instanceof driver.MongoOperationTimeoutError ||
    err instanceof driver.MongoExpiredSessionError ||
    err.name === 'MongoPoolClearedError' ||
    err.name === 'MongoPoolClearedOnNetworkError' ||
    err.name === 'MongoWaitQueueTimeoutError' ||
    err.name === 'PoolClearedError' ||
    err.name === 'WaitQueueTimeoutError'
  ) {
    return true
  }
  if (err instanceof driver.MongoWriteConcernError) return true
  if (err instanceof driver.MongoServerError) {
    if (err.writeConcernError !== undefined || err.result?.writeConcernError !== undefined) return true
    return transientCodes.has(Number(firstWriteError(err)?.code ?? err.code))
  }
  return false
}

/** Whether a transaction met one that has written the same document and is not at its end. */
export function isWriteConflict(err: unknown): boolean {
  if (err instanceof FailedWrite) return isWriteConflict(err.cause)
  return err instanceof driver.MongoServerError && Number(firstWriteError(err)?.code ?? err.code) === writeConflictCode
}

/** Whether a read was ended by its time limit: a filter that no index helps. Repeating it would not help. */
export function isTimeLimitExceeded(err: unknown): boolean {
  return err instanceof driver.MongoServerError && err.code === 50
}
