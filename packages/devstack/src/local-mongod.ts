import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import mongoose from 'mongoose'
import { type StoreProcess, storeProcess } from './store-process.ts'

const replicaSet = 'rs0'

export interface LocalMongodOptions {
  /** The program. */
  mongod: string
  folder: string
  port: number
  onTrouble?: ((sentence: string) => void) | undefined
}

/** A MongoDB of one node as a replica set (transactions need one), as a local process listening on 127.0.0.1. */
export function localMongod(options: LocalMongodOptions): StoreProcess & { readonly uri: string } {
  const data = join(options.folder, 'data')
  const process = storeProcess({
    name: 'MongoDB',
    folder: options.folder,
    async command() {
      await mkdir(data, { recursive: true })
      return { file: options.mongod, args: mongodArguments({ data, port: options.port, host: '127.0.0.1' }) }
    },
    ready: () => makePrimary(options.port),
    readyTimeoutMs: 60_000,
    stopTimeLimitMs: 2_000,
    onTrouble: options.onTrouble,
  })
  const uri = replicaSetUri(options.port)
  return Object.defineProperties(process, { uri: { value: uri, enumerable: true } }) as typeof process & { uri: string }
}

/** How mongod is called: a replica set of one with a small cache. `host` is the address it listens on. */
export function mongodArguments({ data, port, host }: { data: string; port: number; host: string }): string[] {
  const args = ['--dbpath', data, '--port', String(port), '--bind_ip', host]
  args.push('--replSet', replicaSet, '--wiredTigerCacheSizeGB', '0.5', '--oplogSize', '256')
  args.push('--setParameter', 'diagnosticDataCollectionEnabled=false')
  // There is no secondary to hand over to: without this a stop waits for one.
  args.push('--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0')
  return args
}

/** The address of the replica set whose one member is `port` of this machine. */
export function replicaSetUri(port: number): string {
  return `mongodb://127.0.0.1:${port}/?replicaSet=${replicaSet}`
}

/** Makes the node a replica set of one, also when it was one on another port, and says whether it is primary. */
export async function makePrimary(port: number): Promise<boolean> {
  const member = { _id: 0, host: `127.0.0.1:${port}` }
  // Before initiation there is no primary to discover.
  const client = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 500,
  })
  try {
    await client.connect()
    const admin = client.db('admin')
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
      const hello = await admin.command({ hello: 1 })
      if (hello.isWritablePrimary === true) return true
      await admin
        .command({ replSetInitiate: { _id: replicaSet, members: [member] } })
        .catch((err: { codeName?: string }) => {
          if (err.codeName !== 'AlreadyInitialized') throw err
        })
      const { config } = await admin.command({ replSetGetConfig: 1 })
      if (config.members[0].host !== member.host) {
        const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host: member.host }] }
        await admin.command({ replSetReconfig: moved, force: true })
      }
      await delay(20)
    }
    return false
  } finally {
    await client.close()
  }
}
