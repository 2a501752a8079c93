import type { mongo as driver } from 'mongoose'

/** None of ours pauses for that long between two of its steps, but for a process that is gone or stands still. */
const abandonedAfterMs = 2_000
const lookAgainAfterMs = 500

/**
 * A process that is killed leaves its transaction open: the server holds on to what it wrote for a minute (its
 * transactionLifetimeLimitSeconds), and each write of others to the same documents is a write conflict until then.
 * Gives what ends such transactions of any process of ours, to be called after a write conflict; it looks at most every
 * half a second. Needs no privileges: a user may see and end sessions of its own.
 */
export function abandonedTransactions(client: driver.MongoClient, appName: string): { end(): Promise<void> } {
  const admin = client.db('admin')
  let lookedAt = Number.NEGATIVE_INFINITY
  return {
    async end() {
      if (performance.now() - lookedAt < lookAgainAfterMs) return
      lookedAt = performance.now()
      const abandoned = await admin
        .aggregate<{ lsid: { id: driver.Binary } }>([
          { $currentOp: { idleSessions: true } },
          {
            $match: {
              type: 'idleSession',
              appName,
              'transaction.timeInactiveMicros': { $gt: abandonedAfterMs * 1_000 },
            },
          },
          { $project: { 'lsid.id': 1 } },
        ])
        .toArray()
      if (abandoned.length > 0) await admin.command({ killSessions: abandoned.map(({ lsid: { id } }) => ({ id })) })
    },
  }
}
